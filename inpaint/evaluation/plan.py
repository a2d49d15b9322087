"""What a run of `inpaint evaluate` measures on: which pictures, which damage, which metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from inpaint.evaluation.cases import DEFAULT_CASES, Case, named_masks, parse_case
from inpaint.evaluation.damage_files import write_damage
from inpaint.evaluation.damaging import Damaged
from inpaint.evaluation.measuring import Measuring, Subject
from inpaint.evaluation.picture_numbers import NumbersFile
from inpaint.evaluation.pictures import CleanPicture, baked_censor, baked_damage, evenly_spread, split_of
from inpaint.evaluation.protocol import fitted, read_protocol
from inpaint.metrics import METRICS, Metric
from inpaint.metrics.weighted import available_metrics, metrics_named


class EvaluationPlan(NamedTuple):
    """Pictures, damage and metrics."""

    pictures: list[tuple[str, Callable[[], Tensor]]]
    cases: list[Case]
    metrics: Mapping[str, Metric]
    baked: Callable[[int, Case], Damaged | None]
    notes: list[str]  # what of it had to be left out, and why
    identity: str  # what numbers depend on beside pictures, cases and methods


def plan_of(
    data: Path,
    split: str = "test",
    *,
    limit: int | None = None,
    names: Sequence[str] = (),
    protocol: Path | None = None,
    masks: Path | None = None,
    metrics: Sequence[str] = (),
    weights: Path | None = None,
    shown: Sequence[str] = ("hole", "mosaic"),
) -> EvaluationPlan:
    """Return what is measured on the pictures of a folder or of a dataset's split.

    names: of cases; without any, and without masks and a protocol, the default cases of the censors in shown.
    masks: a mask for each picture, by its name, or the mask set that a protocol draws from.
    metrics: names, "all" for every one that needs no weights.  weights: a folder of weights for the others.
    Raises ValueError for whatever of it is unknown or does not fit.
    """
    given = None if protocol is None else read_protocol(protocol, masks)
    cleans = evenly_spread(split_of(data, split), limit)
    cases = [*_named_cases(names, cleans, shown, f"{data} has nothing baked into its split {split!r}")]
    if given is not None:
        cases += given.damage(masks if given.takes_masks else None)
    if masks is not None and not (given is not None and given.takes_masks):
        cases.append(named_masks(str(masks)))
    cases = cases or [case for case in DEFAULT_CASES if case.censor in shown]
    chosen, notes = dict(metrics_named(metrics, weights) if metrics else METRICS), []
    if given is not None and not metrics and given.metrics:
        chosen, notes = available_metrics(given.metrics, weights)
    pictures: list[tuple[str, Callable[[], Tensor]]] = []
    for clean in cleans:
        read = clean.picture.tensor
        pictures.append((clean.name, read if given is None else fitted(read, clean.name, given)))

    def baked(index: int, case: Case) -> Damaged | None:
        return baked_damage(cleans[index], case)

    return EvaluationPlan(pictures, cases, chosen, baked, notes, "" if weights is None else str(weights.resolve()))


def damage_files(plan: EvaluationPlan, seed: int, folder: Path) -> list[str]:
    """Write the damaged pictures of a plan for other programs; see `write_damage`."""
    subjects = [Subject(index, name, pixels) for index, (name, pixels) in enumerate(plan.pictures)]
    measuring = Measuring(
        {}, plan.cases, plan.metrics, seed=seed, baked=plan.baked, file=NumbersFile(None), costs=False
    )
    return write_damage(measuring, subjects, folder)


def _named_cases(names: Sequence[str], cleans: Sequence[CleanPicture], shown: Sequence[str], what: str) -> list[Case]:
    """Parse the names of cases; "baked" stands for every censor that was baked in and that a network restores."""
    censors = [censor for censor in shown if "baked" in names and any(baked_censor(it) == censor for it in cleans)]
    if "baked" in names and not censors:
        raise ValueError(f"{what} that a network here has learned to restore")
    each = [it for name in names for it in ([f"baked-{one}" for one in censors] if name == "baked" else [name])]
    return list(map(parse_case, each))
