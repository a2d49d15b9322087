"""Takes in the cells that the outline of a mosaic cuts: a selection seldom ends where its cells do.

What: beside the whole cells of a region, the pixels that go on with one colour up to the lines of their cell, and stop
there, are what a selection left of that cell; what goes on beyond the lines is a flat place of the picture itself.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts cut`.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.detection.mosaics.cell_steps import BLURRED_LINE
from inpaint.mosaic.lattice import Lattice, cell_edges
from inpaint.mosaic.whole_grid import Grid

WHOLE_CELL = 0.9  # of a cell's pixels, that make it one of the region's whole cells
USUAL_STRAY = 0.9  # quantile, of pixels and then of cells, of how far pixels stray from the colour of their whole cell
CELLS_MEASURED = 200  # about so many whole cells tell how far that is
EXACT_STRAY = 1.0  # levels of it that count as none
MOST_STRAY = 25.0  # levels of it, with which a colour tells nothing
LEAST_PART_OF_CELL = 0.1  # of a cell, that is worth taking in
LEAST_PART_PIXELS = 4  # px, the same
MOST_SPILT = 0.5  # of the pixels beyond the lines of a cell, that may have its colour


def with_cut_cells(levels: np.ndarray, mask: np.ndarray, grid: Grid | Lattice) -> np.ndarray:
    """Return the mask of a mosaic together with what its outline left of the cells beside it.

    levels: (H, W, 3) uint8, a part of a picture.  mask: (H, W) bool.  grid: as it lies in that part.
    """
    rows, columns = cell_borders(grid, 0, mask.shape[0]), cell_borders(grid, 1, mask.shape[1])
    own = cells_in_mask(mask, rows, columns)
    colours = levels.astype(np.int16)
    if (strays := usual_stray(colours, own, rows, columns)) > EXACT_STRAY:  # JPEG spreads colours further than luma
        colours = cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY).astype(np.int16)[..., None]
        strays = usual_stray(colours, own, rows, columns)
    if strays > MOST_STRAY:
        return mask
    gap = BLURRED_LINE if isinstance(grid, Lattice) else 0
    near = squarely_grown(mask, gap + BLURRED_LINE) & ~squarely_grown(mask, gap)
    result = mask.copy()
    for row, column in np.argwhere(squarely_grown(own, 1) & ~own).tolist():
        cell = slice(rows[row], rows[row + 1]), slice(columns[column], columns[column + 1])
        part = cut_cell(colours, near, mask, cell, strays + EXACT_STRAY)
        if part is not None:
            result[cell] |= squarely_grown(without_pinholes(part), gap)
    return result


def squarely_grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Return a mask (H, W) grown by so many px on all sides."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1,) * 2, np.uint8)) > 0


def without_pinholes(part: np.ndarray) -> np.ndarray:
    """Return a mask (h, w) in which holes of a pixel or two are filled."""
    padded = np.pad(part.astype(np.uint8), 2, mode="edge")
    return cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))[2:-2, 2:-2] > 0


def cell_borders(grid: Grid | Lattice, axis: int, size: int) -> np.ndarray:
    """Return where cells begin along an axis, and where the last one ends, from 0 to the size of the picture, px."""
    found = cell_edges(grid, axis, 0, int(size / grid.block[axis]) + 2)
    return np.unique(np.concatenate([[0], found[(found > 0) & (found < size)], [size]]))


def cells_in_mask(mask: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return which cells lie in a mask as a whole, (rows, columns) bool; rows, columns: their borders."""
    counts = np.add.reduceat(np.add.reduceat(mask.astype(np.int64), rows[:-1], 0), columns[:-1], 1)
    return counts >= WHOLE_CELL * np.diff(rows)[:, None] * np.diff(columns)


def usual_stray(colours: np.ndarray, own: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """Return how far, in levels, pixels (H, W, C) usually stray from the colour of their whole cell."""
    found = []
    chosen = np.argwhere(own)
    for row, column in chosen[:: len(chosen) // CELLS_MEASURED + 1].tolist():
        cell = colours[rows[row] : rows[row + 1], columns[column] : columns[column + 1]]
        edge = min(BLURRED_LINE, min(cell.shape[:2]) // 3)
        inside = cell[edge : cell.shape[0] - edge, edge : cell.shape[1] - edge].reshape(-1, cell.shape[2])
        found.append(np.quantile(np.abs(inside - np.median(inside, 0)).max(1), USUAL_STRAY))
    return float(np.quantile(found, USUAL_STRAY)) if found else np.inf


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
    if part.sum() < max(LEAST_PART_PIXELS, LEAST_PART_OF_CELL * part.size):
        return None
    top, left = max(cell[0].start - 1, 0), max(cell[1].start - 1, 0)
    outer = slice(top, cell[0].stop + 1), slice(left, cell[1].stop + 1)
    grown, inside = np.zeros(colours[outer].shape[:2], np.uint8), np.zeros(colours[outer].shape[:2], bool)
    place = slice(cell[0].start - top, cell[0].stop - top), slice(cell[1].start - left, cell[1].stop - left)
    grown[place], inside[place] = part, True
    across = (cv2.dilate(grown, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0) & ~inside & ~mask[outer]
    spilt = np.abs(colours[outer] - colour).max(2)[across] <= most
    return None if across.any() and spilt.mean() > MOST_SPILT else part
