"""Finds out whether the cells of a mosaic show their mean, or one pixel of theirs: in a corner, or in the middle.

What: where a cell lies at the rim of a mosaic, original pixels touch it, and where the outline cuts it, some of its own
are seen.  The pixel in its corner, or beside it, is like the cell where the corner was sampled, and less like it than
the mean of those pixels where the cell was averaged.  The pixel in its middle is seen only where the outline cuts it.
Source: our own.  The thresholds were chosen with `scripts/bench_shapes.py --kinds squares corner centre median light`.
"""

from __future__ import annotations

import numpy as np

from inpaint.mosaic.grid import Grid
from inpaint.mosaic.projection import MOST_CELL_STRAY

FEWEST_RIM_CELLS = 8
MOST_OF_MEAN_ERROR = 0.6  # of the squared difference from the mean beside a cell, that the one from the corner may be
LEAST_MASKED = 0.25  # share of a cut cell
MOST_OF_MEAN_ERROR_SEEN = 0.3  # the same in cut cells, of which the pixel itself is seen
MOST_OF_MEAN_ERROR_IN_MIDDLE = 0.25  # the same there, for that pixel is near the mean in any case
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))  # (y, x), 1 = the lower or the right


def sampled_place(image: np.ndarray, inside: np.ndarray, known: np.ndarray, grid: Grid) -> tuple[int, int] | None:
    """Return which pixel (y, x) of theirs the cells show, px, None where they show their means.

    image: (H, W, 3).  inside: (H, W) bool, the mosaic.  known: (H, W) bool, original pixels.  grid: as it lies in them.
    """
    best, error = None, MOST_OF_MEAN_ERROR
    for corner in CORNERS:
        at = corner[0] * (grid.block[0] - 1), corner[1] * (grid.block[1] - 1)
        beside = errors_at_rim(image, inside, known, grid, corner)
        cut = errors_in_cut_cells(image, inside, known, grid, at)
        if cut[2] >= FEWEST_RIM_CELLS and cut[0] >= MOST_OF_MEAN_ERROR_SEEN * cut[1]:
            continue
        at_corner, at_mean, cells = (one + other for one, other in zip(beside, cut, strict=True))
        if cells >= FEWEST_RIM_CELLS and at_corner < error * at_mean:
            best, error = at, at_corner / at_mean
    error = min(error, MOST_OF_MEAN_ERROR_IN_MIDDLE)
    rows, columns = (sorted({(block - 1) // 2, block // 2}) for block in grid.block)
    for at in ((row, column) for row in rows for column in columns):
        in_middle, at_mean, cells = errors_in_cut_cells(image, inside, known, grid, at)
        if cells >= FEWEST_RIM_CELLS and in_middle < error * at_mean:
            best, error = at, in_middle / at_mean
    return best


def errors_at_rim(
    image: np.ndarray, inside: np.ndarray, known: np.ndarray, grid: Grid, corner: tuple[int, int]
) -> tuple[float, float, int]:
    """Return how far cells at the rim are from the pixels beside a corner and from the means beside them; and how many.

    Both are sums of squares.  The rims are the two that the corner belongs to.
    """
    at_corner, at_mean, cells = 0.0, 0.0, 0
    for axis in (0, 1):
        picture, region, original = (it if axis == 0 else it.swapaxes(0, 1) for it in (image, inside, known))
        (high, wide), (line, start) = (grid.block, grid.phase) if axis == 0 else (grid.block[::-1], grid.phase[::-1])
        low, right = corner if axis == 0 else corner[::-1]
        for row in range(line + low * (high - 1), region.shape[0], high):
            beside = row + (1 if low else -1)
            if not 0 <= beside < region.shape[0]:
                continue
            count = (region.shape[1] - start) // wide
            run = slice(start, start + count * wide)
            whole = (region[row, run] & original[beside, run]).reshape(count, wide).all(1)
            flat = np.ptp(picture[row, run].reshape(count, wide, 3), axis=1).max(1) <= MOST_CELL_STRAY
            whole &= flat
            shown = picture[row, run].reshape(count, wide, 3)[whole, 0]
            near = picture[beside, run].reshape(count, wide, 3)[whole]
            at_corner += float(((shown - near[:, right * (wide - 1)]) ** 2).sum())
            at_mean += float(((shown - near.mean(1)) ** 2).sum())
            cells += int(whole.sum())
    return at_corner, at_mean, cells


def errors_in_cut_cells(
    image: np.ndarray, inside: np.ndarray, known: np.ndarray, grid: Grid, place: tuple[int, int]
) -> tuple[float, float, int]:
    """Return how far cells whose pixel at a place (y, x) is seen are from it, and from the mean of what is seen.

    As `errors_at_rim`.
    """
    (high, wide), (top, left) = grid
    rows, columns = (inside.shape[0] - top) // high, (inside.shape[1] - left) // wide
    box = slice(top, top + rows * high), slice(left, left + columns * wide)
    cells, masked, seen = (
        part[box].reshape(rows, high, columns, wide, -1).swapaxes(1, 2).reshape(rows * columns, high * wide, -1)
        for part in (image, inside, known)
    )
    at = place[0] * wide + place[1]
    cut = (masked.sum((1, 2)) >= LEAST_MASKED * high * wide) & seen[:, at, 0]
    cells, masked, seen = cells[cut], masked[cut], seen[cut]
    shown = (cells * masked).sum(1) / np.maximum(masked.sum(1), 1)
    mean = (cells * seen).sum(1) / np.maximum(seen.sum(1), 1)
    return float(((shown - cells[:, at]) ** 2).sum()), float(((shown - mean) ** 2).sum()), int(cut.sum())
