"""Takes in the cells that the outline of a mosaic cuts: a selection seldom ends where its cells do.

What: beside the whole cells of a region, the pixels that go on with one colour up to the lines of their cell, and stop
there, are what a selection left of that cell; what goes on beyond the lines is a flat place of the picture itself.
Source: our own.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.degradation.lattice import Lattice, edges
from inpaint.degradation.mosaic import Grid

WHOLE = 0.9  # of a cell's pixels that make it one of the region's
BLURRED = 2  # px beside a line that rescaling or JPEG may have blurred
USUAL, EXACT, WORST = (
    0.9,
    1.0,
    12.0,
)  # quantile of how far pixels stray in whole cells; levels that are none; and too many
SPREAD = 1.5  # times as far may they stray in a cut cell
SMALLEST = 0.1  # of a cell that is worth taking in
SPILT = 0.3  # of what lies beside it across lines that may have its colour


def fringed(levels: np.ndarray, mask: np.ndarray, grid: Grid | Lattice) -> np.ndarray:
    """Return the mask of a mosaic with what its outline left of the cells around it.

    levels: (H, W, 3) uint8, a part of a picture.  mask: (H, W) bool.  grid: as it lies in that part.
    """
    rows, columns = lines(grid, 0, mask.shape[0]), lines(grid, 1, mask.shape[1])
    own = whole_cells(mask, rows, columns)
    colours = levels.astype(np.int16)
    strays = stray(colours, own, rows, columns)
    if strays > WORST:
        return mask
    gap, most = (0, EXACT) if strays <= EXACT and isinstance(grid, Grid) else (BLURRED, SPREAD * strays + EXACT)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * gap + 5,) * 2, np.uint8)) > 0
    near &= cv2.dilate(mask.astype(np.uint8), np.ones((2 * gap + 1,) * 2, np.uint8)) == 0
    beside = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    result = mask.copy()
    for row, column in np.argwhere(beside & ~own).tolist():
        cell = slice(rows[row], rows[row + 1]), slice(columns[column], columns[column + 1])
        part = cut_cell(colours, near, mask, cell, most)
        if part is not None:
            if gap:
                part = cv2.dilate(part.astype(np.uint8), np.ones((2 * gap + 1,) * 2, np.uint8)) > 0
            result[cell] |= part
    return result


def lines(grid: Grid | Lattice, axis: int, size: int) -> np.ndarray:
    """Return where cells begin along an axis, and where the last one ends, from 0 to the size of the picture."""
    found = edges(grid, axis, 0, int(size / grid.block[axis]) + 2)
    return np.unique(np.concatenate([[0], found[(found > 0) & (found < size)], [size]]))


def whole_cells(mask: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return which cells lie in a mask, (rows, columns) bool."""
    counts = np.add.reduceat(np.add.reduceat(mask.astype(np.int64), rows[:-1], 0), columns[:-1], 1)
    return counts >= WHOLE * np.diff(rows)[:, None] * np.diff(columns)


def stray(colours: np.ndarray, own: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """Return how far, in levels, pixels usually stray from the colour of their whole cell."""
    found = []
    for row, column in np.argwhere(own).tolist():
        cell = colours[rows[row] : rows[row + 1], columns[column] : columns[column + 1]]
        margin = BLURRED if min(cell.shape[:2]) > 3 * BLURRED else min(cell.shape[:2]) // 3
        inside = cell[margin : len(cell) - margin, margin : cell.shape[1] - margin].reshape(-1, 3)
        found.append(np.abs(inside - np.median(inside, 0)).max())
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
