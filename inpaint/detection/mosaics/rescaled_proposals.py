"""Proposes grids of no whole pixels, as a picture has that was rescaled after its mosaic was made.

What: as in `proposals`, windows are compared with combs, but steps are taken over two pixels, because rescaling spreads
a line over as many, and the combs' periods are fractions of a pixel, each so far from the next that its last tooth
moves by less than a pixel.  Windows that show the same grid are gathered, and over all of them together the period is
found more finely.  What was made larger is looked at in half its size too, where its lines are sharp again.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts rescaled clean`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.levels import row_bands
from inpaint.detection.mosaics.grid_fitting import fitted_grid, fitted_square_grid, lattice_of, nearly_square
from inpaint.detection.mosaics.proposals import (
    LEAST_SHARPNESS_SUM,
    NO_COMB,
    PERIOD_RANGES,
    WINDOWS_PER_SIDE,
    BestCombs,
    may_gain,
    placed_among,
    window_profiles,
)
from inpaint.detection.mosaics.steps import NOISE_STEP
from inpaint.mosaic.lattice import Lattice

SEARCH_SCALES = {1: PERIOD_RANGES[:3], 2: PERIOD_RANGES}  # how many times smaller the picture is looked at, for what
GAINS_AT_ONCE = 1 << 16  # of combs in windows, that are held: few enough for the cache
LAST_TEETH_APART = 0.7  # px that a comb's last tooth lies from that of the next period
LEAST_SOFT_GAIN = 0.13  # of the comb of the fainter axis, that a window needs
LEAST_SOFT_MEAN_GAIN = 0.18  # of the combs of both axes
LEAST_SOFT_SHARPNESS = 0.05  # mean sharpness, in [0, 1], on the lines of the fainter axis
LEAST_CLEAREST_GAIN = 0.26  # of the clearest window that shows a grid
LEAST_GATHERED_GAIN = 2.0  # sum over all windows that show it
MOST_GATHERED_GRIDS = 120  # in a tile at each scale
MOST_RESCALED_GRIDS = 40  # of these, that are looked for, the clearest first
GATHERED_PERIOD = 0.05  # share by which periods of windows of one grid may differ
GATHERED_LINE = 0.2  # of the period, that their lines may lie apart
GATHERING_ROUNDS = 3  # of gathering windows and fitting the grid to them


class WindowArrays(NamedTuple):
    """Windows that show grids, one after the other in arrays of (n,), or (n, 2) for (y, x); px."""

    corner: np.ndarray
    side: np.ndarray
    block: np.ndarray  # of the grid that the window shows
    line: np.ndarray  # a line of that grid near the window's middle
    gain: np.ndarray  # of the fainter axis


class GatheredGrid(NamedTuple):
    """A grid that windows show together, in px at their scale."""

    block: np.ndarray  # (2,)
    line: np.ndarray  # (2,), one of its lines
    box: tuple[int, int, int, int]  # top, left, bottom, right
    gain: float  # of all windows


class RescaledProposal(NamedTuple):
    """A grid and the box of the windows that show it."""

    lattice: Lattice
    box: tuple[int, int, int, int]  # top, left, bottom, right
    scale: int  # how many times smaller the picture was looked at
    gain: float  # of all windows
    steps: tuple[np.ndarray, np.ndarray]  # along rows and along columns, at that scale


def soft_steps(luma: np.ndarray) -> np.ndarray:
    """Return how far the step over two pixels along a row stands out at every pixel, (H, W) in [0, 1].

    luma: (H, W), levels 0..255.
    """
    isolated = np.zeros_like(luma)
    for rows in row_bands(len(luma)):
        double, inner = np.zeros_like(luma[rows]), isolated[rows, 2:-2]
        np.subtract(luma[rows, 2:], luma[rows, :-2], out=double[:, 1:-1])
        np.abs(double, out=double)
        np.maximum(double[:, :-4], double[:, 4:], out=inner)
        np.subtract(double[:, 2:-2], inner, out=inner)
        np.maximum(inner, 0, out=inner)
        double += NOISE_STEP
        isolated[rows] /= double
    return isolated


@lru_cache
def soft_teeth(low: int, high: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all combs as columns (side, n), and their period, phase and sum (n, 3); a tooth covers two pixels."""
    count = int(np.ceil(np.log(high / low) / np.log1p(LAST_TEETH_APART / side)))
    combs, named = [], []
    for period in np.geomspace(low, high, count + 1):
        for phase in np.arange(0.5, period, 1.0):
            lines = np.arange(phase, side, period)
            combs.append(np.clip(1 - np.abs(np.arange(side)[:, None] + 0.5 - lines), 0, None).sum(1))
            named.append((period, phase, combs[-1].sum()))
    return np.stack(combs, 1).astype(np.float32), np.array(named)


def best_soft_combs(
    steps: np.ndarray, low: int, high: int, side: int, *, wanted: np.ndarray | None = None
) -> BestCombs:
    """Return the comb of the largest gain for every window.

    steps: (H, W), soft; all else in px.  wanted: (rows, columns of windows) bool; others, and those in
    which no comb gains enough, have a gain of -1.
    """
    combs, named = soft_teeth(low, high, side)
    profiles = window_profiles(steps, side)
    windows = np.lib.stride_tricks.sliding_window_view(profiles, side, axis=1)[:, :: side // WINDOWS_PER_SIDE]
    places, parts = may_gain(windows, named[:, 2], LEAST_SOFT_GAIN, wanted), []
    at_once = GAINS_AT_ONCE // len(named) + 1
    chosen = windows[places]  # (windows, side)
    for flat in (chosen[start : start + at_once] for start in range(0, max(len(chosen), 1), at_once)):
        on = flat @ combs
        gain = on / (flat.sum(1, keepdims=True) + LEAST_SHARPNESS_SUM) - (named[:, 2] / side).astype(np.float32)
        best, each = gain.argmax(1), np.arange(len(flat))
        parts.append((named[best, 0], named[best, 1], gain[each, best], on[each, best] / (named[best, 2] * side)))
    found = (np.concatenate(part) for part in zip(*parts, strict=True))
    return BestCombs(*(placed_among(part, places, other) for part, other in zip(found, NO_COMB, strict=True)))


def windows_with_grids(
    across: np.ndarray, down: np.ndarray, ranges: Sequence[tuple[int, int, int]] = PERIOD_RANGES
) -> WindowArrays:
    """Return the windows that show a grid; across, down: soft steps, both (H, W).  ranges: as PERIOD_RANGES."""
    found = []
    for low, high, side in ranges:
        if min(across.shape) < side:
            continue
        columns = best_soft_combs(across, low, high, side)
        likely = (columns.gain > LEAST_SOFT_GAIN) & (columns.sharpness > LEAST_SOFT_SHARPNESS)
        rows = BestCombs(*(part.T for part in best_soft_combs(down.T, low, high, side, wanted=likely.T)))
        gain = np.minimum(rows.gain, columns.gain)
        shown = (gain > LEAST_SOFT_GAIN) & (rows.gain + columns.gain > 2 * LEAST_SOFT_MEAN_GAIN)
        shown &= np.minimum(rows.sharpness, columns.sharpness) > LEAST_SOFT_SHARPNESS
        corner = np.stack(np.nonzero(shown), 1) * (side // WINDOWS_PER_SIDE)
        block = np.stack([rows.period[shown], columns.period[shown]], 1)
        line = np.stack([rows.phase[shown], columns.phase[shown]], 1)
        line += corner + block * np.floor((side / 2 - line) / block)
        found.append(WindowArrays(corner, np.full(len(corner), side), block, line, gain[shown]))
    if not found:
        return WindowArrays(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    return WindowArrays(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def rescaled_grids(luma: np.ndarray) -> list[RescaledProposal]:
    """Return the grids that windows of a picture (H, W), levels 0..255, show, the clearest first."""
    found = []
    for scale, ranges in SEARCH_SCALES.items():
        size = luma.shape[1] // scale, luma.shape[0] // scale
        if min(size) < PERIOD_RANGES[0][2]:
            continue
        small = luma if scale == 1 else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        steps = soft_steps(small), soft_steps(cv2.transpose(small)).T
        for block, line, (top, left, bottom, right), gain in gathered_grids(windows_with_grids(*steps, ranges), steps):
            box = top * scale, left * scale, bottom * scale, right * scale
            found.append(RescaledProposal(lattice_of(block * scale, line * scale), box, scale, gain, steps))
    return sorted(found, key=lambda proposal: -proposal.gain)


def gathered_grids(seen: WindowArrays, steps: tuple[np.ndarray, np.ndarray]) -> list[GatheredGrid]:
    """Return the grids that most windows show, each fitted to all windows that show it."""
    free, found = np.ones(len(seen.gain), bool), []
    for seed in np.argsort(-seen.gain * seen.side).tolist():
        if len(found) == MOST_GATHERED_GRIDS:
            break
        if seen.gain[seed] < LEAST_CLEAREST_GAIN or not free[seed]:
            continue
        block, line = seen.block[seed], seen.line[seed]
        members = np.arange(len(free)) == seed
        alone = windows_of_grid(seen, box_around_windows(seen, members), block, line)
        free[seed] = False
        if seen.gain[alone].sum() < LEAST_GATHERED_GAIN / 2:
            continue
        for _ in range(GATHERING_ROUNDS):
            box = box_around_windows(seen, members)
            block, line = fitted_grid(steps, box, block, line)
            members = windows_of_grid(seen, box, block, line)
            members[seed] = True
        free &= ~members
        if (gain := float(seen.gain[members].sum())) >= LEAST_GATHERED_GAIN:
            found.append(GatheredGrid(block, line, box_around_windows(seen, members), gain))
    return sorted(found, key=lambda one: -one.gain)[:MOST_RESCALED_GRIDS]


def box_around_windows(seen: WindowArrays, members: np.ndarray) -> tuple[int, int, int, int]:
    """Return the box (top, left, bottom, right) around some of the windows; members: (n,) bool."""
    (top, left), ends = seen.corner[members].min(0), seen.corner[members] + seen.side[members, None]
    return int(top), int(left), int(ends[:, 0].max()), int(ends[:, 1].max())


def windows_of_grid(
    seen: WindowArrays, box: tuple[int, int, int, int], block: np.ndarray, line: np.ndarray
) -> np.ndarray:
    """Return which windows in and beside a box show this grid, (n,) bool."""
    members = np.zeros(len(seen.gain), bool)
    near = np.flatnonzero((np.abs(seen.block / block - 1) < GATHERED_PERIOD).all(1))
    corner, side = seen.corner[near], seen.side[near, None]
    near = near[((corner <= box[2:]) & (corner + side >= box[:2])).all(1)]
    apart = np.abs((seen.line[near] - line + block / 2) % block - block / 2)
    members[near] = (apart < np.maximum(GATHERED_LINE * block, 1.0)).all(1)
    return members


def refined_proposals(proposal: RescaledProposal, box: tuple[int, int, int, int]) -> Iterator[RescaledProposal]:
    """Yield a proposal with its grid fitted to a box in which cells were found, first with square cells if they may be.

    box: top, left, bottom, right.
    """
    scale = proposal.scale
    block, line = (np.array(pair) / scale for pair in proposal.lattice)
    top, left, bottom, right = (side // scale for side in box)
    small = top, left, bottom, right
    if nearly_square(block):
        square = fitted_square_grid(proposal.steps, small, block, line)
        yield proposal._replace(lattice=lattice_of(*(scale * pair for pair in square)), box=box)
    block, line = fitted_grid(proposal.steps, small, block, line)
    yield proposal._replace(lattice=lattice_of(scale * block, scale * line), box=box)
