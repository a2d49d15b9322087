"""An evaluation as text: an aligned table for the terminal, Markdown for model cards, a dict for JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from inpaint.evaluation.evaluate import Evaluation, Row
from inpaint.files import write_text
from inpaint.metrics import PSNR_CAP, Metric


def column_order(metrics: Mapping[str, Metric]) -> list[str]:
    """Return the names of the metrics in the order in which tables show them: over the mask, then over everything."""
    return sorted(metrics, key=lambda name: metrics[name].region != "mask")


def column_headings(metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """Return the headings of a table, the method first and the seconds last."""
    return ("method", *(metrics[name].heading for name in column_order(metrics)), "s/picture")


def table_legend(metrics: Mapping[str, Metric]) -> str:
    """Say what the numbers are, up to how the best ones are marked."""
    notes = [metric.note for metric in metrics.values() if metric.note]
    return "; ".join(["Means over pictures", *notes, "best marked"])


class TableCell(NamedTuple):
    """A number as it is printed, and whether no other in its column is better."""

    text: str
    best: bool


class CaseTable(NamedTuple):
    """The table of one case."""

    case: str
    count: int  # pictures
    lines: tuple[tuple[str, tuple[TableCell, ...]], ...]  # method, one cell per column and the seconds


def case_tables(evaluation: Evaluation) -> Iterator[CaseTable]:
    """Yield the table of every case, numbers as text; numbers that print alike are equally good."""
    for case, group in groupby(evaluation.rows, key=lambda row: row.case):
        rows = list(group)
        shown = [_cells(rows, name, evaluation.metrics[name]) for name in column_order(evaluation.metrics)]
        shown.append([TableCell(f"{row.seconds:.3f}", False) for row in rows])
        cells = zip(*shown, strict=True)
        yield CaseTable(case, rows[0].count, tuple((row.method, line) for row, line in zip(rows, cells, strict=True)))


def text_table(evaluation: Evaluation) -> str:
    """Write aligned plain text, the best number of each column and case marked by a star."""
    parts = []
    for block in case_tables(evaluation):
        lines = [column_headings(evaluation.metrics)] + [
            (method, *(cell.text + ("*" if cell.best else " ") for cell in cells)) for method, cells in block.lines
        ]
        parts.append(f"{block.case}, {_pictures(block.count)}\n{_aligned(lines)}")
    return "\n\n".join(parts) + f"\n\n{table_legend(evaluation.metrics)} *; seed {evaluation.seed}.\n"


def markdown_table(evaluation: Evaluation) -> str:
    """Write one Markdown table for all cases, the best number of each column and case in bold."""
    head = column_headings(evaluation.metrics)
    lines = ["| case | " + " | ".join(head) + " |", "| --- | --- |" + " ---: |" * (len(head) - 1)]
    for block in case_tables(evaluation):
        for method, cells in block.lines:
            numbers = (f"**{cell.text}**" if cell.best else cell.text for cell in cells)
            lines.append(f"| {block.case} | {method.replace('|', chr(92) + '|')} | " + " | ".join(numbers) + " |")
    note = f"{table_legend(evaluation.metrics)} in bold; {_pictures(evaluation.count)}, seed {evaluation.seed}."
    return "\n".join([*lines, "", note, ""])


def scores_as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything but the pictures, ready for JSON."""
    rows = [
        {"case": row.case, "method": row.method, "baseline": row.baseline, "count": row.count}
        | row.scores
        | {"seconds": row.seconds}
        for row in evaluation.rows
    ]
    return {"seed": evaluation.seed, "count": evaluation.count, "psnr_cap": PSNR_CAP, "rows": rows}


def write_scores(evaluation: Evaluation, path: Path | str) -> None:
    """Write the numbers as JSON, atomically."""
    write_text(path, json.dumps(scores_as_dict(evaluation), indent=2, ensure_ascii=False) + "\n")


def _cells(rows: Sequence[Row], name: str, metric: Metric) -> list[TableCell]:
    values = [row.scores[name] for row in rows]
    texts = [f"{value:.{metric.digits}f}" for value in values]
    order = {"higher": lambda value: -value, "lower": lambda value: value, "near one": lambda value: abs(value - 1)}
    best = f"{min(values, key=order[metric.better]):.{metric.digits}f}"
    return [TableCell(text, text == best) for text in texts]


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    """Pad the first column on the right and the others on the left; a heading leaves room for the star."""
    lines = [(lines[0][0], *(heading + " " for heading in lines[0][1:])), *lines[1:]]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join("  ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]).rstrip() for line in lines)


def _pictures(count: int) -> str:
    return f"{count} picture" + ("" if count == 1 else "s")
