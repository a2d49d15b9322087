"""Finds the grid of a mosaic from the pixels inside a mask.

What: inside a mosaic, neighbouring pixels differ only across the lines of a regular grid.  Per axis, the mean
absolute difference between neighbouring columns (rows) is a profile whose sharp, isolated peaks repeat with the
side of a cell.  Every (period, phase) is scored by the share of the peaks' energy that its lines hold, less the
share that chance would give them.
Source: our own.  A peak is measured against its neighbours and the profile's noise floor instead of by its height, so
that weak lines count like strong ones, blurred edges of natural pictures count little, and the ringing of JPEG only
lowers the score.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from torch import Tensor

from inpaint.detection.jpeg import JPEG_BLOCK
from inpaint.mosaic.grid import Grid

# What is small or sparse is easily periodic by chance.  Natural crops of BSD100, with and without JPEG, hardly ever
# score above LEAST_GRID_SCORE + SCORE_FOR_SHORT_SIDE / shorter side in px + SCORE_FOR_FEW_LINES / lines of the axis
# that has fewer.
LEAST_GRID_SCORE, SCORE_FOR_SHORT_SIDE, SCORE_FOR_FEW_LINES = 0.18, 2.0, 0.3
# The blocks of JPEG are a faint mosaic of their own: cells that coincide with them must stand out more, and much more
# where the steps between them are as small as those that quality 50 and better leaves in smooth places.
LEAST_SCORE_ON_BLOCKS = 0.45
LEAST_SCORE_ON_FAINT_BLOCKS = 0.9
FAINT_JPEG_STEP = 4 / 255  # of full brightness
FAINT_BLOCK_LINE = 0.6  # of the steps over every second line, that those between have which the blocks of a JPEG draw
FEWEST_LINES = 2  # that have a distance
STAIRCASE_STEP = 1.25 / 255  # a smooth gradient in 8 bits is a staircase of single levels: no mosaic has steps so low
NOISE_FLOOR = 2.0  # times the mean step; much fainter steps are noise
SQUARE_CELLS_GAIN = 0.9  # of the gain of other cells, that is enough for square ones: most mosaics are square
ALL_ENERGY = 0.9  # of the energy of a divisor's lines, that makes the lines of its multiple all of them
LEAST_ENERGY = 1e-9  # keeps from dividing by zero


class StepProfile(NamedTuple):
    """How every column (or row) of a region differs from the one before it, (W,) each; 0 for the first."""

    steps: np.ndarray  # mean absolute difference
    sharpness: np.ndarray  # in [0, 1], how far the step stands out from those beside it
    pairs: np.ndarray  # of pixels that say so


class GridEstimate(NamedTuple):
    """A grid and how clearly it stands out."""

    grid: Grid
    score: float  # peak sharpness on the lines less that beside them, of the fainter axis; near 1 = lossless


class AxisLines(NamedTuple):
    """The best grid lines of one period along one axis."""

    period: int
    phase: int
    share: float  # of all peaks' energy, on the lines
    gain: float  # the share less what chance would give
    score: float
    step: float  # mean difference across a line
    lines: int


def estimate_grid(
    image: Tensor,
    mask: Tensor,
    *,
    minimum: int = 2,
    maximum: int = 64,
    block: tuple[int, int] | None = None,
    corner: tuple[int, int] = (0, 0),
) -> GridEstimate | None:
    """Return the mosaic grid of the pixels under the mask, or None where they show no mosaic.

    image: (3, H, W) in [0, 1].  mask: (1, H, W).  Cells need not be square; sides from minimum to maximum are tried.
    With a block (height, width) only the phase is sought, and None means that the mask is empty: the score says how
    sure the phase is.  corner: where (y, x) of the whole picture the image was cut out; the phase is that in the whole
    picture.  Across an axis too short to show its own period cells are taken to be square.
    """
    inside = mask[0].cpu().numpy() > 0.5  # (H, W)
    if not inside.any():
        return None
    top, left = (int(np.flatnonzero(inside.any(axis=axis))[0]) for axis in (1, 0))
    bottom, right = (int(np.flatnonzero(inside.any(axis=axis))[-1]) + 1 for axis in (1, 0))
    inside = inside[top:bottom, left:right]
    pixels = image[:, top:bottom, left:right].cpu().double().numpy()
    luma = np.tensordot((0.299, 0.587, 0.114), pixels, axes=1)  # JPEG blurs chroma across lines, luma not
    across, down = step_profile(luma, inside), step_profile(luma.T, inside.T)
    if block is not None:
        found = lines_by_period(down, [block[0]], 1)[0], lines_by_period(across, [block[1]], 1)[0]
    else:
        # Cells larger than the region have no two lines in it.
        found = mosaic_lines(down, across, range(minimum, min(maximum, max(luma.shape)) + 1))
        found = found and (
            without_block_lines(found[0], down, corner[0] + top),
            without_block_lines(found[1], across, corner[1] + left),
        )
    if found is None:
        return None
    rows, columns = found
    phase = (corner[0] + top + rows.phase) % rows.period, (corner[1] + left + columns.phase) % columns.period
    estimate = GridEstimate(Grid((rows.period, columns.period), phase), min(rows.score, columns.score))
    if block is not None or estimate.score >= demanded_score(rows, columns, phase, min(luma.shape)):
        return estimate
    return None


def demanded_score(rows: AxisLines, columns: AxisLines, phase: tuple[int, int], side: int) -> float:
    """Return the score that a grid needs to be neither chance nor the blocks of JPEG.  side: the region's shorter."""
    chance = (
        LEAST_GRID_SCORE + SCORE_FOR_SHORT_SIDE / side + SCORE_FOR_FEW_LINES / max(min(rows.lines, columns.lines), 1)
    )
    if all(axis.period != JPEG_BLOCK or start for axis, start in zip((rows, columns), phase, strict=True)):
        return chance
    return max(
        chance, LEAST_SCORE_ON_FAINT_BLOCKS if min(rows.step, columns.step) < FAINT_JPEG_STEP else LEAST_SCORE_ON_BLOCKS
    )


def step_profile(luma: np.ndarray, inside: np.ndarray) -> StepProfile:
    """Return how every column of a region differs from the one before it.  luma, inside: (H, W)."""
    valid = inside[:, 1:] & inside[:, :-1]  # (H, W - 1)
    pairs = np.concatenate([[0], valid.sum(axis=0)])  # (W,)
    differences = np.where(valid, np.abs(np.diff(luma, axis=1)), 0)
    steps = np.concatenate([[0.0], differences.sum(axis=0)]) / np.maximum(pairs, 1)  # (W,)
    if steps.max() < STAIRCASE_STEP:
        return StepProfile(steps, np.zeros_like(steps), np.zeros_like(steps))
    beside = np.pad(steps[1:], 1, mode="reflect" if len(steps) > 2 else "constant")
    isolated = np.clip(steps[1:] - (beside[:-2] + beside[2:]) / 2, 0, None)
    sharpness = isolated / (steps[1:] + NOISE_FLOOR * np.average(steps, weights=pairs))
    return StepProfile(steps, np.concatenate([[0.0], sharpness]), pairs)


def lines_by_period(profile: StepProfile, periods: Iterable[int], needed: int = FEWEST_LINES) -> list[AxisLines]:
    """Return for every period its best phase, and what its lines hold; gain is 0 where fewer lines show than needed."""
    steps, sharpness, pairs = profile
    energy = sharpness * pairs
    positions = np.arange(len(energy))
    found = []
    for period in periods:
        of_class = positions % period
        on = np.bincount(of_class, weights=energy, minlength=period)
        weight = np.bincount(of_class, weights=pairs, minlength=period)
        lines = np.bincount(of_class, weights=pairs > 0, minlength=period)
        gains = np.where(lines >= needed, on / max(energy.sum(), LEAST_ENERGY) - weight / max(pairs.sum(), 1), 0)
        phase = int(gains.argmax())
        off = (energy.sum() - on[phase]) / max(pairs.sum() - weight[phase], 1)
        sharpest = 1 / (1 + NOISE_FLOOR / period)  # what a lossless line has: the mean step is 1 / period of it
        score = float(on[phase] / max(weight[phase], 1) - off) / sharpest
        share = float(on[phase] / max(energy.sum(), LEAST_ENERGY))
        step = float(steps[phase::period].sum() / max(lines[phase], 1))
        found.append(AxisLines(period, phase, share, float(gains[phase]), score, step, int(lines[phase])))
    return found


def mosaic_lines(down: StepProfile, across: StepProfile, periods: range) -> tuple[AxisLines, AxisLines] | None:
    """Return the best lines of both axes, or None where an axis that is long enough shows none."""
    rows, columns = lines_by_period(down, periods), lines_by_period(across, periods)
    if not rows:
        return None
    free = max(rows, key=lambda axis: axis.gain), max(columns, key=lambda axis: axis.gain)
    if short := borrowed_lines(down, free[0], free[1]):
        return short, free[1]
    if short := borrowed_lines(across, free[1], free[0]):
        return free[0], short
    squares = [pair for pair in zip(rows, columns, strict=True) if pair[0].gain > 0 and pair[1].gain > 0]
    if not squares:
        return None
    square = max(squares, key=lambda pair: pair[0].gain + pair[1].gain)
    if square[0].gain + square[1].gain < SQUARE_CELLS_GAIN * (free[0].gain + free[1].gain):
        return free
    return longest_period(square[0], rows), longest_period(square[1], columns)


def borrowed_lines(profile: StepProfile, own: AxisLines, other: AxisLines) -> AxisLines | None:
    """Return the lines of square cells for an axis too short to show its own, None where its steps speak against them.

    Without any step its pixels all lie in one row of cells, which then begins where the axis does.
    """
    if other.lines <= FEWEST_LINES or len(profile.steps) >= (FEWEST_LINES + 1) * other.period:
        return None
    lent = lines_by_period(profile, [other.period], 1)[0]._replace(lines=other.lines)
    if not profile.sharpness.any():
        return lent._replace(score=other.score)
    return lent if lent.share >= ALL_ENERGY * own.share else None


def without_block_lines(axis: AxisLines, profile: StepProfile, start: int) -> AxisLines:
    """Return the lines of an axis without every second one where these are the fainter ones of JPEG's blocks.

    start: where the axis begins in the picture, px.
    """
    if JPEG_BLOCK % axis.period:
        return axis
    places = np.arange(axis.phase, len(profile.steps), axis.period)
    for own, other in ((places[::2], places[1::2]), (places[1::2], places[::2])):
        if ((other + start) % JPEG_BLOCK).any():
            continue
        own, other = (it[profile.pairs[it] > 0] for it in (own, other))
        if min(len(own), len(other)) < FEWEST_LINES:
            continue
        height, between = (np.average(profile.steps[it], weights=profile.pairs[it]) for it in (own, other))
        if between < FAINT_BLOCK_LINE * height:
            period = 2 * axis.period
            return axis._replace(period=period, phase=int(own[0]) % period, lines=len(own), step=float(height))
    return axis


def longest_period(axis: AxisLines, choices: list[AxisLines]) -> AxisLines:
    """Return the longest period whose lines hold all the energy: cells of 4 x 8 px are not two cells of 4 x 4."""
    multiples = [
        other for other in choices if other.period % axis.period == 0 and other.share >= ALL_ENERGY * axis.share
    ]
    return max(multiples, key=lambda other: other.gain)
