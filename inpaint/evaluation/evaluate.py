"""Restorers, baselines and other programs, on the same damage to the same pictures, measured as files would hold them.

Everything is rounded to 8 bits before it is measured, known pixels must come back bit for bit (else a method could
win by changing what it was not asked to), and numbers are means over pictures: PSNR in dB is averaged per picture,
an infinite one (nothing differs) counting as 100 dB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

from inpaint import distributed
from inpaint.evaluation.cases import DEFAULT_CASES, Case
from inpaint.evaluation.costs import Cost
from inpaint.evaluation.damaging import Damaged
from inpaint.evaluation.examples import Example, examples_of
from inpaint.evaluation.measuring import Measuring, Subject
from inpaint.evaluation.methods import Called, Method, Restore, baselines_of, checked_names
from inpaint.evaluation.picture_numbers import NumbersFile, PictureNumbers, SkippedPicture, in_order
from inpaint.evaluation.rows import Row, rows_of
from inpaint.metrics import METRICS, Metric

GivenPicture = tuple[str, Tensor | Callable[[], Tensor]]  # a name, and pixels (3, H, W) in [0, 1] or what reads them


class Evaluation(NamedTuple):
    """Everything that a report says."""

    rows: tuple[Row, ...]  # by case, in the order of the cases, baselines first
    examples: tuple[Example, ...]
    seed: int
    count: int  # pictures that were measured
    metrics: Mapping[str, Metric] = METRICS  # what was measured
    records: tuple[PictureNumbers, ...] = ()  # the numbers of every picture
    skipped: tuple[SkippedPicture, ...] = ()  # what could not be measured
    against: str = ""  # the method that differences are taken to
    costs: Mapping[tuple[str, str], Cost] = MappingProxyType({})  # by case and method
    reused: int = 0  # records that the folder held already


def evaluate(
    restorers: Mapping[str, Restore],
    pictures: Iterable[GivenPicture],
    *,
    cases: Sequence[Case] = DEFAULT_CASES,
    seed: int = 0,
    baselines: bool = True,
    keep: int = 3,
    progress: Callable[[str], None] | None = None,
    baked: Callable[[int, Case], Damaged | None] | None = None,
    metrics: Mapping[str, Metric] = METRICS,
    others: Sequence[Method] = (),
    against: str | None = None,
    folder: Path | str | None = None,
    identities: Mapping[str, str] | None = None,
    costs: bool = False,
) -> Evaluation:
    """Damage every picture in every way, restore it by every method, and average what is measured.

    A restorer is called as restorer(image, mask, censor="hole" or "mosaic", grid=Grid or None); one that has `shows` is
    asked for those censors alone.  pictures: names with pixels (3, H, W) in [0, 1], or with functions that read them.
    keep: how many pictures of a case become examples, from the best to the worst.  progress is called with the name of
    every finished picture.  baked(index, case) returns the damage of a baked case, or None where the picture of this
    index has none.  metrics: what is measured, by name.  others: methods that are no restorers, such as
    `RestoredFolder`.  against: the method that differences are taken to, else the first restorer.
    folder: where the numbers of every picture are written as they come and found again, for restorers that have an
    entry in identities, which says what their numbers depend on.  costs: count what restorers compute and hold.
    A picture that cannot be read or measured is left out and stands in `skipped`.  Under torchrun every rank measures
    its share and all return the same, but the examples, which rank 0 alone has.
    Raises ValueError for no pictures, for names that are taken, for a case that no picture has, and for a restorer that
    changes a known pixel.

    >>> import torch
    >>> from inpaint.evaluation.cases import parse_case
    >>> ramp = torch.linspace(0, 1, 64).expand(3, 64, 64)
    >>> def grey(image, mask, *, censor, grid):
    ...     return torch.where(mask > 0.5, 0.5, image)
    >>> found = evaluate({"grey": grey}, [("ramp.png", ramp)], cases=[parse_case("hole-bars")])
    >>> [row.method for row in found.rows]
    ['do nothing', 'telea', 'navier-stokes', 'smooth', 'grey']
    >>> list(found.rows[0].scores)[:3]
    ['psnr_mask', 'ssim_mask', 'l1_mask']
    """
    called = [Called(name, restore, identity=(identities or {}).get(name)) for name, restore in restorers.items()]
    methods = _methods([*called, *others], cases, baselines=baselines)
    chosen = _chosen(against, methods)
    subjects = [Subject(index, name, pixels) for index, (name, pixels) in enumerate(pictures)]
    if not subjects:
        raise ValueError("there are no pictures to evaluate on")
    record_file = NumbersFile(None if folder is None else Path(folder))
    measuring = Measuring(methods, cases, metrics, seed=seed, baked=baked, file=record_file, costs=costs)
    try:
        for subject in subjects[distributed.rank() :: distributed.world_size()]:
            measuring.measure(subject)
            if progress is not None:
                progress(subject.name)
    finally:
        record_file.close()
    records = in_order(distributed.gathered(measuring.records))
    skipped = sorted((it for part in distributed.gathered(measuring.skipped) for it in part), key=lambda it: it.index)
    shared: dict[tuple[str, str], Cost] = {}
    for part in reversed(distributed.gathered(measuring.costs)):
        shared |= part
    _check_cases(records, skipped, cases)
    free = frozenset(method.name for of_case in methods.values() for method in of_case if method.baseline)
    rows = rows_of(records, metrics, against=chosen, baselines=free, costs=shared, seed=seed)
    rows.sort(key=lambda row: _position(row, cases, methods))
    examples = examples_of(records, subjects, measuring, chosen, keep=keep) if distributed.rank() == 0 else ()
    count = len({record.index for record in records})
    reused = sum(distributed.gathered(record_file.reused))
    return Evaluation(
        tuple(rows), tuple(examples), seed, count, metrics, tuple(records), tuple(skipped), chosen, shared, reused
    )


def _methods(given: Sequence[Method], cases: Sequence[Case], *, baselines: bool) -> dict[str, list[Method]]:
    """Return what is compared on every case: baselines first, then what was given."""
    checked_names({method.name: method for method in given})
    if len({case.name for case in cases}) < len(cases):
        raise ValueError(f"every case may be given only once, but got {', '.join(case.name for case in cases)}")
    if len({method.name for method in given}) < len(given):
        raise ValueError(f"every name may be given only once, but got {', '.join(method.name for method in given)}")
    if not given and not baselines:
        raise ValueError("there is nothing to evaluate: no restorer was given and the baselines are off")
    return {
        case.name: [
            *(baselines_of(case.censor) if baselines else ()),
            *(method for method in given if method.restores(case.censor)),
        ]
        for case in cases
    }


def _chosen(against: str | None, methods: Mapping[str, Sequence[Method]]) -> str:
    """Return the method that differences are taken to."""
    names = list(dict.fromkeys(method.name for of_case in methods.values() for method in of_case))
    if against is None:
        trained = [method.name for of_case in methods.values() for method in of_case if not method.baseline]
        return (trained or names or [""])[0]
    if against not in names:
        raise ValueError(f"there is no method {against!r} to compare with; choose {', '.join(names)}")
    return against


def _position(row: Row, cases: Sequence[Case], methods: Mapping[str, Sequence[Method]]) -> tuple[int, int]:
    names = [case.name for case in cases]
    return names.index(row.case), [method.name for method in methods[row.case]].index(row.method)


def _check_cases(records: Sequence[PictureNumbers], skipped: Sequence[SkippedPicture], cases: Sequence[Case]) -> None:
    """Raise ValueError where a case has no number at all, and say why where it is known."""
    found = {record.case for record in records}
    if missing := [case for case in cases if case.name not in found]:
        reasons = [it for it in skipped if it.case in ("", missing[0].name)]
        if reasons:
            raise ValueError(
                f"no picture could be measured on {missing[0].name}: {len(reasons)} were skipped, "
                f"such as {reasons[0].picture}: {reasons[0].reason}"
            )
        if missing[0].baked:
            raise ValueError(
                f"no picture has the damage of the case {missing[0].name}: nothing of that kind was baked in"
            )
        raise ValueError(f"no method here restores a {missing[0].censor}, as the case {missing[0].name} asks for")
