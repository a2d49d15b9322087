"""Tells by a region's own pixels, and by those around it, what was done to it.

What: in this order, one colour or a mere line is a hole; flat cells on lines that repeat are a mosaic, and so are flat
pieces of any other shape that are all about as large; what has lost its fine detail is a blur; everything else is a
hole, for nothing is known of what it hides.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.blurs import Blur, find_blur, is_soft, surroundings
from inpaint.detection.layers import TranslucentLayer, find_layer
from inpaint.detection.levels import as_levels, luma_of
from inpaint.detection.mosaics.brick_rows import find_bricks
from inpaint.detection.mosaics.cells_of_any_shape import find_free_cells, placed_cells
from inpaint.detection.mosaics.dots_on_ground import find_dots
from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.detection.mosaics.opacity import find_opacity
from inpaint.detection.mosaics.repeating_cells import find_repeating_cells
from inpaint.detection.mosaics.rough_cells import RoughCells, find_rough_cells
from inpaint.detection.mosaics.sampled_place import sampled_place
from inpaint.detection.mosaics.search import rescaled_grid
from inpaint.mosaic.covered_pixels import has_exact_cells
from inpaint.mosaic.free_cells import FreeCells, summed_by_cell
from inpaint.mosaic.grid import Grid, enlarge
from inpaint.mosaic.lattice import Lattice, shifted_grid
from inpaint.mosaic.projection import measured_cells
from inpaint.mosaic.resampling import resampled_mosaic

UNDOUBTED_GRID_SCORE = 0.85  # of an estimated grid of whole pixels, that leaves no doubt
MOST_RESCALED_UNEVENNESS = (
    0.8  # times the unevenness of cells of whole pixels, that cells of a rescaled mosaic may have
)
ONE_COLOUR_DISTANCE = 4 / 255  # mean distance from the median colour; a bar in a JPEG stays well below
FEWEST_CELLS_THICK = 2  # a region narrower than so many cells shows none: a scratch, a line, a letter
FLAT_STRAY = 0.6 / 255  # of full brightness, that pixels of flat cells differ from their mean, on average
NEIGHBOURHOOD = 40  # px around a region that are looked at with it
FEWEST_TELLING_PIXELS = 200  # of a region and of its surroundings
LEAST_LEFT_BY_LATTICE = 3 / 255  # of full brightness: less is what resampling makes of a rescaled mosaic
BETTER_FIT = 0.5  # times as much as a grid's cells leave unexplained, that pieces of any shape may leave


class Translucent(NamedTuple):
    """A mosaic that lets the picture be seen."""

    opacity: float


class PointSamples(NamedTuple):
    """A mosaic whose cells show one pixel of theirs instead of their mean."""

    place: tuple[int, int]  # (y, x) of it in a cell, px


Trace = PointSamples | FreeCells | RoughCells | Blur | TranslucentLayer | Translucent


class RegionKind(NamedTuple):
    """What was done to a region."""

    censor: str  # "hole", "mosaic", "blur" or "layer"
    grid: Grid | Lattice | None = None  # as it lies in the picture
    trace: Trace | None = None  # what else is known of its pixels


HOLE = RegionKind("hole")


def kind_of_region(
    image: Tensor,
    labels: np.ndarray,
    number: int,
    box: tuple[slice, slice],
    censor: str,
    block: tuple[int, int] | None,
) -> RegionKind:
    """Return what was done to one region.

    image: (3, H, W) in [0, 1].  labels: (H, W), the number of each marked pixel's region, 0 = unmarked.  number, box:
    of this region.  censor: "auto" or "mosaic", which leaves out what is no mosaic.  block: of the cells, where it is
    known.
    """
    inside, part, corner = labels[box] == number, image[:, box[0], box[1]], (box[0].start, box[1].start)
    region, auto = torch.from_numpy(inside)[None].float(), censor == "auto"
    even = one_coloured(part[:, region[0] > 0.5])
    if block is not None:
        estimate = estimate_grid(part, region, corner=corner, block=block)
        return HOLE if auto and even else RegionKind("mosaic", estimate and estimate.grid)
    dots = None if even else find_dots(as_levels(part), inside)
    if dots is not None:
        return RegionKind("mosaic", None, placed_cells(dots, labels.shape, *corner))
    grid = grid_of_region(part, inside, corner, even)
    narrow = grid is not None and thickness(inside) < FEWEST_CELLS_THICK * min(grid.block)
    if auto and (narrow or (even and grid is None)):
        return HOLE
    if isinstance(grid, Grid) and not even:
        bricks = find_bricks(part, region, shifted_grid(grid, -corner[0], -corner[1]))
        if bricks is not None:
            return RegionKind("mosaic", None, placed_cells(bricks, labels.shape, *corner))
    if even or (isinstance(grid, Grid) and away_from_cells(part, region, corner, grid) < FLAT_STRAY):
        return flat_mosaic(image, labels, number, box, grid)
    if isinstance(grid, Grid):
        of_part = shifted_grid(grid, -corner[0], -corner[1])
        opacity = None if has_exact_cells(part, region, of_part) else find_opacity(part, region, of_part)
        if opacity is not None:
            return RegionKind("mosaic", grid, Translucent(opacity))
    cells = (
        None if is_soft(luma_of(part), inside) else cells_without_grid(as_levels(part), inside, repeating=grid is None)
    )
    if cells is not None and (grid is None or explains_better(part, corner, cells, grid)):
        return RegionKind("mosaic", None, placed_cells(cells, labels.shape, *corner))
    if grid is not None:
        return flat_mosaic(image, labels, number, box, grid)
    return kind_by_surroundings(image, labels, number, box, auto)


def cells_without_grid(levels: np.ndarray, inside: np.ndarray, *, repeating: bool) -> FreeCells | None:
    """Return the cells of a region (h, w, 3) that have one colour each or, if asked to, such as repeat; or None."""
    cells = find_free_cells(levels, inside)
    return find_repeating_cells(levels, inside) if cells is None and repeating else cells


def flat_mosaic(
    image: Tensor, labels: np.ndarray, number: int, box: tuple[slice, slice], grid: Grid | Lattice | None
) -> RegionKind:
    """Return the kind of a mosaic of flat cells: what they show of what they hide; as `kind_of_region`."""
    if not isinstance(grid, Grid):
        return RegionKind("mosaic", grid)
    margin = max(grid.block)
    rows, columns = (slice(max(side.start - margin, 0), side.stop + margin) for side in box)
    near = labels[rows, columns]
    seen = image[:, rows, columns].permute(1, 2, 0).cpu().double().numpy()
    place = sampled_place(seen, near == number, near == 0, shifted_grid(grid, -rows.start, -columns.start))
    return RegionKind("mosaic", grid, None if place is None else PointSamples(place))


def kind_by_surroundings(
    image: Tensor, labels: np.ndarray, number: int, box: tuple[slice, slice], auto: bool
) -> RegionKind:
    """Return what was done to a region that shows no cells by itself, by what lies around it; as `kind_of_region`."""
    rows, columns = (slice(max(side.start - NEIGHBOURHOOD, 0), side.stop + NEIGHBOURHOOD) for side in box)
    luma, near = luma_of(image[:, rows, columns]), labels[rows, columns]
    inside, around = near == number, surroundings(near == number, near > 0)
    if min(inside.sum(), around.sum()) < FEWEST_TELLING_PIXELS:
        return HOLE if auto else RegionKind("mosaic")
    rough = find_rough_cells(as_levels(image[:, rows, columns]), luma, inside, around)
    if rough is not None and thickness(inside) >= FEWEST_CELLS_THICK * rough.side:
        return RegionKind("mosaic", None, rough)
    if not auto:
        return RegionKind("mosaic")
    blur = find_blur(luma, inside, around)
    if blur is not None:
        return RegionKind("blur", None, blur)
    seen = image[:, rows, columns].permute(1, 2, 0).cpu().double().numpy()
    layer = find_layer(seen, inside, near == 0)
    return HOLE if layer is None else RegionKind("layer", None, layer.shifted(rows.start, columns.start))


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


def one_coloured(pixels: Tensor) -> bool:
    """Tell whether pixels (3, n) have one colour, but for what JPEG makes of it."""
    return bool((pixels - pixels.median(dim=1, keepdim=True).values).abs().mean() < ONE_COLOUR_DISTANCE)


def thickness(inside: np.ndarray) -> float:
    """Return how thick a region (h, w) is where it is thickest, px."""
    padded = np.pad(inside.astype(np.uint8), 1)
    return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max()) - 1
