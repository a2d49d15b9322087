"""Tells whether the cells of a region explain its picture: far better than the same cells moved to other places.

What: a mosaic's cells are flat, so their means leave little of the picture.  Cells moved by a part of their side leave
much, along both axes.  Of textures, walls and the blocks of a JPEG, the cells leave nearly as much as moved ones do,
however many steps stand on their lines.
Source: our own.  The thresholds were chosen with photographs, drawings and traps as in `scripts/bench_detection.py
--parts rescaled clean traps`, but of other pictures than it names.
"""

from __future__ import annotations

import itertools

import numpy as np

from inpaint.detection.mosaics.found_region import FoundRegion
from inpaint.mosaic.lattice import Lattice
from inpaint.mosaic.whole_grid import Grid

MOVES = (0.0, 0.2, 0.4, 0.6, 0.8)  # of a cell's side, by which cells are moved
MOST_LEFT = 0.68  # of what moved cells leave, in the middle of all
MOST_LEFT_ALONG = 0.97  # the same where they are moved by about half along one axis alone
HALF_WAY = (0.4, 0.6)
SAME_SIDES = 0.1  # share by which the sides of cells that are compared may differ
EXAMINED_SIDE, EXAMINED_CELLS = 200, 10  # px and cells: of larger regions only the middle is looked at


def cells_explain(luma: np.ndarray, region: FoundRegion) -> bool:
    """Tell whether the cells of a region explain a picture (H, W), levels 0..255, better than moved ones."""
    places = examined_pixels(region, luma.shape)
    if not len(places[0]):
        return False
    left = {move: left_by_moved(luma, places, region.grid, *move) for move in itertools.product(MOVES, MOVES)}
    own = left.pop((0.0, 0.0))
    down, across = (np.mean([left[move, 0.0] for move in HALF_WAY]), np.mean([left[0.0, move] for move in HALF_WAY]))
    return own < MOST_LEFT * np.median(list(left.values())) and own < MOST_LEFT_ALONG * min(down, across)


def examined_pixels(region: FoundRegion, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the pixels in the middle of a region; size: of the picture."""
    pixels, places = region.pixels(), []
    for axis, start in enumerate((region.top, region.left)):
        side = max(EXAMINED_SIDE, round(EXAMINED_CELLS * region.grid.block[axis]))
        first = max(pixels.shape[axis] - side, 0) // 2
        pixels = pixels[first : first + side] if axis == 0 else pixels[:, first : first + side]
        places.append(start + first)
    rows, columns = (found + place for found, place in zip(np.nonzero(pixels), places, strict=True))
    within = (rows < size[0]) & (columns < size[1])
    return rows[within], columns[within]


def explained_as_well(luma: np.ndarray, region: FoundRegion, grid: Grid | Lattice) -> bool:
    """Tell whether cells of another grid, nearly as large, explain a region of a picture (H, W) as well as its own."""
    if any(abs(one - other) > SAME_SIDES * other for one, other in zip(grid.block, region.grid.block, strict=True)):
        return False
    places = examined_pixels(region, luma.shape)
    return left_by_moved(luma, places, grid) <= left_by_moved(luma, places, region.grid)


def left_by_moved(
    luma: np.ndarray,
    places: tuple[np.ndarray, np.ndarray],
    grid: Grid | Lattice,
    down: float = 0.0,
    across: float = 0.0,
) -> float:
    """Return the squared differences of pixels (rows, columns) from the means of cells moved by shares of a side."""
    numbers = []
    for place, side, phase, move in zip(places, grid.block, grid.phase, (down, across), strict=True):
        cell = np.floor((place + 0.5 - phase) / side - move).astype(np.int64)
        numbers.append(cell - cell.min())
    cells = numbers[0] * (int(numbers[1].max()) + 1) + numbers[1]
    values = luma[places].astype(np.float64)
    values -= values.mean()
    return float((values**2).sum() - (np.bincount(cells, values) ** 2 / np.maximum(np.bincount(cells), 1)).sum())
