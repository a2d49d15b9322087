"""Takes in the cells that the outline of a mosaic cuts: a selection seldom ends where its cells do.

What: beside the whole cells of a region, the pixels that go on with one colour up to the lines of their cell, and stop
there, are what a selection left of that cell; what goes on beyond the lines is a flat place of the picture itself.
Source: our own.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, edges

WHOLE = 0.9  # of a cell's pixels that make it one of the region's
EDGE = 2  # px beside a line that rescaling or JPEG may have blurred
USUAL = 0.9  # quantile, of pixels and then of cells, of how far pixels stray from the colour of their whole cell
ENOUGH = 200  # cells that tell it
EXACT, WORST = 1.0, 25.0  # levels of that which are none, and which are too many to tell
SMALLEST = 0.1  # of a cell that is worth taking in
SPILT = 0.5  # of what lies beside it across lines that may have its colour


def fringed(levels: np.ndarray, mask: np.ndarray, grid: Grid | Lattice) -> np.ndarray:
    """Return the mask of a mosaic with what its outline left of the cells around it.

    levels: (H, W, 3) uint8, a part of a picture.  mask: (H, W) bool.  grid: as it lies in that part.
    """
    rows, columns = lines(grid, 0, mask.shape[0]), lines(grid, 1, mask.shape[1])
    own = whole_cells(mask, rows, columns)
    colours = levels.astype(np.int16)
    if (strays := stray(colours, own, rows, columns)) > EXACT:  # JPEG spreads colours further than luma
        colours = cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY).astype(np.int16)[..., None]
        strays = stray(colours, own, rows, columns)
    if strays > WORST:
        return mask
    gap = EDGE if isinstance(grid, Lattice) else 0
    near = spread(mask, gap + EDGE) & ~spread(mask, gap)
    result = mask.copy()
    for row, column in np.argwhere(spread(own, 1) & ~own).tolist():
        cell = slice(rows[row], rows[row + 1]), slice(columns[column], columns[column + 1])
        part = cut_cell(colours, near, mask, cell, strays + EXACT)
        if part is not None:
            result[cell] |= spread(closed(part), gap)
    return result


def spread(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return a mask (H, W) that reaches so many px further."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


def closed(part: np.ndarray) -> np.ndarray:
    """Return a mask (h, w) without holes of a pixel or two."""
    padded = np.pad(part.astype(np.uint8), 2, mode="edge")
    return cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))[2:-2, 2:-2] > 0


def lines(grid: Grid | Lattice, axis: int, size: int) -> np.ndarray:
    """Return where cells begin along an axis, and where the last one ends, from 0 to the size of the picture."""
    found = edges(grid, axis, 0, int(size / grid.block[axis]) + 2)
    return np.unique(np.concatenate([[0], found[(found > 0) & (found < size)], [size]]))


def whole_cells(mask: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return which cells lie in a mask, (rows, columns) bool."""
    counts = np.add.reduceat(np.add.reduceat(mask.astype(np.int64), rows[:-1], 0), columns[:-1], 1)
    return counts >= WHOLE * np.diff(rows)[:, None] * np.diff(columns)


def stray(colours: np.ndarray, own: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """Return how far, in levels, pixels (H, W, C) usually stray from the colour of their whole cell."""
    found = []
    chosen = np.argwhere(own)
    for row, column in chosen[:: len(chosen) // ENOUGH + 1].tolist():
        cell = colours[rows[row] : rows[row + 1], columns[column] : columns[column + 1]]
        edge = min(EDGE, min(cell.shape[:2]) // 3)
        inside = cell[edge : cell.shape[0] - edge, edge : cell.shape[1] - edge].reshape(-1, cell.shape[2])
        found.append(np.quantile(np.abs(inside - np.median(inside, 0)).max(1), USUAL))
    return float(np.quantile(found, USUAL)) if found else np.inf


def cut_cell(
    colours: np.ndarray, near: np.ndarray, mask: np.ndarray, cell: tuple[slice, slice], most: float
) -> np.ndarray | None:
    """Return which pixels of a cell beside a mosaic belong to it, (h, w) bool, None where none do.

    near: (H, W) bool, where the cell's colour is looked for.  most: levels that its pixels may stray by.
    """
    seeds = near[cell] & ~mask[cell]
    if not seeds.any():
        return None
    colour = np.median(colours[cell][seeds], 0)
    alike = (np.abs(colours[cell] - colour).max(2) <= most) & ~mask[cell]
    _, parts = cv2.connectedComponents(alike.astype(np.uint8), connectivity=4)
    touching = np.unique(parts[seeds & alike])
    part = np.isin(parts, touching[touching > 0])
    if part.sum() < max(4, SMALLEST * part.size):
        return None
    top, left = max(cell[0].start - 1, 0), max(cell[1].start - 1, 0)
    around = slice(top, cell[0].stop + 1), slice(left, cell[1].stop + 1)
    grown, inside = np.zeros(colours[around].shape[:2], np.uint8), np.zeros(colours[around].shape[:2], bool)
    place = slice(cell[0].start - top, cell[0].stop - top), slice(cell[1].start - left, cell[1].stop - left)
    grown[place], inside[place] = part, True
    across = (cv2.dilate(grown, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0) & ~inside & ~mask[around]
    spilt = np.abs(colours[around] - colour).max(2)[across] <= most
    return None if across.any() and spilt.mean() > SPILT else part
