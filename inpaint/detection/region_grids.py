"""The grid of a region's cells, be it of whole pixels or rescaled, and how much of the region it explains.

All functions take a part of a picture (3, h, w), the region in it (1, h, w) or (h, w), and the corner (y, x) of both in
the picture, in which the grids lie.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.detection.mosaics.search import rescaled_grid
from inpaint.mosaic.free_cells import FreeCells, summed_by_cell
from inpaint.mosaic.grid import Grid, enlarge
from inpaint.mosaic.lattice import Lattice, shifted_grid
from inpaint.mosaic.projection import measured_cells
from inpaint.mosaic.resampling import resampled_mosaic

UNDOUBTED_GRID_SCORE = 0.85  # of an estimated grid of whole pixels, that leaves no doubt
MOST_RESCALED_UNEVENNESS = (
    0.8  # times the unevenness of cells of whole pixels, that cells of a rescaled mosaic may have
)
FLAT_STRAY = 0.6 / 255  # of full brightness, that pixels of flat cells differ from their mean, on average
LEAST_LEFT_BY_LATTICE = 3 / 255  # of full brightness: less is what resampling makes of a rescaled mosaic
MOST_OF_MOVED = (
    0.62  # of what the cells leave that lie half a cell further, that those of a mosaic leave; mostly a third
)
BETTER_FIT = 0.5  # times as much as a grid's cells leave unexplained, that pieces of any shape may leave


def grid_of_region(image: Tensor, inside: np.ndarray, corner: tuple[int, int], even: bool) -> Grid | Lattice | None:
    """Return the grid of a region's cells, be it of whole pixels or rescaled, as it lies in the picture.

    image: (3, h, w), cut to the region.  inside: (h, w).  even: the region is of one colour.
    """
    region = torch.from_numpy(inside)[None].float()
    estimate = estimate_grid(image, region, corner=corner)
    grid = estimate.grid if estimate else None
    if even or (estimate is not None and estimate.score >= UNDOUBTED_GRID_SCORE):
        return grid
    other = rescaled_grid(image, inside)
    other = other and shifted_grid(other, *corner)
    if grid is None or (isinstance(other, Lattice) and clearly_more_even(image, region, corner, other, grid)):
        return other
    return grid


def clearly_more_even(
    image: Tensor, region: Tensor, corner: tuple[int, int], one: Grid | Lattice, other: Grid | Lattice
) -> bool:
    """Tell whether cells of one grid are clearly more even than those of the other.

    image: (3, h, w).  region: (1, h, w).  corner: of both in the picture (y, x), in which the grids lie.
    """
    first, second = (left_by_grid(image, region, corner, grid) for grid in (one, other))
    return first < MOST_RESCALED_UNEVENNESS * second


def explains_better(image: Tensor, corner: tuple[int, int], cells: FreeCells, grid: Grid | Lattice) -> bool:
    """Tell whether pieces of any shape explain themselves, and what lies between them, much better than a grid does.

    image: (3, h, w).  corner: of the image in the picture (y, x), in which the grid lies.
    """
    labels, inside = cells.labels, cells.labels >= 0
    reach = 2 * round(cells.side / 4) + 1
    closed = cv2.morphologyEx(inside.numpy().astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    area = torch.from_numpy(closed)[None].float()
    if isinstance(grid, Lattice):
        left, least = left_by_grid(image, area, corner, grid), LEAST_LEFT_BY_LATTICE
    else:
        left, least = away_from_cells(image, area, corner, grid), FLAT_STRAY
    sums = summed_by_cell(image, labels, cells.means.shape[1])
    counts = summed_by_cell(torch.ones_like(image[:1]), labels, cells.means.shape[1]).clamp(min=1)
    away = float((image[:, inside] - (sums / counts)[:, labels[inside]]).abs().mean())
    return left > least and away < BETTER_FIT * left


def explains_where_it_lies(image: Tensor, region: Tensor, corner: tuple[int, int], grid: Grid) -> bool:
    """Tell whether the cells of a grid explain a region clearly better than the same cells half a side further on do.

    Arguments as of `left_by_grid`.
    """
    (height, width), (top, left) = grid
    moved = Grid(grid.block, ((top + height // 2) % height, (left + width // 2) % width))
    return away_from_cells(image, region, corner, grid) < MOST_OF_MOVED * away_from_cells(image, region, corner, moved)


def away_from_cells(image: Tensor, region: Tensor, corner: tuple[int, int], grid: Grid) -> float:
    """Return how far all pixels of cells are from the means of these, on average; arguments as of `left_by_grid`."""
    of_grid = shifted_grid(grid, -corner[0], -corner[1])
    means = enlarge(measured_cells(image, region, of_grid), of_grid, (image.shape[1], image.shape[2]))
    return float(((image - means).abs() * region).sum() / (3 * region.sum()))


def left_by_grid(image: Tensor, region: Tensor, corner: tuple[int, int], grid: Grid | Lattice) -> float:
    """Return how far the pixels inside the cells of a grid are from the means of these, on average.

    image: (3, h, w).  region: (1, h, w).  corner: of both in the picture (y, x), in which the grid lies.
    """
    return resampled_mosaic(image, region, shifted_grid(grid, -corner[0], -corner[1])).uneven
