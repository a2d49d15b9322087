"""Fits a grid of fractions of a pixel to the steps of a picture: its lines are moved to where most steps stand.

What: the steps in a box are summed along rows and along columns, which gives two profiles; of many periods and places
of the lines near those proposed, the one is taken whose lines hold the most of a profile beyond what chance would put
there.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts rescaled`.
"""

from __future__ import annotations

import numpy as np

from inpaint.detection.mosaics.proposals import LEAST_SHARPNESS_SUM
from inpaint.mosaic.lattice import Lattice

SOFT_LINE_WEIGHTS = np.array((0.25, 0.5, 0.25))  # a step over two pixels is as high at two places
FITTED_LINE_MOVE = 0.6  # px that the outermost line may move by in either way while fitting
FITTED_LINES_TRIED = 13  # places of a line that are tried, and so many periods to either side of the present one
NEARLY_SQUARE_SIDES = 0.06  # of their sides that those of square cells may differ by at first
SQUARE_SIDE_RANGE = 0.03  # share by which the side of square cells may differ from the sides at first
SQUARE_SIDES_TRIED = 91


def fitted_grid(
    steps: tuple[np.ndarray, np.ndarray], box: tuple[int, int, int, int], block: np.ndarray, line: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return block and line of a grid, changed a little so that its lines hold the most steps in a box.

    steps: along rows and along columns.  box: top, left, bottom, right.  block, line: (2,) px, (y, x).
    """
    found = []
    for profile, start, size, place in zip(box_profiles(steps, box), box, block.tolist(), line.tolist(), strict=False):
        reach = 2 * FITTED_LINE_MOVE / (len(profile) / 2 / size + 1)
        widths = size + np.linspace(-reach, reach, 2 * FITTED_LINES_TRIED + 1)
        gain, lines = best_lines(profile, widths, place - start)
        found.append((widths[gain.argmax()], start + lines[gain.argmax()]))
    return np.array([size for size, _ in found]), np.array([place for _, place in found])


def nearly_square(block: np.ndarray) -> bool:
    """Tell whether cells (height, width) may be squares."""
    return bool(np.ptp(block) < NEARLY_SQUARE_SIDES * block.min())


def fitted_square_grid(
    steps: tuple[np.ndarray, np.ndarray], box: tuple[int, int, int, int], block: np.ndarray, line: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the block and a line of a grid of square cells, as `fitted_grid` does."""
    top, left, _, _ = box
    rows, columns = box_profiles(steps, box)
    shortest, longest = block.min() * (1 - SQUARE_SIDE_RANGE), block.max() * (1 + SQUARE_SIDE_RANGE)
    widths = np.linspace(shortest, longest, SQUARE_SIDES_TRIED)
    (high, y), (wide, x) = best_lines(rows, widths, line[0] - top), best_lines(columns, widths, line[1] - left)
    best = (high + wide).argmax()
    return widths[[best, best]], np.array([y[best] + top, x[best] + left])


def box_profiles(steps: tuple[np.ndarray, np.ndarray], box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the profiles of a box: the steps of every row and of every column, summed and smoothed."""
    across, down = (part[box[0] : box[2], box[1] : box[3]] for part in steps)
    return np.convolve(down.sum(1), SOFT_LINE_WEIGHTS, "same"), np.convolve(across.sum(0), SOFT_LINE_WEIGHTS, "same")


def best_lines(profile: np.ndarray, widths: np.ndarray, line: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of a profile that the lines of every width hold beyond chance, and one of the lines, (n,) each.

    widths: (n,) px, periods that are tried.  line: near which lines are tried, px.
    """
    block = widths.mean()
    middle = line + block * round((len(profile) / 2 - line) / block)
    count = int(len(profile) / 2 / block) + 1
    starts = middle + np.linspace(-1, 1, FITTED_LINES_TRIED) * min(1.0, block / 5)
    lines = starts[:, None] + widths[:, None, None] * np.arange(-count, count + 1)  # (widths, starts, lines)
    within = (lines > 0.5) & (lines < len(profile) - 0.5)
    held = np.interp(lines - 0.5, np.arange(len(profile)), profile) * within
    gain = held.sum(2) / (profile.sum() + LEAST_SHARPNESS_SUM) - within.sum(2) / len(profile)
    return gain.max(1), starts[gain.argmax(1)]


def lattice_of(block: np.ndarray, line: np.ndarray) -> Lattice:
    """Return the lattice of cells (height, width) with a line at (y, x), (2,) px each."""
    (high, wide), (y, x) = block.tolist(), line.tolist()
    return Lattice((high, wide), (y % high, x % wide))
