"""Proposes grids: in small windows of a picture, sharp steps are compared with the lines of every grid.

What: a mosaic's cells are flat, so along a row of pixels sharp steps stand on the lines of a grid and nowhere between
them.  In windows of five sizes, each for about an octave of periods, the sharpness of every column is summed and
multiplied with a comb for every (period, phase); the share of the sharpness that lies on the comb's teeth, less the
share that chance would put there, is the comb's gain.  The same for rows.
Source: our own; a step counts by how far it stands out from the steps beside it, as in `grid_under_mask`.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from inpaint.mosaic.grid import Grid

OCTAVES = (
    (4, 8, 32),
    (7, 16, 56),
    (13, 28, 96),
    (20, 44, 128),
    (32, 64, 192),
)  # periods from, to, and the side of the window, px
STRIDE = 4  # windows start every quarter of their side
GAIN, MEAN_GAIN, SHARPNESS = 0.13, 0.19, 0.03  # of the fainter axis, of both, and of both, that a window needs
ENOUGH = 0.45  # summed gain that a grid needs
NOISE, JPEG_NOISE = 2.0, 5.0  # levels; steps as faint as this count half
JPEG_STEP = 8.0  # levels that blocks of JPEG differ by
TINY = 1e-3


class Window(NamedTuple):
    """A square that shows a grid."""

    top: int
    left: int
    side: int
    gain: float


class Steps(NamedTuple):
    """How every pixel differs from the one to its left (or above), each (H, W) float32, in levels."""

    plain: np.ndarray
    sharp: np.ndarray  # in [0, 1]


def steps_of(luma: np.ndarray) -> Steps:
    """Return the steps along rows.  luma: (H, W) float32, levels 0..255."""
    plain = np.zeros_like(luma)
    np.abs(luma[:, 1:] - luma[:, :-1], out=plain[:, 1:])
    isolated = np.zeros_like(luma)
    isolated[:, 1:-1] = np.clip(plain[:, 1:-1] - np.maximum(plain[:, :-2], plain[:, 2:]), 0, None)
    noise = NOISE
    if (column := jpeg_column(plain)) is not None:
        isolated[:, column::8] = np.clip(isolated[:, column::8] - JPEG_STEP, 0, None)
        noise = JPEG_NOISE
    return Steps(plain, isolated / (plain + noise))


def jpeg_column(plain: np.ndarray) -> int | None:
    """Return at which of eight columns the blocks of JPEG begin, None where none stands out."""
    mean = np.minimum(plain, 20).mean(0)[8:]
    if len(mean) < 16:
        return None
    columns = np.array([mean[start::8].mean() for start in range(8)])
    first = int(columns.argmax())
    others = (columns.sum() - columns[first]) / 7
    return first if columns[first] - others > 0.1 * others + 0.05 else None


def proposed(across: Steps, down: Steps) -> dict[Grid, list[Window]]:
    """Return the grids that windows show, with those windows.

    across: steps along rows.  down: steps along columns, transposed, (W, H).
    """
    found: dict[Grid, list[Window]] = defaultdict(list)
    sums = summed(across.sharp), summed(down.sharp)
    for low, high, side in OCTAVES:
        if min(across.sharp.shape) < side:
            continue
        stride = side // STRIDE
        columns = best_combs(sums[0], low, high, side)
        rows = Combs(*(part.T for part in best_combs(sums[1], low, high, side)))
        gain = np.minimum(rows.gain, columns.gain)
        mean = (rows.gain + columns.gain) / 2
        seen = (gain > GAIN) & (mean > MEAN_GAIN) & (np.minimum(rows.sharpness, columns.sharpness) > SHARPNESS)
        for y, x in zip(*(places.tolist() for places in np.nonzero(seen)), strict=True):
            block = int(rows.period[y, x]), int(columns.period[y, x])
            start = y * stride, x * stride
            phase = (start[0] + int(rows.phase[y, x])) % block[0], (start[1] + int(columns.phase[y, x])) % block[1]
            found[Grid(block, phase)].append(Window(*start, side, float(gain[y, x])))
    return {grid: windows for grid, windows in found.items() if sum(window.gain for window in windows) >= ENOUGH}


class Combs(NamedTuple):
    """The best comb of every window, each (rows, columns of windows)."""

    period: np.ndarray
    phase: np.ndarray  # from the window's start
    gain: np.ndarray
    sharpness: np.ndarray  # mean, on the teeth


@lru_cache
def teeth(low: int, high: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all combs as columns (side, n), and their period, phase and number of teeth (n, 3)."""
    named = [
        (period, phase, len(range(phase, side, period))) for period in range(low, high + 1) for phase in range(period)
    ]
    combs = np.zeros((side, len(named)), np.float32)
    for index, (period, phase, _) in enumerate(named):
        combs[phase::period, index] = 1
    return combs, np.array(named)


def summed(sharp: np.ndarray) -> np.ndarray:
    """Return the sums of the rows above each row of a picture (H, W), and of all of them, (H + 1, W)."""
    sums = np.zeros((sharp.shape[0] + 1, sharp.shape[1]))
    np.cumsum(sharp, 0, dtype=np.float64, out=sums[1:])
    return sums


def profiles_of(sums: np.ndarray, side: int) -> np.ndarray:
    """Return the sums over the height of the windows of every row of them, (rows of windows, W); sums: `summed`."""
    tops = np.arange(0, sums.shape[0] - side, side // STRIDE)
    return (sums[tops + side] - sums[tops]).astype(np.float32)


def best_combs(sums: np.ndarray, low: int, high: int, side: int) -> Combs:
    """Return the comb of the largest gain for every window of a picture, whose steps have been `summed`."""
    combs, named = teeth(low, high, side)
    profiles = profiles_of(sums, side)
    windows = np.lib.stride_tricks.sliding_window_view(profiles, side, axis=1)[:, :: side // STRIDE]
    shape, flat = windows.shape[:2], windows.reshape(-1, side)
    on = flat @ combs  # (windows, combs)
    gain = on / (flat.sum(1, keepdims=True) + TINY) - named[:, 2] / side
    best = gain.argmax(1)
    each = np.arange(len(best))
    sharpness = on[each, best] / (named[best, 2] * side)
    parts = named[best, 0], named[best, 1], gain[each, best], sharpness
    return Combs(*(part.reshape(shape) for part in parts))
