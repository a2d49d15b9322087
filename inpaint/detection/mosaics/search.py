"""Finds the mosaics of a picture in which nothing is marked: the steps of the search in their order.

The picture is worked through in overlapping tiles.  In each, grids are proposed (`proposals`) and the cells that lie on
them looked for (`regions`), then the same for cells that are no whole pixels (`rescaled_proposals` and
`rescaled_regions`).  Of regions that share their place the better ones stay (`choice`), and blocks of JPEG
are left out (`not_jpeg_blocks`).  Regions of several tiles are joined, and the cells that their outline cuts are taken
in (`cut_cells`).
What it cannot find: regions of fewer than three by three cells, cells below 4 px or above 64, and cells without
contrast, which hide nothing that shows.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts mosaics rescaled clean traps`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from inpaint.detection.jpeg import jpeg_blocks_show
from inpaint.detection.levels import SearchedImage, as_levels, luma_of
from inpaint.detection.mosaics.cells_explain import cells_explain
from inpaint.detection.mosaics.choice import better_regions, disjoint_regions
from inpaint.detection.mosaics.cut_cells import with_cut_cells
from inpaint.detection.mosaics.finer_grid import finer_grid
from inpaint.detection.mosaics.found_region import FoundRegion
from inpaint.detection.mosaics.not_jpeg_blocks import without_jpeg_blocks
from inpaint.detection.mosaics.proposals import GridWindow, proposed_grids
from inpaint.detection.mosaics.regions import regions_of
from inpaint.detection.mosaics.rescaled_proposals import rescaled_grids
from inpaint.detection.mosaics.rescaled_regions import rescaled_regions
from inpaint.detection.mosaics.steps import SearchedPicture, searched_picture
from inpaint.interrupt import go_on
from inpaint.mosaic.lattice import Lattice, same_grid, shifted_grid
from inpaint.mosaic.whole_grid import Grid
from inpaint.tiling import Box

if TYPE_CHECKING:
    from torch import Tensor

SEARCH_TILE, SEARCH_OVERLAP = 1792, 320  # px, side of a tile and what neighbours share
MOST_GRIDS = 160  # that are looked for in a tile, the most likely first
SURE_SCORE = 0.85  # of cells of whole pixels, that leaves no doubt
MOST_KNOWN = 0.5  # of the box that shows a grid of fractions, that may belong to regions already found
LEAST_RESCALED_SCORE = 0.56  # of cells that are no whole pixels: rows of windows reach 0.55
LEAST_SCORE_IN_JPEG = 0.4  # the same where blocks of JPEG show
LEAST_COVERED = 0.5  # of what is marked, that a rescaled mosaic must cover
MOST_REGIONS = np.iinfo(np.int16).max  # of a picture
LEAST_LEFT = 0.5  # of a region, that must be left to it where regions of several tiles overlap


RegionAndBox = tuple[FoundRegion, Box]  # a region, and the box of the pixels that have its number


class MosaicRegion(NamedTuple):
    """A mosaic, its mask as large as the picture."""

    grid: Grid | Lattice
    mask: Tensor  # (1, H, W)
    score: float  # in (0, 1]: how flat cells are against the steps between them; near 1 = lossless


class PlacedMosaic(NamedTuple):
    """A mosaic, its mask cut to the mosaic."""

    grid: Grid | Lattice
    top: int  # of the mask in the picture
    left: int
    mask: np.ndarray  # (h, w) bool
    score: float


def find_mosaics(image: SearchedImage) -> list[MosaicRegion]:
    """Return the mosaics of a picture as `place_mosaics` does, each with a mask of the whole picture."""
    import torch

    found = []
    for placed in place_mosaics(image):
        mask = torch.zeros(1, *image.shape[-2:])
        height, width = placed.mask.shape
        part = mask[:, placed.top : placed.top + height, placed.left : placed.left + width]
        part += torch.from_numpy(placed.mask)
        found.append(MosaicRegion(placed.grid, mask, placed.score))
    return found


def place_mosaics(image: SearchedImage, *, progress: Callable[[int, int], None] | None = None) -> list[PlacedMosaic]:
    """Return the mosaics of a picture (3, H, W), those that explain most of it first; masks are disjoint.

    image: uint8, or floating point in [0, 1].  progress gets the number of parts that were searched, and of all.
    Memory beyond the picture is that of a part, and 2 bytes a pixel.
    """
    taken = np.zeros(image.shape[-2:], np.int16)  # number of the region, 0 = none
    regions: list[RegionAndBox] = []
    corners = list(tile_corners(*image.shape[-2:]))
    for done, (top, left) in enumerate(corners, 1):
        go_on()
        for region in mosaics_in_tile(luma_of(image[:, top : top + SEARCH_TILE, left : left + SEARCH_TILE])):
            moved = region._replace(
                top=region.top + top, left=region.left + left, grid=shifted_grid(region.grid, top, left)
            )
            write_region(moved, taken, regions)
        if progress:
            progress(done, len(corners))
    return placed_regions(image, taken, regions)


def placed_regions(image: SearchedImage, taken: np.ndarray, regions: Sequence[RegionAndBox]) -> list[PlacedMosaic]:
    """Return the regions of which enough is left, with the cells that their outlines cut.

    taken: (H, W), the number of the region that a pixel belongs to, the first has 1.  regions: each with a box around
    its pixels.
    """
    found = []
    for number, (region, box) in sorted(enumerate(regions, 1), key=lambda it: -it[1][0].weight):
        own = taken[box.slices] == number
        if own.sum() > LEAST_LEFT * region.pixels().sum():
            rows, columns = np.flatnonzero(own.any(1)), np.flatnonzero(own.any(0))
            top, left = box.top + int(rows[0]), box.left + int(columns[0])
            mask = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            found.append(with_border_cells(image, PlacedMosaic(region.grid, top, left, mask, region.score), taken))
    return found


def tile_corners(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield where tiles begin, (top, left)."""
    step = SEARCH_TILE - SEARCH_OVERLAP
    for top in range(0, max(height - SEARCH_OVERLAP, 1), step):
        for left in range(0, max(width - SEARCH_OVERLAP, 1), step):
            yield top, left


def mosaics_in_tile(luma: np.ndarray) -> list[FoundRegion]:
    """Return the mosaics of one tile, those that explain most first; none lies mostly in another.

    luma: (H, W), levels 0..255.
    """
    picture, steps = searched_picture(luma)
    seen = whole_pixel_regions(picture, proposed_grids(*steps))
    whole = disjoint_regions([it for it in seen if it.score > SURE_SCORE or cells_explain(luma, it)], luma.shape)
    rescaled = rescaled_regions_in(picture, whole)
    found = disjoint_regions(better_regions(luma, whole, rescaled), luma.shape)
    return without_jpeg_blocks(luma, found)


def whole_pixel_regions(picture: SearchedPicture, shown: dict[Grid, list[GridWindow]]) -> list[FoundRegion]:
    """Return the regions of all grids of whole pixels that windows show; they overlap."""
    likely = sorted(shown, key=lambda grid: -sum(window.gain * window.side**2 for window in shown[grid]))[:MOST_GRIDS]
    grids: dict[Grid, list[GridWindow]] = defaultdict(list)
    for grid in likely:
        for either in {grid, finer_grid(picture, grid, shown[grid])}:
            grids[either] += shown[grid]
    return [region for grid, windows in grids.items() for region in regions_of(picture, grid, windows)]


def rescaled_regions_in(picture: SearchedPicture, whole: Sequence[FoundRegion]) -> list[FoundRegion]:
    """Return the regions whose cells are no whole pixels, outside those of whole pixels that leave no doubt."""
    luma, known = picture.luma, np.zeros(picture.luma.shape, bool)
    for region in whole:
        if region.score > SURE_SCORE:
            region.within(known)[:] |= region.pixels()
    found: list[FoundRegion] = []
    least = LEAST_SCORE_IN_JPEG if jpeg_blocks_show(picture.across, picture.down) else LEAST_RESCALED_SCORE
    for proposal in rescaled_grids(luma):
        top, left, bottom, right = proposal.box
        if known[top:bottom, left:right].mean() < MOST_KNOWN:
            for region in rescaled_regions(picture, proposal):
                if region.score > least and cells_explain(luma, region):
                    region.within(known)[:] |= region.pixels()
                    found.append(region)
    return disjoint_regions(found, luma.shape)


def write_region(region: FoundRegion, taken: np.ndarray, regions: list[RegionAndBox]) -> None:
    """Write a region of a tile into the map of the picture, in place, joined with what it touches of the same grid.

    taken: (H, W), the number of the region that a pixel belongs to, 0 = none.  regions: the first has number 1; beyond
    MOST_REGIONS none is written.
    """
    if len(regions) == MOST_REGIONS:
        return
    pixels = region.pixels()
    part = taken[region.top : region.top + pixels.shape[0], region.left : region.left + pixels.shape[1]]
    near = region.top + pixels.shape[0] / 2, region.left + pixels.shape[1] / 2
    touched = [number for number in np.unique(part[pixels]).tolist() if number]
    same = [number for number in touched if same_grid(regions[number - 1][0].grid, region.grid, near)]
    number, box = same[0] if same else len(regions) + 1, Box(*region.box)
    for other in same[1:]:
        theirs = taken[regions[other - 1][1].slices]
        theirs[theirs == other] = number
    for other in same:
        box = around_both(box, regions[other - 1][1])
    if same:
        regions[number - 1] = regions[number - 1][0], box
    else:
        regions.append((region, box))
    part[pixels & (part == 0)] = number


def around_both(one: Box, other: Box) -> Box:
    """Return the smallest box that holds both."""
    top, left = min(one.top, other.top), min(one.left, other.left)
    return Box(top, left, max(one.bottom, other.bottom), max(one.right, other.right))


def with_border_cells(image: SearchedImage, region: PlacedMosaic, taken: np.ndarray) -> PlacedMosaic:
    """Return a region with the cells that its outline cuts, but for pixels that belong to another region.

    taken: (H, W), not 0 where regions are; the new pixels are written into it.
    """
    (height, width), margin = region.mask.shape, int(np.ceil(max(region.grid.block)))
    box = Box(region.top, region.left, region.top + height, region.left + width)
    outer = box.grown(margin, taken.shape)
    own, here = np.zeros((outer.bottom - outer.top, outer.right - outer.left), bool), taken[outer.slices]
    own[box.within(outer).slices] = region.mask
    whole = with_cut_cells(
        as_levels(image[:, outer.top : outer.bottom, outer.left : outer.right]),
        own,
        shifted_grid(region.grid, -outer.top, -outer.left),
    )
    whole &= own | (here == 0)
    here[whole & ~own] = -1
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    mask = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return region._replace(top=outer.top + int(rows[0]), left=outer.left + int(columns[0]), mask=mask)


def rescaled_grid(image: SearchedImage, inside: np.ndarray) -> Grid | Lattice | None:
    """Return the grid of a rescaled mosaic that covers most of these pixels, None where there is none.

    image: (3, h, w).  inside: (h, w) bool.
    """
    picture, _ = searched_picture(luma_of(image))
    for region in rescaled_regions_in(picture, []):
        if (region.within(inside) & region.pixels()).sum() > LEAST_COVERED * inside.sum():
            return region.grid
    return None
