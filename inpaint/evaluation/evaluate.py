"""Restorers and baselines, on the same damage to the same pictures, measured as files would hold them.

Everything is rounded to 8 bits before it is measured, known pixels must come back bit for bit (else a method could
win by changing what it was not asked to), and numbers are means over pictures: PSNR in dB is averaged per picture,
an infinite one (nothing differs) counting as 100 dB.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from inpaint.evaluation.baselines import BASELINES, Baseline, to_bytes
from inpaint.evaluation.cases import DEFAULT_CASES, Case, Damaged, damage
from inpaint.evaluation.scoring import Scoring
from inpaint.metrics import METRICS, Metric
from inpaint.metrics.pixelwise import psnr
from inpaint.metrics.ssim import SSIM_WINDOW
from inpaint.mosaic.grid import Grid

EXAMPLE_SIDE = 192  # pixels, side of the window of an example; a page of some hundred PNGs stays below 20 MB

Restore = Callable[..., Tensor]  # restore(image (3, H, W), mask (1, H, W), *, censor, grid) -> (3, H, W)


class Row(NamedTuple):
    """The means of one method on one case."""

    case: str
    method: str
    baseline: bool
    count: int  # pictures
    scores: dict[str, float]  # by the metric's name
    seconds: float  # per picture, on the machine that ran it


class MethodResult(NamedTuple):
    """What one method made of one picture."""

    restored: Tensor  # (3, H, W) uint8
    seconds: float


class Example(NamedTuple):
    """One picture for the page, cut to a window around the mask."""

    case: str
    name: str
    mask: Tensor  # (1, h, w)
    target: Tensor  # (3, h, w) uint8
    image: Tensor  # (3, h, w) uint8, what the methods were given
    restored: dict[str, Tensor]  # method -> (3, h, w) uint8
    psnr: dict[str, float]  # method -> dB, over the whole mask


class Evaluation(NamedTuple):
    """Everything that a report says."""

    rows: tuple[Row, ...]  # by case, in the order of the cases, baselines first
    examples: tuple[Example, ...]
    seed: int
    count: int  # pictures
    metrics: Mapping[str, Metric] = METRICS  # what was measured


def evaluate(
    restorers: Mapping[str, Restore],
    pictures: Iterable[tuple[str, Tensor]],
    *,
    cases: Sequence[Case] = DEFAULT_CASES,
    seed: int = 0,
    baselines: bool = True,
    keep: int = 6,
    progress: Callable[[str], None] | None = None,
    baked: Callable[[int, Case], Damaged | None] | None = None,
    metrics: Mapping[str, Metric] = METRICS,
) -> Evaluation:
    """Damage every picture in every way, restore it by every method, and average what is measured.

    A restorer is called as restorer(image, mask, censor="hole" or "mosaic", grid=Grid or None).  pictures: (name,
    target (3, H, W) in [0, 1]), read one at a time.  keep: how many pictures, from the first on, become examples.
    progress is called with the name of every finished picture.  baked(index, case) returns the damage of a baked case,
    or None where the picture of this index has none.  metrics: what is measured, by name.
    Raises ValueError for no pictures, for one too small to be measured, for names that are taken, for a case that no
    picture has, and for a restorer that changes a known pixel.

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
    methods = {censor: _methods(restorers, censor, baselines=baselines) for censor in BASELINES}
    pairs = [(case.name, method) for case in cases for method in methods[case.censor]]
    if len(set(pairs)) < len(pairs):
        raise ValueError(f"every case may be given only once, but got {', '.join(case.name for case in cases)}")
    measured = {pair: Scoring(metrics) for pair in pairs}
    examples: list[Example] = []
    count = 0
    for name, picture in pictures:
        if min(picture.shape[-2:]) <= SSIM_WINDOW // 2:
            size = f"{picture.shape[-1]} x {picture.shape[-2]} pixels"
            raise ValueError(
                f"{name} has {size}: to be measured both sides must exceed {SSIM_WINDOW // 2}; take it out"
            )
        target = to_bytes(picture.detach().cpu()).float() / 255
        for case in cases:
            damaged = _damaged(target, case, seed, count, baked)
            if damaged is None:
                continue
            results = _results(methods[case.censor], damaged, what=f"for {name} ({case.name}),")
            for method, result in results.items():
                restored = result.restored.float() / 255
                measured[case.name, method].add(restored, target, damaged.mask, result.seconds)
            if count < keep:
                examples.append(_example(case.name, name, damaged, target, results))
        count += 1
        if progress is not None:
            progress(name)
    if count == 0:
        raise ValueError("there are no pictures to evaluate on")
    if missing := [case for (case, _), scoring in measured.items() if not scoring.of_pictures]:
        raise ValueError(f"no picture has the damage of the case {missing[0]}: nothing of that kind was baked in")
    rows = [_row(case, method, scoring, method not in restorers) for (case, method), scoring in measured.items()]
    return Evaluation(tuple(rows), tuple(examples), seed, count, metrics)


def _damaged(
    target: Tensor, case: Case, seed: int, index: int, baked: Callable[[int, Case], Damaged | None] | None
) -> Damaged | None:
    """Damage a picture, or take the damage that was baked in; None where there is none."""
    if not case.baked:
        return damage(target, case, seed=seed, index=index)
    found = None if baked is None else baked(index, case)
    if found is not None and found.image.shape != target.shape:
        raise ValueError(f"picture {index} was baked with another size: {tuple(found.image.shape)}")
    return found


def _methods(restorers: Mapping[str, Restore], censor: str, *, baselines: bool) -> dict[str, Restore]:
    """Name everything that is compared on this censor: baselines first, then the restorers."""
    taken = set(restorers) & {name for choices in BASELINES.values() for name in choices}
    if taken:
        raise ValueError(f"a restorer cannot be named {min(taken)!r}: that is a baseline")
    chosen = BASELINES[censor] if baselines else {}
    if not chosen and not restorers:
        raise ValueError("there is nothing to evaluate: no restorer was given and the baselines are off")
    return {name: partial(_by_baseline, baseline) for name, baseline in chosen.items()} | dict(restorers)


def _by_baseline(baseline: Baseline, image: Tensor, mask: Tensor, *, censor: str, grid: Grid | None) -> Tensor:
    return baseline(image, mask, grid)


def _results(methods: Mapping[str, Restore], damaged: Damaged, *, what: str) -> dict[str, MethodResult]:
    """Restore one damaged picture by every method."""
    return {name: _result(restore, damaged, what=f"{name}, {what}") for name, restore in methods.items()}


def _result(restore: Restore, damaged: Damaged, *, what: str) -> MethodResult:
    """Restore one picture, refuse an answer that breaks the contract, and round the rest as a file would hold it."""
    image, mask, grid = damaged
    censor = "hole" if grid is None else "mosaic"
    start = time.perf_counter()
    with torch.no_grad():
        restored = restore(image.clone(), mask.clone(), censor=censor, grid=grid).detach().cpu()
    seconds = time.perf_counter() - start
    if restored.shape != image.shape:
        raise ValueError(f"{what} returned the shape {tuple(restored.shape)} instead of {tuple(image.shape)}")
    if not restored.isfinite().all():
        raise ValueError(f"{what} returned values that are not finite")
    changed = (restored != image).any(0, keepdim=True) & (mask < 0.5)  # (1, H, W)
    if changed.any():
        raise ValueError(
            f"{what} changed {int(changed.sum())} known pixels: outside the mask the image must come back bit for bit"
        )
    return MethodResult(to_bytes(restored), seconds)


def _row(case: str, method: str, scoring: Scoring, baseline: bool) -> Row:
    count = len(scoring.of_pictures)
    return Row(case, method, baseline, count, scoring.scores(), scoring.seconds / count)


def _example(case: str, name: str, damaged: Damaged, target: Tensor, results: Mapping[str, MethodResult]) -> Example:
    """Cut a window around the middle of the mask, as large as EXAMPLE_SIDE and the picture allow."""
    points = damaged.mask[0].nonzero()  # (pixels, 2)
    window = []
    for side, low, high in zip(target.shape[-2:], points.amin(0).tolist(), points.amax(0).tolist(), strict=True):
        start = min(max((low + high + 1 - EXAMPLE_SIDE) // 2, 0), max(side - EXAMPLE_SIDE, 0))
        window.append(slice(start, start + EXAMPLE_SIDE))
    cut = (..., *window)
    return Example(
        case,
        name,
        damaged.mask[cut].clone(),
        to_bytes(target)[cut].clone(),
        to_bytes(damaged.image)[cut].clone(),
        {method: result.restored[cut].clone() for method, result in results.items()},
        {
            method: psnr(result.restored.float()[None] / 255, target[None], damaged.mask[None]).item()
            for method, result in results.items()
        },
    )
