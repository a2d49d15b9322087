"""What a build found, kept and rejected by which rule: the answer to "why is my dataset so small?"."""

from __future__ import annotations

from typing import NamedTuple

from inpaint.builders.likeness.groups import SPLITS
from inpaint.builders.work.records import text_from_bytes
from inpaint.builders.work.store import Store

REJECTION_RULES = (  # in the order in which they are applied
    "not annotated",
    "wrong annotation",
    "unreadable",
    "truncated",
    "animated",
    "too small",
    "extreme aspect ratio",
    "flat",
    "blurred",
    "censored",
    "duplicate",
    "near-duplicate",
)
RULE_EXAMPLES = 12  # of each rule
LARGE_GROUP_SHARE = 0.2  # of all pictures in one group: worth a word


class DatasetReport(NamedTuple):
    """The numbers of a build; found = kept + the pictures of all rules."""

    found: int
    kept: int
    rejected: dict[str, int]  # every rule, also those that rejected nothing
    examples: dict[str, tuple[str, ...]]  # names of the first pictures that each rule rejected
    groups: dict[str, int]  # of each split
    pictures: dict[str, int]  # kept, of each split
    patches: dict[str, int]  # of each split
    largest_group: int  # pictures
    leaked_pairs: int  # pairs that look alike in different splits

    def table(self) -> str:
        """Return two small tables in plain text, pictures by rule with an example each and splits, and a check."""
        rows = [("pictures", "count", "for example"), ("found", self.found, ""), ("kept", self.kept, "")]
        rows += [
            (f"rejected: {rule}", count, self.examples[rule][0].rpartition("/")[2] if count else "")
            for rule, count in self.rejected.items()
        ]
        splits = [("split", "groups", "pictures", "patches")]
        splits += [(name, self.groups[name], self.pictures[name], self.patches[name]) for name in self.patches]
        return f"{_aligned(rows)}\n\n{_aligned(splits)}\n\n{self.check()}"

    def check(self) -> str:
        """Return what was checked again when all was done, and a word where a group is suspiciously large."""
        summary = f"{self.leaked_pairs} pairs of pictures that look alike lie in different splits."
        if self.largest_group > max(LARGE_GROUP_SHARE * self.kept, 1) and self.kept > RULE_EXAMPLES:
            summary += (
                f"  The largest group holds {self.largest_group} of {self.kept} pictures: if they have little in "
                "common, make group.alike stricter."
            )
        return summary


def report_of(store: Store, leaked_pairs: int) -> DatasetReport:
    """Count what the verdicts say."""
    rejected = dict(store.database.execute("SELECT rule, count(*) FROM verdicts WHERE rule <> '' GROUP BY rule"))
    first = (
        "SELECT sources.name FROM verdicts JOIN sources USING (id) WHERE rule = ? ORDER BY sources.name "
        f"LIMIT {RULE_EXAMPLES}"
    )
    counted = (
        "SELECT count(DISTINCT key), count(*), total(findings.count) FROM verdicts JOIN findings USING (id) "
        "WHERE verdicts.rule = '' AND split = ?"
    )
    largest = "SELECT count(*) FROM verdicts WHERE rule = '' GROUP BY key ORDER BY 1 DESC LIMIT 1"
    splits = {name: store.database.execute(counted, (name,)).fetchone() for name in SPLITS}
    return DatasetReport(
        found=store.count("sources"),
        kept=sum(int(pictures) for _, pictures, _ in splits.values()),
        rejected={rule: rejected.get(rule, 0) for rule in REJECTION_RULES},
        examples={
            rule: tuple(text_from_bytes(name) for (name,) in store.database.execute(first, (rule,)).fetchall())
            for rule in REJECTION_RULES
        },
        groups={name: groups for name, (groups, _, _) in splits.items()},
        pictures={name: pictures for name, (_, pictures, _) in splits.items()},
        patches={name: int(patches) for name, (_, _, patches) in splits.items()},
        largest_group=(store.database.execute(largest).fetchone() or (0,))[0],
        leaked_pairs=leaked_pairs,
    )


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
