"""Faults of one kind in one sentence, however many there are."""

from __future__ import annotations

NAMED_EXAMPLES = 3  # examples in a sentence


class Faults:
    """Counts faults by kind and keeps the first examples of each."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, list[str]] = {}

    def add(self, kind: str, example: str = "", *, once: bool = False) -> None:
        """Note a fault; once: do not count an example again that is among those kept."""
        kept = self.examples.setdefault(kind, [])
        if once and example in kept:
            return
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if example and len(kept) < NAMED_EXAMPLES:
            kept.append(example)

    def sentences(self) -> list[str]:
        """Return one sentence per kind: how many, what, and the first examples."""
        sentences = []
        for kind, count in self.counts.items():
            examples = self.examples[kind]
            more = f" and {count - len(examples)} more" if count > len(examples) else ""
            sentences.append(f"{count} {kind}: {', '.join(examples)}{more}" if examples else kind)
        return sentences
