"""An evaluation as tables of text cells: what is printed, how many digits of it, and what is marked as best.

A number is printed as far as the first digit of its standard error: beyond that it is noise.  Marked are the best
method of a column and those whose paired interval to it holds 0: they cannot be told apart on these pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.intervals import FEWEST_PICTURES, PairedDifference, decimals_of
from inpaint.evaluation.rows import GROUPINGS, Row, rows_of
from inpaint.metrics import Metric

COST_HEADINGS = ("parameters", "GFLOP", "MB peak")


class TableCell(NamedTuple):
    """A number as it is printed, and whether none in its column is known to be better."""

    text: str
    best: bool = False


class CaseTable(NamedTuple):
    """The table of one case, or of another group of damaged pictures."""

    case: str
    count: int  # pictures, of the method that has most
    headings: tuple[str, ...]  # of the method and its cells
    lines: tuple[tuple[str, tuple[TableCell, ...]], ...]  # method, one cell for each heading but the first
    best: str  # who is best by the first metric, with its number, in words


def column_order(metrics: Mapping[str, Metric]) -> list[str]:
    """Return the names of the metrics in the order in which tables show them: mask, ring, whole."""
    return sorted(metrics, key=lambda name: ("mask", "ring", "whole").index(metrics[name].region))


def table_legend(evaluation: Evaluation) -> str:
    """Say what the numbers are, up to how the best ones are marked."""
    notes = list(dict.fromkeys(metric.note for metric in evaluation.metrics.values() if metric.note))
    parts = ["Means over pictures ± standard error", *notes]
    if evaluation.against:
        parts.append(f"difference to {evaluation.against} with its paired bootstrap 95 % interval, and pictures won")
    return "; ".join([*parts, "best, and what cannot be told from it by such an interval, marked"])


def case_tables(evaluation: Evaluation, grouping: str = "case") -> Iterator[CaseTable]:
    """Yield the table of every case, or of every other group: grouping is one of GROUPINGS."""
    rows = evaluation.rows if grouping == "case" else grouped_rows(evaluation, grouping)
    for case, group in groupby(rows, key=lambda row: row.case):
        yield _table(case, list(group), evaluation.metrics, evaluation.against)


def grouped_rows(evaluation: Evaluation, grouping: str) -> list[Row]:
    """Return the rows of another grouping than by case."""
    return rows_of(
        evaluation.records,
        evaluation.metrics,
        against=evaluation.against,
        baselines=frozenset(row.method for row in evaluation.rows if row.baseline),
        costs={},
        seed=evaluation.seed,
        grouping=GROUPINGS[grouping],
    )


def skipped_in_words(evaluation: Evaluation) -> list[str]:
    """Say what could not be measured, a line each: pictures, and methods that have no result for one."""
    whole = [it for it in evaluation.skipped if not it.method]
    lines = []
    if whole:
        lines.append(f"{counted_words(len({it.index for it in whole}))} could not be measured in part or at all:")
        lines += [f"  {it.picture}{f' ({it.case})' if it.case else ''}: {it.reason}" for it in whole]
    for method in dict.fromkeys(it.method for it in evaluation.skipped if it.method):
        theirs = [it for it in evaluation.skipped if it.method == method]
        lines.append(f"{method} has no result for {len(theirs)} damaged pictures, such as {theirs[0].picture}:")
        lines.append(f"  {theirs[0].reason}")
    for method in dict.fromkeys(row.method for row in evaluation.rows if row.changed):
        changed = sum(row.changed for row in evaluation.rows if row.method == method)
        lines.append(f"{method} changed {changed:,} known pixels, which the numbers over the mask do not see")
    return lines


def counted_words(count: int) -> str:
    """Return so many pictures, in words."""
    return f"{count} picture" + ("" if count == 1 else "s")


def _table(case: str, rows: Sequence[Row], metrics: Mapping[str, Metric], against: str) -> CaseTable:
    names = column_order(metrics)
    columns: list[tuple[str, list[TableCell]]] = []
    for number, name in enumerate(names):
        first = number == 0 and metrics[name].whole_set is None
        columns.append((metrics[name].heading, [_cell(row, name, metrics[name], error=first) for row in rows]))
        if first and any(row.against for row in rows) and len(rows) > 1:
            gaps = [row.against.get(name) if row.method != against else None for row in rows]
            columns.append(("difference", [TableCell(_difference(gap, metrics[name])) for gap in gaps]))
            columns.append(("won", [TableCell("" if gap is None else f"{gap.wins}/{gap.pairs}") for gap in gaps]))
    columns.append(("s/picture", [TableCell(number_text(row.seconds, 3)) for row in rows]))
    if any(row.cost for row in rows):
        costs = [list(cells) for cells in zip(*map(_cost_cells, rows), strict=True)]
        columns += list(zip(COST_HEADINGS, costs, strict=True))
    if len({row.count for row in rows}) > 1:
        columns.append(("pictures", [TableCell(str(row.count)) for row in rows]))
    lines = zip(*(cells for _, cells in columns), strict=True)
    return CaseTable(
        case,
        max(row.count for row in rows),
        ("method", *(heading for heading, _ in columns)),
        tuple((row.method, line) for row, line in zip(rows, lines, strict=True)),
        best_in_words(rows, names[0], metrics[names[0]]) if names else "",
    )


def best_in_words(rows: Sequence[Row], name: str, metric: Metric) -> str:
    """Say which method is best by a metric, by which number, and which cannot be told from it."""
    marked = [row for row in rows if is_best(row, name)]
    leader = next((row for row in marked if row.best[name].mean == 0 and not row.best[name].wins), None)
    if leader is None:
        return ""
    number = _cell(leader, name, metric, error=True).text
    others = [row.method for row in marked if row is not leader]
    more = f"; not told apart from it: {', '.join(others)}" if others else ""
    return f"best {metric.heading}: {leader.method} with {number}{more}"


def is_best(row: Row, name: str) -> bool:
    """Tell whether no method of a table is known to be better by a metric."""
    gap = row.best.get(name)
    return gap is not None and gap.pairs >= FEWEST_PICTURES and not gap.told_apart


def number_text(value: float, digits: int) -> str:
    """Write a number; one that does not exist is a dash."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _cell(row: Row, name: str, metric: Metric, *, error: bool) -> TableCell:
    sure = row.errors.get(name, math.nan)
    digits = decimals_of(sure, metric.digits)
    text = number_text(row.scores[name], digits)
    if error and not math.isnan(sure):
        text += f" ± {sure:.{digits}f}"
    return TableCell(text, is_best(row, name))


def _difference(gap: PairedDifference | None, metric: Metric) -> str:
    if gap is None:
        return ""
    if math.isnan(gap.low):
        return number_text(gap.mean, metric.digits)
    digits = decimals_of((gap.high - gap.low) / 4, metric.digits)
    return f"{gap.mean:+.{digits}f} [{gap.low:+.{digits}f}, {gap.high:+.{digits}f}]"


def _cost_cells(row: Row) -> tuple[TableCell, ...]:
    if row.cost is None:
        return tuple(TableCell("") for _ in COST_HEADINGS)
    parameters, gflop, megabytes = row.cost
    return (
        TableCell("-" if parameters is None else f"{parameters:,}"),
        TableCell("-" if gflop is None else f"{gflop:.1f}"),
        TableCell("-" if megabytes is None else f"{megabytes:.0f}"),
    )


def all_tables(evaluation: Evaluation, groupings: Iterable[str]) -> Iterator[tuple[str, list[CaseTable]]]:
    """Yield the tables of each grouping that says more than the one before: those with more than one table."""
    for grouping in groupings:
        tables = list(case_tables(evaluation, grouping))
        if grouping == "case" or len(tables) > 1:
            yield grouping, tables
