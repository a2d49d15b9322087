"""Proposes grids: in small windows of a picture, sharp steps are compared with the lines of every grid.

What: a mosaic's cells are flat, so along a row of pixels sharp steps stand on the lines of a grid and nowhere between
them.  In windows of five sizes, each for about an octave of periods, the sharpness of every column is summed and
multiplied with a comb for every (period, phase), which is 1 on the lines of that grid and 0 elsewhere.  The share of
the sharpness that lies on these lines, less the share that chance would put there, is the comb's gain.  The same for
rows.
Source: our own; a step counts by how far it stands out from the steps beside it, as in `grid_under_mask`.  The
thresholds were chosen with `scripts/bench_detection.py --parts mosaics clean traps`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from inpaint.detection.mosaics.steps import Steps
from inpaint.mosaic.whole_grid import Grid

PERIOD_RANGES = (  # px: least period, largest period, and the side of the windows in which they are looked for
    (4, 8, 32),
    (7, 16, 56),
    (13, 28, 96),
    (20, 44, 128),
    (32, 64, 192),
)
WINDOWS_PER_SIDE = 4  # windows start every quarter of their side
LEAST_WINDOW_GAIN = 0.13  # of the comb of the fainter axis, that a window needs
LEAST_WINDOW_MEAN_GAIN = 0.19  # of the combs of both axes
LEAST_WINDOW_SHARPNESS = 0.03  # mean sharpness, in [0, 1], on the lines of the fainter axis
LEAST_GRID_GAIN = 0.45  # sum over all windows that show a grid
NO_COMB = (1, 0, -1, 0)  # period, phase, gain and sharpness of a window that was not looked at
ROUNDED_GAIN = 1e-4  # that a gain may be off in 32 bits
LEAST_SHARPNESS_SUM = 1e-3  # keeps from dividing by zero where nothing is sharp


class GridWindow(NamedTuple):
    """A square part of the picture that shows a grid; px."""

    top: int
    left: int
    side: int
    gain: float  # of the fainter axis


class BestCombs(NamedTuple):
    """The best comb of every window, each (rows, columns of windows)."""

    period: np.ndarray
    phase: np.ndarray  # from the window's start
    gain: np.ndarray
    sharpness: np.ndarray  # mean, on the teeth


def proposed_grids(across: Steps, down: Steps) -> dict[Grid, list[GridWindow]]:
    """Return the grids that windows show, with those windows.

    across: steps along rows.  down: steps along columns, transposed, (W, H).
    """
    found: dict[Grid, list[GridWindow]] = defaultdict(list)
    for low, high, side in PERIOD_RANGES:
        if min(across.sharp.shape) < side:
            continue
        stride = side // WINDOWS_PER_SIDE
        columns = best_combs(across.sharp, low, high, side)
        likely = (columns.gain > LEAST_WINDOW_GAIN) & (columns.sharpness > LEAST_WINDOW_SHARPNESS)
        rows = BestCombs(*(part.T for part in best_combs(down.sharp, low, high, side, wanted=likely.T)))
        gain = np.minimum(rows.gain, columns.gain)
        mean = (rows.gain + columns.gain) / 2
        seen = (
            (gain > LEAST_WINDOW_GAIN)
            & (mean > LEAST_WINDOW_MEAN_GAIN)
            & (np.minimum(rows.sharpness, columns.sharpness) > LEAST_WINDOW_SHARPNESS)
        )
        for y, x in zip(*(places.tolist() for places in np.nonzero(seen)), strict=True):
            block = int(rows.period[y, x]), int(columns.period[y, x])
            start = y * stride, x * stride
            phase = (start[0] + int(rows.phase[y, x])) % block[0], (start[1] + int(columns.phase[y, x])) % block[1]
            found[Grid(block, phase)].append(GridWindow(*start, side, float(gain[y, x])))
    return {
        grid: windows for grid, windows in found.items() if sum(window.gain for window in windows) >= LEAST_GRID_GAIN
    }


@lru_cache
def comb_teeth(low: int, high: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all combs as columns (side, n), and their period, phase and number of teeth (n, 3)."""
    named = [
        (period, phase, len(range(phase, side, period))) for period in range(low, high + 1) for phase in range(period)
    ]
    combs = np.zeros((side, len(named)), np.float32)
    for index, (period, phase, _) in enumerate(named):
        combs[phase::period, index] = 1
    return combs, np.array(named)


def window_profiles(sharp: np.ndarray, side: int) -> np.ndarray:
    """Return, for every row of windows, the sums of the columns over their height, (rows of windows, W).

    sharp: (H, W), of the steps.  side: of a window, px.
    """
    stride = side // WINDOWS_PER_SIDE
    count = (sharp.shape[0] - side) // stride + 1
    strips = sharp[: (count + WINDOWS_PER_SIDE - 1) * stride].reshape(-1, stride, sharp.shape[1]).sum(1)
    return np.sum([strips[start : start + count] for start in range(WINDOWS_PER_SIDE)], axis=0)


def best_combs(sharp: np.ndarray, low: int, high: int, side: int, *, wanted: np.ndarray | None = None) -> BestCombs:
    """Return the comb of the largest gain for every window.

    sharp: (H, W), of the steps; all else in px.  wanted: (rows, columns of windows) bool; others, and
    those in which no comb gains enough, have a gain of -1.
    """
    combs, named = comb_teeth(low, high, side)
    profiles = window_profiles(sharp, side)
    windows = np.lib.stride_tricks.sliding_window_view(profiles, side, axis=1)[:, :: side // WINDOWS_PER_SIDE]
    chosen = may_gain(windows, named[:, 2], LEAST_WINDOW_GAIN, wanted)
    flat = windows[chosen]  # (windows, side)
    on = flat @ combs  # (windows, combs)
    gain = on / (flat.sum(1, keepdims=True) + LEAST_SHARPNESS_SUM) - (named[:, 2] / side).astype(np.float32)
    best = gain.argmax(1)
    each = np.arange(len(best))
    sharpness = on[each, best] / (named[best, 2] * side)
    parts = named[best, 0], named[best, 1], gain[each, best], sharpness
    return BestCombs(*(placed_among(part, chosen, other) for part, other in zip(parts, NO_COMB, strict=True)))


def may_gain(windows: np.ndarray, sums: np.ndarray, least: float, wanted: np.ndarray | None = None) -> np.ndarray:
    """Tell which windows (rows, columns, side) some comb may gain more than the least in, (rows, columns) bool.

    No comb gains more than one whose teeth are the largest values of the window: most windows are left out by that, at
    little cost.  sums: (n,), of the combs, whose values are in [0, 1].  wanted: as of `best_combs`.
    """
    chosen = np.ones(windows.shape[:2], bool) if wanted is None else wanted.copy()
    flat, side = windows[chosen], windows.shape[2]
    fewest, most = int(np.floor(sums.min())), min(int(np.ceil(sums.max())), side)
    largest = np.cumsum(np.sort(flat, axis=1)[:, : -most - 1 : -1], axis=1)[:, fewest - 1 :]
    shares = np.arange(fewest, most + 1, dtype=np.float32) / side
    gain = (largest / (flat.sum(1, keepdims=True) + LEAST_SHARPNESS_SUM) - shares).max(1)
    chosen[chosen] = gain > least - ROUNDED_GAIN
    return chosen


def placed_among(values: np.ndarray, chosen: np.ndarray, other: float) -> np.ndarray:
    """Return the values (n,) of the chosen windows (rows, columns) bool in their places, and another elsewhere."""
    placed = np.full(chosen.shape, other, values.dtype)
    placed[chosen] = values
    return placed
