"""Replaces a grid by a finer one where its cells have lines inside that are as strong as those between them.

Where every second line of a mosaic is faint, windows show a grid of twice its period.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts mosaics`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inpaint.detection.mosaics.proposals import GridWindow
from inpaint.detection.mosaics.steps import SearchedPicture
from inpaint.mosaic.whole_grid import Grid

FINER_DIVISORS = (2, 3, 4, 5)  # how many finer cells may stand in one cell
LEAST_FINER_PERIOD = 4  # px
LEAST_FINER_LINES = 0.35  # of the height of the lines between cells, that the added lines need


def finer_grid(picture: SearchedPicture, grid: Grid, windows: Sequence[GridWindow]) -> Grid:
    """Return the grid, or a finer one where its cells have lines inside that are as strong as those between them."""
    top, left = min(window.top for window in windows), min(window.left for window in windows)
    bottom = max(window.top + window.side for window in windows)
    right = max(window.left + window.side for window in windows)
    part = slice(top, bottom), slice(left, right)
    seen = np.zeros((bottom - top, right - left), np.float32)
    for window in windows:
        seen[window.top - top :, window.left - left :][: window.side, : window.side] = 1
    block = (
        finer_period(np.einsum("ij,ij->i", picture.down[part], seen), seen.sum(1), grid.block[0], grid.phase[0] - top),
        finer_period(
            np.einsum("ij,ij->j", picture.across[part], seen), seen.sum(0), grid.block[1], grid.phase[1] - left
        ),
    )
    return Grid(block, (grid.phase[0] % block[0], grid.phase[1] % block[1]))


def finer_period(sums: np.ndarray, counts: np.ndarray, period: int, phase: int) -> int:
    """Return the period along an axis, or a part of it if the lines that this adds are nearly as strong.

    sums, counts: of the steps at every place along the axis.
    """
    place = (np.arange(len(sums)) - phase) % period
    mean = np.bincount(place, sums, period) / np.maximum(np.bincount(place, counts, period), 1)
    mean -= np.median(mean)
    best = period
    for divisor in FINER_DIVISORS:
        added = [mean[part * period // divisor] for part in range(1, divisor)]
        if (
            period % divisor == 0
            and period // divisor >= LEAST_FINER_PERIOD
            and min(added) > LEAST_FINER_LINES * mean[0]
        ):
            best = period // divisor
    return best
