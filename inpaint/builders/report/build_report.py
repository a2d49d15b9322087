"""What a build found, kept and rejected by which rule: the answer to "why is my dataset so small?"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inpaint.builders.inspection.second_look import WHAT_IT_CANNOT_SEE
from inpaint.builders.likeness.groups import SPLITS
from inpaint.builders.settings import DatasetSettings
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
    "too dark",
    "too bright",
    "censored",
    "upscaled",
    "compressed",
    "borders or captions",
    "watermark",
    "text",
    "duplicate",
    "near-duplicate",
)
NAMED_PAIRS = 3
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
    straddling: tuple[tuple[str, str], ...]  # names of pictures in different splits that a second look finds alike
    notes: tuple[str, ...] = ()  # what else is to be said

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
        summary = (
            f"A second look, by other features than groups were made by, finds {len(self.straddling)} pairs of "
            f"pictures that show the same in different splits; {WHAT_IT_CANNOT_SEE}."
        )
        if self.straddling:
            listing = "; ".join(f"{one} and {other}" for one, other in self.straddling[:NAMED_PAIRS])
            summary += f"  They are {listing}: put each pair into a folder and use group.by=folder."
        if self.largest_group > max(LARGE_GROUP_SHARE * self.kept, 1) and self.kept > RULE_EXAMPLES:
            summary += (
                f"  The largest group holds {self.largest_group} of {self.kept} pictures: if they have little in "
                "common, make group.alike stricter."
            )
        return "\n".join((summary, *self.notes))


def empty_splits(report: DatasetReport, settings: DatasetSettings) -> str:
    """Say why a split that should hold pictures holds none, and what to do; "" where none is empty."""
    if not report.kept:
        return "no picture was kept"
    wanted = [name for name, share in zip(SPLITS, settings.splits, strict=True) if share > 0]
    empty = [name for name in wanted if not report.pictures[name]]
    if not empty:
        return ""
    groups = sum(report.groups.values())
    why = (
        f"{report.kept} pictures make {groups} group{'' if groups == 1 else 's'}, and a group lies in one split"
        if groups < len(wanted)
        else f"the splits of {settings.splits_from} leave nothing for it"
    )
    if report.largest_group > 1:
        why += f"; the largest group holds {report.largest_group} pictures"
    return (
        f"the split {' and the split '.join(empty)} would be empty: {why}; give more pictures, group less "
        "(group.by, group.alike, group.features), or ask for fewer splits, such as --splits 1,0,0"
    )


def report_of(store: Store, straddling: Sequence[tuple[str, str]], notes: Sequence[str] = ()) -> DatasetReport:
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
        straddling=tuple(straddling),
        notes=tuple(notes),
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
