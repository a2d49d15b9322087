"""Tells a mosaic from what is as regular: walls, tiles, fronts of windows, chequers, matrix codes, pixel art.

What: a mosaic shows steps on most of its lines, none at any other place of its cells, and many colours, because each of
its cells is the mean of other pixels.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts mosaics traps`.
"""

from __future__ import annotations

import numpy as np

from inpaint.detection.mosaics.cell_steps import NARROW_CELLS, CellSteps
from inpaint.detection.mosaics.steps import SearchedPicture
from inpaint.mosaic.whole_grid import Grid

STEPPED_LINE = 0.25  # of the mean step over lines, from which on a line counts as stepped
VISIBLE_STEP = 3.0  # levels, from which on a line counts in any case
LEAST_STEPPED_LINES = 3  # lines that must be stepped, along each axis
LEAST_STEPPED_LINE_SHARE = 0.6  # of all lines that must be
MOST_MEDIAN_INSIDE = 0.65  # of the median step over lines, that the median step at any place inside cells may have
MOST_MEAN_INSIDE = 0.8  # the same for means, which tell of what only some cells have
SHADE_WIDTH = 2.0  # levels that make two shades one
LEAST_SHADES = 6.0  # shades of a mosaic, weighed by how common each is
LEAST_SHADES_PER_CELL = 0.25  # the same for each cell, where there are few cells


def plausible_mosaic(
    picture: SearchedPicture, cells: CellSteps, grid: Grid, region: np.ndarray, stepped: np.ndarray
) -> bool:
    """Tell whether cells that lie on a grid can be a mosaic's.

    region, stepped: (rows, columns) bool, the cells and those of them that show their lines themselves.
    """
    if not (most_lines_stepped(cells.across, region, 0) and most_lines_stepped(cells.down, region, 1)):
        return False
    if shade_count(picture, cells, grid, stepped) < min(LEAST_SHADES, LEAST_SHADES_PER_CELL * stepped.sum()):
        return False
    return nothing_inside_cells(picture, cells, grid, stepped)


def most_lines_stepped(steps: np.ndarray, region: np.ndarray, axis: int) -> bool:
    """Tell whether most lines between the cells of a region show steps; the edges of a drawing lie on few lines.

    steps: (rows, columns), over the left (upper) line of every cell.  axis: that the lines run along.
    """
    inner = region & np.roll(region, 1, 1 - axis)  # lines between two cells, not those around the region
    inner[(slice(None), 0) if axis == 0 else 0] = False
    counts = inner.sum(axis)
    means = (steps * inner).sum(axis)[counts > 0] / counts[counts > 0]
    shown = int((means > min(STEPPED_LINE * means.mean(), VISIBLE_STEP)).sum()) if len(means) else 0
    return shown >= min(LEAST_STEPPED_LINES, len(means)) and shown >= max(2, LEAST_STEPPED_LINE_SHARE * len(means))


def nothing_inside_cells(picture: SearchedPicture, cells: CellSteps, grid: Grid, stepped: np.ndarray) -> bool:
    """Tell whether cells have no steps that repeat at one place inside, as at the other edge of a wall's joints."""
    for steps, axis in ((picture.down, 0), (picture.across, 1)):
        period = grid.block[axis]
        if period < NARROW_CELLS:
            continue
        profiles = single_cells(steps, cells, grid, stepped).mean(2 - axis)  # (cells, period)
        usual, mean = np.median(profiles, axis=0), np.mean(profiles, axis=0)  # (period,)
        if (
            usual[2 : period - 1].max() > MOST_MEDIAN_INSIDE * usual[0]
            or mean[2 : period - 1].max() > MOST_MEAN_INSIDE * mean[0]
        ):
            return False
    return True


def shade_count(picture: SearchedPicture, cells: CellSteps, grid: Grid, stepped: np.ndarray) -> float:
    """Return how many shades the cells have, weighed by how common they are: 1 / sum of shares^2 (Simpson, 1949)."""
    means = single_cells(picture.luma, cells, grid, stepped)[:, 1:-1, 1:-1].mean((1, 2))
    shares = np.unique((means / SHADE_WIDTH).round(), return_counts=True)[1] / len(means)
    return float(1 / (shares**2).sum())


def single_cells(picture: np.ndarray, cells: CellSteps, grid: Grid, chosen: np.ndarray) -> np.ndarray:
    """Return the chosen cells of a picture (H, W), one by one, (cells, height, width); chosen: (rows, columns) bool."""
    (height, width), (rows, columns) = grid.block, chosen.shape
    part = picture[cells.top : cells.top + rows * height, cells.left : cells.left + columns * width]
    return part.reshape(rows, height, columns, width).swapaxes(1, 2)[chosen]
