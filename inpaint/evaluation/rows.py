"""From the numbers of pictures to the rows of tables: means, their errors, and how each method differs from one row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch

from inpaint.evaluation.costs import Cost
from inpaint.evaluation.intervals import PairedDifference, paired_difference, standard_error
from inpaint.evaluation.picture_numbers import PictureNumbers
from inpaint.metrics import Metric
from inpaint.metrics.scoring import capped, mean_of

MASK_SHARE_STEP = 0.1  # of the picture, in tables by the share of the mask
Grouping = Callable[[PictureNumbers], str | None]  # the name of the group that a record belongs to, None = none


class Row(NamedTuple):
    """The means of one method on one case, or on another group of damaged pictures."""

    case: str
    method: str
    baseline: bool
    count: int  # pictures
    scores: dict[str, float]  # by the metric's name
    seconds: float  # per picture, on the machine that ran it; NaN where another program took them
    errors: Mapping[str, float] = MappingProxyType({})  # standard errors of the means; metrics of whole sets have none
    against: Mapping[str, PairedDifference] = MappingProxyType({})  # the chosen row, by the metric's name
    best: Mapping[str, PairedDifference] = MappingProxyType({})  # the best row of the case, by the metric's name
    changed: int = 0  # known pixels that another program changed, in all pictures
    cost: Cost | None = None  # of a network


def by_case(record: PictureNumbers) -> str:
    """Group by the case."""
    return record.case


def by_share(record: PictureNumbers) -> str:
    """Group holes and mosaics by the share of the picture that is masked, in steps of a tenth."""
    step = min(math.ceil(record.share / MASK_SHARE_STEP), 10) or 1  # 10 % is the end of the first step
    return f"{record.censor}, {(step - 1) * 10}-{step * 10} % masked"


def by_border(record: PictureNumbers) -> str:
    """Group holes and mosaics by whether they reach the border of the picture."""
    return f"{record.censor}, {'touching the border' if record.touching else 'apart from the border'}"


def by_block(record: PictureNumbers) -> str | None:
    """Group mosaics by the sides of their cells."""
    return f"mosaic, cells of {record.block} px" if record.block else None


GROUPINGS: dict[str, Grouping] = {"case": by_case, "share": by_share, "border": by_border, "block": by_block}


def rows_of(
    records: Sequence[PictureNumbers],
    metrics: Mapping[str, Metric],
    *,
    against: str,
    baselines: frozenset[str],
    costs: Mapping[tuple[str, str], Cost],
    seed: int = 0,
    grouping: Grouping = by_case,
) -> list[Row]:
    """Return a row for every group and method, in the order in which they come.

    against: the method that differences are taken to, where a group has it.  costs: by case and method.
    """
    groups: dict[str, dict[str, list[PictureNumbers]]] = {}
    for record in records:
        group = grouping(record)
        if group is not None:
            groups.setdefault(group, {}).setdefault(record.method, []).append(record)
    names = groups if grouping is by_case else sorted(groups, key=_numbered)
    rows = []
    for group in names:
        rows += _rows_of_group(group, groups[group], metrics, against, seed)
    return [row._replace(baseline=row.method in baselines, cost=costs.get((row.case, row.method))) for row in rows]


def _numbered(name: str) -> tuple[object, ...]:
    """Return what sorts names by the numbers in them."""
    words = name.replace("-", " ").split()
    return tuple((0, float(word), "") if word.isdecimal() else (1, 0.0, word) for word in words)


def _rows_of_group(
    group: str, methods: Mapping[str, list[PictureNumbers]], metrics: Mapping[str, Metric], against: str, seed: int
) -> list[Row]:
    pictures = {
        place: number for number, place in enumerate(dict.fromkeys(_place(it) for m in methods.values() for it in m))
    }
    table = {
        (method, name): _column(records, name, metrics[name], pictures)
        for method, records in methods.items()
        for name in metrics
        if metrics[name].whole_set is None
    }
    rows = []
    for method, records in methods.items():
        scores = {name: _score(records, name, metrics[name]) for name in metrics}
        errors = {name: standard_error(values) for (whose, name), values in table.items() if whose == method}
        seconds = [it.seconds for it in records if not math.isnan(it.seconds)]
        rows.append(
            Row(
                group,
                method,
                False,
                len(records),
                scores,
                sum(seconds) / len(seconds) if seconds else math.nan,
                errors,
                changed=sum(it.changed for it in records),
            )
        )
    leaders = {name: _leader(rows, name, metrics[name]) for name in metrics if metrics[name].whole_set is None}
    return [
        row._replace(
            against={name: _difference(table, row.method, against, name, metrics, seed) for name in leaders}
            if against in methods
            else {},
            best={
                name: _difference(table, row.method, leader, name, metrics, seed)
                for name, leader in leaders.items()
                if leader is not None
            },
        )
        for row in rows
    ]


def _difference(
    table: Mapping[tuple[str, str], np.ndarray],
    method: str,
    other: str,
    name: str,
    metrics: Mapping[str, Metric],
    seed: int,
) -> PairedDifference:
    return paired_difference(table[method, name], table[other, name], better=metrics[name].better, seed=seed)


def _place(record: PictureNumbers) -> tuple[int, str]:
    """Return what two records must share to be a pair: the picture and its damage."""
    return record.index, record.case


def _column(
    records: Sequence[PictureNumbers], name: str, metric: Metric, pictures: Mapping[tuple[int, str], int]
) -> np.ndarray:
    """Return a method's numbers of all pictures of a group, (N,), NaN where it has none."""
    column = np.full(len(pictures), np.nan)
    for record in records:
        column[pictures[_place(record)]] = record.scores[name]
    return capped(torch.from_numpy(column), metric).numpy()


def _score(records: Sequence[PictureNumbers], name: str, metric: Metric) -> float:
    if metric.whole_set is None:
        return mean_of([record.scores[name] for record in records], metric)
    noted = [record.noted[name] for record in records if name in record.noted]
    return metric.whole_set.combine(torch.tensor(noted, dtype=torch.float64)) if noted else math.nan


def _leader(rows: Sequence[Row], name: str, metric: Metric) -> str | None:
    """Return the method with the best mean; None where none has one."""
    known = [row for row in rows if not math.isnan(row.scores[name])]
    order = {"higher": lambda value: -value, "lower": lambda value: value, "near one": lambda value: abs(value - 1)}
    return min(known, key=lambda row: order[metric.better](row.scores[name])).method if known else None
