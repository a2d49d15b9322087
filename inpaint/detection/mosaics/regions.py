"""Finds where in a picture the cells of a given grid lie: flat inside, with steps on the lines between them.

What: a cell's clarity is (step over its lines - steps inside) / (their sum), near 1 for the flat cells of a lossless
mosaic.  Cells whose neighbourhood is clear are the core of a region; small gaps between them are closed, smooth ground
at the border is left out, and flat cells at the border are taken in.  How much is asked of them stands in `Demands`.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts mosaics clean traps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.jpeg import JPEG_BLOCK
from inpaint.detection.mosaics.cell_steps import LEAST_CELLS_ALONG, CellSteps, measured_cell_steps
from inpaint.detection.mosaics.found_region import FoundRegion
from inpaint.detection.mosaics.not_patterns import plausible_mosaic
from inpaint.detection.mosaics.proposals import GridWindow
from inpaint.detection.mosaics.steps import SearchedPicture
from inpaint.mosaic.whole_grid import Grid

FAINT_STEP = 0.6  # levels that weigh against a grid wherever there is no step at all
# Which cells belong to a region:
LINES_BELOW_CORE = 0.1  # clarity below that of the core, from which on a cell's lines tell its neighbours what is flat
FLAT_CELL = 0.3  # of the largest step over lines near by, that steps inside a flat cell may have
FLAT_BORDER_CELL = 0.15  # the same for cells that are taken in at the border
LEAST_FLAT_NEIGHBOURS = 3.5 / 9  # of the 3 x 3 cells around one must be flat
LEAST_FAINTER_AXIS = 0.15  # of the steps along one axis, that those along the other must have
LEAST_BORDER_CLARITY = 0.2  # of a cell at the border by itself, or it is no more than smooth ground
# Which regions are kept:
LEAST_REGION_CELLS = 8
LEAST_CORE_CELLS = 7
LEAST_CORE_SHARE = 0.35  # of a region's cells that must be core
LOSSLESS_CLARITY = 0.75  # of the usual cell, that only lossless mosaics have
SQUARE_SIDES_RATIO = 1.015  # sides of square cells, rescaled or not, differ by less than this factor
LEAST_JPEG_SIZED_SCORE = 0.6  # of cells of 8 x 8 px: blocks of JPEG are a faint mosaic of their own


class Demands(NamedTuple):
    """What a region's cells must show."""

    core: float  # clarity over 3 x 3 cells, that makes the middle one part of the core
    stepped: float  # share of a region's cells that must be clear by themselves
    squares: tuple[int, int]  # px, least area of regions of square cells: of lossless ones, and of blurred ones
    oblongs: tuple[int, int]  # px, the same for other cells


CLEAR = Demands(core=0.45, stepped=0.6, squares=(600, 900), oblongs=(1200, 5000))
FAINT = Demands(
    core=0.28, stepped=0.5, squares=(400, 500), oblongs=(600, 800)
)  # where other evidence is asked for, too


def regions_of(
    picture: SearchedPicture,
    grid: Grid,
    windows: Sequence[GridWindow],
    *,
    block: tuple[float, float] | None = None,
    demands: Demands = CLEAR,
) -> list[FoundRegion]:
    """Return the regions of cells of a grid in and around the windows that show it.

    block: (height, width) of the cells before the picture was sampled, default the grid's.
    """
    cells = measured_cell_steps(picture, grid, windows)
    if cells is None:
        return []
    lines, inside = cells.lines, cells.inside
    own = clarity(lines, inside)  # of each cell by itself, not by its neighbours
    core, flat = core_cells(cells, lines, demands)
    closed = closed_or_opened(core, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    opened = closed_or_opened(closed & flat, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(opened.astype(np.uint8), connectivity=8)
    found = []
    for index in range(1, number):
        if min(stats[index, 2:4]) < LEAST_CELLS_ALONG or stats[index, 4] < LEAST_CORE_CELLS:
            continue
        filled = closed_or_opened(labels == index, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        region = without_smooth_border(filled, own)
        if one := region_of_mosaic(picture, cells, grid, region, core, block=block or grid.block, demands=demands):
            found.append(one)
    return found


def region_of_mosaic(
    picture: SearchedPicture,
    cells: CellSteps,
    grid: Grid,
    region: np.ndarray,
    core: np.ndarray,
    *,
    block: tuple[float, float],
    demands: Demands,
) -> FoundRegion | None:
    """Return a region of cells of the grid as it was found, None where it is not surely a mosaic.

    region, core: (rows, columns) bool.  block: of the cells as they were before the picture was sampled.
    """
    lines, inside = cells.lines, cells.inside
    own = clarity(lines, inside)
    cored, size = int((core & region).sum()), int(region.sum())
    stepped = region & (own > demands.core)
    if cored < max(LEAST_CORE_CELLS, LEAST_CORE_SHARE * size) or stepped.sum() < demands.stepped * size:
        return None
    contrast = float((lines - inside)[region].mean())
    score = contrast * size / float((lines + inside + FAINT_STEP)[region].sum())
    lossless = float(np.median(own[stepped])) > LOSSLESS_CLARITY
    if not large_enough(block, size, demands.squares if nearly_squares(block) else demands.oblongs, lossless=lossless):
        return None
    if grid.block == (JPEG_BLOCK, JPEG_BLOCK) and score < LEAST_JPEG_SIZED_SCORE:
        return None
    if not plausible_mosaic(picture, cells, grid, region, stepped):
        return None
    return FoundRegion(grid, cells.top, cells.left, with_flat_border(region, lines, inside, demands), score, contrast)


def clarity(lines: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return how clearly steps over lines stand out from those inside cells, at most 1."""
    return (lines - inside) / (lines + inside + FAINT_STEP)


def core_cells(cells: CellSteps, lines: np.ndarray, demands: Demands) -> tuple[np.ndarray, np.ndarray]:
    """Return which cells surely belong to the grid, and which are flat enough to belong to it."""
    inside = cells.inside
    own = clarity(lines, inside)
    near = cv2.dilate(
        np.where(own > demands.core - LINES_BELOW_CORE, lines, 0).astype(np.float32), np.ones((3, 3), np.uint8)
    )
    flat = inside < np.maximum(FLAT_CELL * near, 1.0)
    crowd = mean_of_neighbours(flat)
    line, within = mean_of_neighbours(flat * lines), mean_of_neighbours(flat * inside)
    score = (line - within) / (line + within + FAINT_STEP * crowd + 1e-6)
    axes = mean_of_neighbours(flat * (cells.across - inside)), mean_of_neighbours(flat * (cells.down - inside))
    both = np.minimum(*axes) > LEAST_FAINTER_AXIS * np.maximum(*axes)
    return flat & (score > demands.core) & (crowd > LEAST_FLAT_NEIGHBOURS) & both & (
        line > np.maximum(crowd, 0.1)
    ), flat


def without_smooth_border(region: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the region without cells at its border that show no lines: they are smooth ground.  own: their clarity."""
    for _ in range(2):
        middle = cv2.erode(np.pad(region.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
        region = region & (middle | (own > LEAST_BORDER_CLARITY))
    return region


def with_flat_border(region: np.ndarray, lines: np.ndarray, inside: np.ndarray, demands: Demands) -> np.ndarray:
    """Return the region with flat cells beside it, which did not count as core because of their neighbours outside."""
    own = clarity(lines, inside)
    middle = cv2.erode(np.pad(region.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    usual = 1.5 * float(np.quantile(inside[middle if middle.any() else region], 0.9)) + 0.2
    region = region & (middle | (inside <= usual))
    for _ in range(2):
        near = cv2.dilate(np.where(region, lines, 0).astype(np.float32), np.ones((5, 5), np.uint8))
        beside = cv2.dilate(region.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        limit = np.minimum(np.maximum(FLAT_BORDER_CELL * near, FAINT_STEP / 2), usual)
        region = region | (beside & (inside < limit) & (own > demands.core / 2))
    return region


def nearly_squares(block: tuple[float, float]) -> bool:
    """Tell whether cells of this height and width are squares, rescaled or not."""
    return max(block) < SQUARE_SIDES_RATIO * min(block)


def large_enough(block: tuple[float, float], size: int, least: tuple[int, int], *, lossless: bool) -> bool:
    """Tell whether a region of so many cells is too large to be there by chance; least: px, lossless and blurred."""
    height, width = block
    return size >= LEAST_REGION_CELLS and size * height * width >= least[0 if lossless else 1]


def mean_of_neighbours(values: np.ndarray) -> np.ndarray:
    """Return the mean over 3 x 3 cells for every cell, (rows, columns)."""
    return cv2.blur(values.astype(np.float32), (3, 3), borderType=cv2.BORDER_REPLICATE)


def closed_or_opened(region: np.ndarray, operation: int, element: np.ndarray) -> np.ndarray:
    """Close or open a region (rows, columns), an operation of OpenCV, as if nothing lay beyond the border."""
    padded = cv2.morphologyEx(np.pad(region.astype(np.uint8), 4), operation, element)
    return padded[4:-4, 4:-4] > 0
