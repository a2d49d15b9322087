"""A mosaic's grid whose cells are no whole pixels, as rescaling leaves it, and what both kinds of grids share."""

from __future__ import annotations

from typing import NamedTuple, overload

import numpy as np

from inpaint.mosaic.whole_grid import Grid

SAME_PERIOD = 0.02  # share by which the periods of two lattices that are the same may differ
SAME_LINES = 0.3  # of the period, that their lines may lie apart


class Lattice(NamedTuple):
    """A grid of mosaic cells in fractions of a pixel; a line at 0 is the picture's border."""

    block: tuple[float, float]  # (height, width) of a cell, px
    phase: tuple[float, float]  # (y, x) of a grid line, px, 0 <= phase < block


@overload
def shifted_grid(grid: Grid, top: int, left: int) -> Grid: ...
@overload
def shifted_grid(grid: Lattice, top: int, left: int) -> Lattice: ...
def shifted_grid(grid: Grid | Lattice, top: int, left: int) -> Grid | Lattice:
    """Return the grid of a part of a picture, whose corner is given, as it lies in the whole picture."""
    phase = (grid.phase[0] + top) % grid.block[0], (grid.phase[1] + left) % grid.block[1]
    return grid._replace(phase=phase)


def sides_in_words(grid: Grid | Lattice) -> str:
    """Write the sides of a cell, height first, as people read them."""
    return " x ".join(f"{side:.4g}" for side in grid.block)


def cell_edges(grid: Grid | Lattice, axis: int, start: float, count: int) -> np.ndarray:
    """Return the pixels at which so many cells begin, and where the last ends, from the line next to start on."""
    block, phase = grid.block[axis], grid.phase[axis]
    first = round((start - phase) / block)
    return np.round(phase + (first + np.arange(count + 1)) * block).astype(int)


def same_grid(one: Grid | Lattice, other: Grid | Lattice, near: tuple[float, float]) -> bool:
    """Tell whether two grids are the same; of two in fractions, as far as that shows near a point (y, x)."""
    if isinstance(one, Grid) or isinstance(other, Grid):
        return type(one) is type(other) and one == other
    for axis in (0, 1):
        block = one.block[axis]
        first, second = ((near[axis] - grid.phase[axis]) % grid.block[axis] for grid in (one, other))
        apart = abs((first - second + block / 2) % block - block / 2)
        if abs(other.block[axis] - block) > SAME_PERIOD * block or apart > SAME_LINES * block:
            return False
    return True
