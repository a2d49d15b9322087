"""An evaluation as text: an aligned table for the terminal, Markdown for model cards, a dict for JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple

from inpaint.evaluation.evaluate import PSNR_CAP, Evaluation, Row
from inpaint.files import write_text


class Column(NamedTuple):
    """One measured number of a row: its heading, field, digits, and which number is the best."""

    heading: str
    field: str
    digits: int
    best: Literal["most", "least", "one"]


COLUMNS = (
    Column("PSNR mask", "psnr_mask", 2, "most"),
    Column("SSIM mask", "ssim_mask", 4, "most"),
    Column("L1 mask", "l1_mask", 4, "least"),
    Column("detail mask", "detail_mask", 2, "one"),
    Column("PSNR whole", "psnr_whole", 2, "most"),
    Column("SSIM whole", "ssim_whole", 4, "most"),
    Column("L1 whole", "l1_whole", 4, "least"),
)
HEADINGS = ("method", *(column.heading for column in COLUMNS), "s/picture")
LEGEND = (
    f"Means over pictures; PSNR in dB, at most {PSNR_CAP:.0f} per picture; L1 of the range 0 to 1; detail 1 = as "
    "much as the original has; best marked"
)


class Cell(NamedTuple):
    """A number as it is printed, and whether no other in its column is better."""

    text: str
    best: bool


class Block(NamedTuple):
    """The table of one case."""

    case: str
    count: int  # pictures
    lines: tuple[tuple[str, tuple[Cell, ...]], ...]  # method, one cell per column and the seconds


def blocks(evaluation: Evaluation) -> Iterator[Block]:
    """Yield the table of every case, numbers as text; numbers that print alike are equally good."""
    for case, group in groupby(evaluation.rows, key=lambda row: row.case):
        rows = list(group)
        columns = [_cells(rows, column) for column in COLUMNS]
        columns.append([Cell(f"{row.seconds:.3f}", False) for row in rows])
        cells = zip(*columns, strict=True)
        yield Block(case, rows[0].count, tuple((row.method, line) for row, line in zip(rows, cells, strict=True)))


def table(evaluation: Evaluation) -> str:
    """Write aligned plain text, the best number of each column and case marked by a star."""
    parts = []
    for block in blocks(evaluation):
        lines = [HEADINGS] + [
            (method, *(cell.text + ("*" if cell.best else " ") for cell in cells)) for method, cells in block.lines
        ]
        parts.append(f"{block.case}, {_pictures(block.count)}\n{_aligned(lines)}")
    return "\n\n".join(parts) + f"\n\n{LEGEND} *; seed {evaluation.seed}.\n"


def markdown(evaluation: Evaluation) -> str:
    """Write one Markdown table for all cases, the best number of each column and case in bold."""
    lines = [
        "| case | " + " | ".join(HEADINGS) + " |",
        "| --- | --- |" + " ---: |" * (len(HEADINGS) - 1),
    ]
    for block in blocks(evaluation):
        for method, cells in block.lines:
            numbers = (f"**{cell.text}**" if cell.best else cell.text for cell in cells)
            lines.append(f"| {block.case} | {method.replace('|', chr(92) + '|')} | " + " | ".join(numbers) + " |")
    note = f"{LEGEND} in bold; {_pictures(evaluation.count)}, seed {evaluation.seed}."
    return "\n".join([*lines, "", note, ""])


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything but the pictures, ready for JSON."""
    rows = [
        {"case": row.case, "method": row.method, "baseline": row.baseline, "count": row.count}
        | row.scores._asdict()
        | {"seconds": row.seconds}
        for row in evaluation.rows
    ]
    return {"seed": evaluation.seed, "count": evaluation.count, "psnr_cap": PSNR_CAP, "rows": rows}


def write_json(evaluation: Evaluation, path: Path | str) -> None:
    """Write the numbers as JSON, atomically."""
    write_text(path, json.dumps(as_dict(evaluation), indent=2, ensure_ascii=False) + "\n")


def _cells(rows: Sequence[Row], column: Column) -> list[Cell]:
    values = [getattr(row.scores, column.field) for row in rows]
    texts = [f"{value:.{column.digits}f}" for value in values]
    order = {"most": lambda value: -value, "least": lambda value: value, "one": lambda value: abs(value - 1)}
    best = f"{min(values, key=order[column.best]):.{column.digits}f}"
    return [Cell(text, text == best) for text in texts]


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Pad the first column on the right and the others on the left; a heading leaves room for the star."""
    lines = [(lines[0][0], *(heading + " " for heading in lines[0][1:])), *lines[1:]]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join("  ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]).rstrip() for line in lines)


def _pictures(count: int) -> str:
    return f"{count} picture" + ("" if count == 1 else "s")
