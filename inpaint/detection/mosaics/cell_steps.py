"""Measures, for every cell of a grid, the steps over its lines and those inside it.

What: across a line, cells of a mosaic differ; inside, they are flat.
Source: our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from inpaint.detection.mosaics.proposals import GridWindow
from inpaint.detection.mosaics.steps import SearchedPicture
from inpaint.mosaic.whole_grid import Grid

LEAST_CELLS_ALONG = 3  # cells that a region has along each axis
BLURRED_LINE = 2  # px beside a line that JPEG and rescaling may blur
NARROW_CELLS = 6  # px; in narrower cells they blur nearly all, and a line counts as 1 px


class CellSteps(NamedTuple):
    """The steps of every cell of a grid, each (rows, columns), in levels."""

    top: int  # of the first cell, px
    left: int
    across: np.ndarray  # mean step over its left line
    down: np.ndarray  # over its upper line
    inside: np.ndarray  # mean step within it

    @property
    def lines(self) -> np.ndarray:
        """Mean step over all four lines."""
        right = np.concatenate([self.across[:, 1:], self.across[:, -1:]], 1)
        below = np.concatenate([self.down[1:], self.down[-1:]], 0)
        return (self.across + right + self.down + below) / 4


def measured_cell_steps(picture: SearchedPicture, grid: Grid, windows: Sequence[GridWindow]) -> CellSteps | None:
    """Measure the whole cells in and near the windows that show a grid; None where there are too few."""
    (height, width), (rows, columns) = grid.block, picture.luma.shape
    top = max(0, min(window.top for window in windows) - 2 * height)
    left = max(0, min(window.left for window in windows) - 2 * width)
    bottom = min(rows, max(window.top + window.side for window in windows) + 2 * height)
    right = min(columns, max(window.left + window.side for window in windows) + 2 * width)
    top, left = top + (grid.phase[0] - top) % height, left + (grid.phase[1] - left) % width
    count = (bottom - top) // height, (right - left) // width
    if min(count) < LEAST_CELLS_ALONG:
        return None
    edge = 1 if min(grid.block) < NARROW_CELLS else BLURRED_LINE
    across, within_across = line_and_inside(picture.across_sums, (top, left), grid.block, count, edge)
    down, within_down = line_and_inside(picture.down_sums.T, (left, top), (width, height), count[::-1], edge)
    return CellSteps(top, left, across, down.T, (within_across + within_down.T) / 2)


def line_and_inside(
    sums: np.ndarray, corner: tuple[int, int], block: tuple[int, int], count: tuple[int, int], edge: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean step over the left line of every cell, and inside it, both (rows, columns).

    sums: of the steps along rows above and to the left of every place.  corner: of the first cell.  count: of cells
    (down, across).  edge: width of a blurred line, px.
    """
    (top, left), (height, width) = corner, block
    rows = sums[top : top + count[0] * height + 1 : height]

    def mean(first: int, stop: int) -> np.ndarray:
        ends = (rows[:, left + at : left + at + (count[1] - 1) * width + 1 : width] for at in (first, stop))
        return (np.diff(-np.subtract(*ends), axis=0) / (height * (stop - first))).astype(np.float32)

    return mean(0, 1), mean(edge, width - edge + 1)
