"""What a build found, kept and rejected by which rule: the answer to "why is my dataset so small?"."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

RULES = ("unreadable", "too small", "flat", "duplicate", "near-duplicate")  # in the order in which they are applied


class DatasetReport(NamedTuple):
    """The numbers of a build; found = kept + the pictures of all rules."""

    found: int
    kept: int
    rejected: dict[str, list[Path]]  # every rule, also those that rejected nothing
    groups: dict[str, int]  # of each split
    pictures: dict[str, int]  # kept, of each split
    patches: dict[str, int]  # of each split

    def table(self) -> str:
        """Return two small tables in plain text: pictures by rule with an example each, and splits."""
        rows = [("pictures", "count", "for example"), ("found", self.found, ""), ("kept", self.kept, "")]
        rows += [
            (f"rejected: {rule}", len(paths), paths[0].name if paths else "") for rule, paths in self.rejected.items()
        ]
        splits = [("split", "groups", "pictures", "patches")]
        splits += [(name, self.groups[name], self.pictures[name], self.patches[name]) for name in self.patches]
        return f"{_aligned(rows)}\n\n{_aligned(splits)}"


def _aligned(rows: list[tuple]) -> str:
    """Return rows as lines of columns: words to the left, numbers to the right."""
    numeric = [all(isinstance(cell, int) for cell in column[1:]) for column in zip(*rows, strict=True)]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            str(cell).rjust(width) if right else str(cell).ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
