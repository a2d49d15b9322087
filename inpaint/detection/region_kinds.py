"""Tells by a region's own pixels, and by those around it, what was done to it.

What: in this order, one colour or a mere line is a hole; flat cells on lines that repeat are a mosaic, and so are flat
pieces of any other shape that are all about as large; what has lost its fine detail is a blur; everything else is a
hole, for nothing is known of what it hides.  Where no rule tells, a small network judges, and where it is sure that a
region tells nothing, no rule for blurred outlines is asked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from inpaint.detection.blurs import SHORTEST_BLUR, Blur, blur_sigma, find_blur, is_gradient, is_soft
from inpaint.detection.layers import TranslucentLayer, find_layer
from inpaint.detection.levels import as_levels, luma_of
from inpaint.detection.marked_region import MarkedRegion
from inpaint.detection.mosaics.brick_rows import find_bricks
from inpaint.detection.mosaics.cells_of_any_shape import find_free_cells
from inpaint.detection.mosaics.dots_on_ground import find_dots
from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.detection.mosaics.opacity import find_opacity
from inpaint.detection.mosaics.repeating_cells import find_repeating_cells
from inpaint.detection.mosaics.rough_cells import RoughCells, find_rough_cells
from inpaint.detection.mosaics.sampled_place import sampled_place
from inpaint.detection.region_grids import (
    FLAT_STRAY,
    away_from_cells,
    explains_better,
    explains_where_it_lies,
    grid_of_region,
)
from inpaint.detection.region_judge import Judgement, judge_region
from inpaint.mosaic.covered_pixels import has_exact_cells
from inpaint.mosaic.free_cells import FreeCells
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, shifted_grid

ONE_COLOUR_DISTANCE = 4 / 255  # mean distance from the median colour; a bar in a JPEG stays well below
FEWEST_CELLS_THICK = 2  # a region narrower than so many cells shows none: a scratch, a line, a letter
NEIGHBOURHOOD = 40  # px around a region that are looked at with it
LEAST_KEPT = 0.65  # how likely the network must find it that pixels tell something
SURELY_HOLE = 0.85  # how likely the network must find it that they tell nothing, whatever cells or blur a rule sees
CLEARLY = 0.7  # of that, for one class
FEWEST_TELLING_PIXELS = 200  # of a region and of its surroundings


class Translucent(NamedTuple):
    """A mosaic that lets the picture be seen."""

    opacity: float


class PointSamples(NamedTuple):
    """A mosaic whose cells show one pixel of theirs instead of their mean."""

    place: tuple[int, int]  # (y, x) of it in a cell, px


class Spoiled(NamedTuple):
    """A picture that something unknown was done to: smeared, frosted, seen between dots."""


Trace = PointSamples | FreeCells | RoughCells | Blur | Spoiled | TranslucentLayer | Translucent


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
    region, auto = MarkedRegion(image, labels, number, box), censor == "auto"
    even = one_coloured(region.own)
    if block is not None:
        estimate = estimate_grid(region.part, region.mask, corner=region.corner, block=block)
        return HOLE if auto and even else RegionKind("mosaic", estimate and estimate.grid)
    dots = None if even else find_dots(region.levels, region.inside)
    if dots is not None:
        return RegionKind("mosaic", None, region.placed(dots))
    grid = grid_of_region(region.part, region.inside, region.corner, even)
    narrow = grid is not None and region.thickness < FEWEST_CELLS_THICK * min(grid.block)
    if auto and (narrow or (even and grid is None)):
        return HOLE
    if even:
        return flat_mosaic(region, grid)
    return kind_of_cells(region, grid, auto) or kind_by_surroundings(region, auto)


def kind_of_cells(region: MarkedRegion, grid: Grid | Lattice | None, auto: bool) -> RegionKind | None:
    """Return the kind of a region of many colours by its cells, None where it shows none.

    grid: of its cells in the picture, where there is one; other cells may explain it better.
    """
    part, corner = region.part, region.corner
    if isinstance(grid, Grid):
        of_part = shifted_grid(grid, -corner[0], -corner[1])
        bricks = find_bricks(part, region.mask, of_part)
        if bricks is not None:
            return RegionKind("mosaic", None, region.placed(bricks))
        if away_from_cells(part, region.mask, corner, grid) < FLAT_STRAY:
            return flat_mosaic(region, grid)
        exact = has_exact_cells(part, region.mask, of_part)
        opacity = None if exact else find_opacity(part, region.mask, of_part)
        if opacity is not None:
            return RegionKind("mosaic", grid, Translucent(opacity))
        if not explains_where_it_lies(part, region.mask, corner, grid):
            grid = None
    soft = is_soft(region.luma, region.inside)
    cells = None if soft else find_free_cells(region.levels, region.inside)
    if cells is None and grid is None and not soft:
        cells = find_repeating_cells(region.levels, region.inside)
        if auto and cells is not None and judge_region(region.with_margin(NEIGHBOURHOOD)).likely["hole"] > SURELY_HOLE:
            return HOLE
    if cells is not None and (grid is None or explains_better(part, corner, cells, grid)):
        return RegionKind("mosaic", None, region.placed(cells))
    return None if grid is None else flat_mosaic(region, grid)


def flat_mosaic(region: MarkedRegion, grid: Grid | Lattice | None) -> RegionKind:
    """Return the kind of a mosaic of flat cells: what they show of what they hide."""
    if not isinstance(grid, Grid):
        return RegionKind("mosaic", grid)
    near = region.with_margin(max(grid.block))
    place = sampled_place(near.pixels, near.inside, ~near.marked, shifted_grid(grid, -near.corner[0], -near.corner[1]))
    return RegionKind("mosaic", grid, None if place is None else PointSamples(place))


def kind_by_surroundings(region: MarkedRegion, auto: bool) -> RegionKind:
    """Return what was done to a region that shows no cells by itself, by what lies around it."""
    near = region.with_margin(NEIGHBOURHOOD)
    luma, inside, around = luma_of(near.image), near.inside, near.around
    if min(inside.sum(), around.sum()) < FEWEST_TELLING_PIXELS:
        return HOLE if auto else RegionKind("mosaic")
    judgement = judge_region(near)
    surely = auto and judgement.likely["hole"] > SURELY_HOLE
    rough = None if surely else find_rough_cells(as_levels(near.image), luma, inside, around)
    if rough is not None and region.thickness >= FEWEST_CELLS_THICK * rough.side:
        return RegionKind("mosaic", None, rough)
    if not auto:
        return RegionKind("mosaic")
    blur = None if surely else find_blur(luma, inside, around)
    if blur is not None:
        return RegionKind("blur", None, blur)
    layer = find_layer(near.pixels, inside, ~near.marked)
    if layer is not None:
        return RegionKind("layer", None, layer.shifted(*near.corner))
    if is_gradient(luma, inside):
        return HOLE
    return kind_by_judgement(judgement, blur_sigma(luma, inside, around))


def kind_by_judgement(judged: Judgement, sigma: float) -> RegionKind:
    """Return the kind of a region that nothing but the network explains.  sigma: of a blur, if it is one, px."""
    kept = 1 - judged.likely["hole"]
    if kept < LEAST_KEPT:
        return HOLE
    if judged.likely["cells"] > CLEARLY * kept:
        return RegionKind("mosaic", None, RoughCells(judged.side))
    if judged.likely["soft"] > CLEARLY * kept and sigma >= SHORTEST_BLUR:
        return RegionKind("blur", None, Blur(round(sigma, 2)))
    return RegionKind("blur", None, Spoiled())


def one_coloured(pixels: Tensor) -> bool:
    """Tell whether pixels (3, n) have one colour, but for what JPEG makes of it."""
    return bool((pixels - pixels.median(dim=1, keepdim=True).values).abs().mean() < ONE_COLOUR_DISTANCE)
