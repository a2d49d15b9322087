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
from inpaint.mosaic.grid import Grid

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
    part = slice(top, top + count[0] * height), slice(left, left + count[1] * width)
    edge = 1 if min(grid.block) < NARROW_CELLS else BLURRED_LINE
    across, within_across = line_and_inside(picture.across[part], count, edge)
    down, within_down = (it.T for it in line_and_inside(picture.down[part].T, count[::-1], edge))
    return CellSteps(top, left, across, down, (within_across + within_down) / 2)


def line_and_inside(steps: np.ndarray, count: tuple[int, int], edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean step over the left line of every cell, and inside it, both (rows, columns).

    steps: along rows, of an area of whole cells.  count: of cells (down, across).  edge: width of a blurred line, px.
    """
    height, width = steps.shape[0] // count[0], steps.shape[1] // count[1]
    summed = steps.reshape(count[0], height, -1).sum(1).reshape(*count, width)
    return summed[..., 0] / height, summed[..., edge : width - edge + 1].mean(2) / height
