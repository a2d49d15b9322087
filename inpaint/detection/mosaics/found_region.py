"""A region of cells that was found, and how much of the picture it explains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inpaint.mosaic.lattice import Lattice, cell_edges
from inpaint.mosaic.whole_grid import Grid

LINE_WEIGHT = 0.5  # with 1 twice too fine a grid would weigh as much as the right one, with 0 one twice too coarse


class FoundRegion(NamedTuple):
    """A region of cells of one grid."""

    grid: Grid | Lattice
    top: int  # of the cells, px
    left: int
    cells: np.ndarray  # (rows, columns) bool
    score: float  # (line - inside) / (line + inside)
    contrast: float  # levels between neighbouring cells beyond those inside

    @property
    def weight(self) -> float:
        """How much of the picture's steps it explains; most for the right grid, less for one twice as fine."""
        height, width = self.grid.block
        return self.contrast * float(self.cells.sum()) * height * width * (1 / height + 1 / width) ** LINE_WEIGHT

    def pixels(self) -> np.ndarray:
        """Return its mask, cut to the box of its cells, (h, w) bool."""
        heights = np.diff(cell_edges(self.grid, 0, self.top, self.cells.shape[0]))
        widths = np.diff(cell_edges(self.grid, 1, self.left, self.cells.shape[1]))
        return self.cells.repeat(heights, 0).repeat(widths, 1)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of its cells, px."""
        rows, columns = self.cells.shape
        bottom, right = cell_edges(self.grid, 0, self.top, rows)[-1], cell_edges(self.grid, 1, self.left, columns)[-1]
        return self.top, self.left, int(bottom), int(right)

    def within(self, picture: np.ndarray) -> np.ndarray:
        """Return the part of an array (H, W) that the box of its cells covers, as a view."""
        top, left, bottom, right = self.box
        return picture[top:bottom, left:right]
