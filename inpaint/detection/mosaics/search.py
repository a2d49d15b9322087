"""Finds the mosaics of a picture without being told where: grids are proposed, and their cells looked for.

Source: our own; see `combs` for how a grid is proposed and `cells` for how its region is outlined, and `rescaled` and
`straight` for the same where cells are no whole pixels.  Large pictures are worked through in overlapping tiles.  What
it cannot find: regions of fewer than three by three cells, cells below 4 px or above 64, and cells without contrast,
which hide nothing that shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from inpaint.detection.bars import as_levels
from inpaint.detection.mosaics.cut_cells import fringed
from inpaint.detection.mosaics.not_jpeg_blocks import without_blocks
from inpaint.detection.mosaics.not_patterns import Look
from inpaint.detection.mosaics.proposals import Steps, Window, proposed, steps_of
from inpaint.detection.mosaics.regions import Found, finer_grid, regions_of
from inpaint.detection.mosaics.rescaled_proposals import rescaled_grids
from inpaint.detection.mosaics.rescaled_regions import rescaled_regions
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, alike, shifted
from inpaint.tiling import Box

TILE, OVERLAP = 1792, 320  # px
MOST = 160  # grids that are looked for in a tile, the most likely first
SHARED = 0.3  # of a region that a better one may cover
LEFT = 0.5  # of a region that must be left where regions of several tiles overlap
SURELY_WHOLE = 0.85  # score of cells of whole pixels that leaves no doubt
KNOWN = 0.5  # of the box that shows a grid may be known to belong to others
LEAST_SCORE = 0.56  # of cells that are no whole pixels: shapes on soft ground reach 0.53
COVERED = 0.5  # of what is marked that a rescaled mosaic must cover
CLEARLY = 1.3  # times as much as cells of whole pixels must rescaled ones explain


class Mosaic(NamedTuple):
    """One mosaic region."""

    grid: Grid | Lattice
    mask: Tensor  # (1, H, W)
    score: float  # in (0, 1]: how flat cells are against the steps between them; near 1 = lossless


class Placed(NamedTuple):
    """One mosaic region, its mask cut to it."""

    grid: Grid | Lattice
    top: int  # of the mask in the picture
    left: int
    mask: np.ndarray  # (h, w) bool
    score: float


def find_mosaics(image: Tensor) -> list[Mosaic]:
    """Return the mosaics of a picture as `place_mosaics` does, each with a mask of the whole picture."""
    found = []
    for placed in place_mosaics(image):
        mask = torch.zeros(1, *image.shape[-2:])
        height, width = placed.mask.shape
        part = mask[:, placed.top : placed.top + height, placed.left : placed.left + width]
        part += torch.from_numpy(placed.mask)
        found.append(Mosaic(placed.grid, mask, placed.score))
    return found


def place_mosaics(image: Tensor) -> list[Placed]:
    """Return the mosaics of a picture (3, H, W), those that explain most of it first; masks are disjoint.

    image: uint8, or floating point in [0, 1].  Memory beyond it is that of a tile, and 4 bytes a pixel.
    """
    taken = np.zeros(image.shape[-2:], np.int32)  # number of the region, 0 = none
    regions: list[Found] = []
    for top, left in corners(*image.shape[-2:]):
        for region in mosaics_of(luma_of(image[:, top : top + TILE, left : left + TILE])):
            moved = region._replace(top=region.top + top, left=region.left + left, grid=shifted(region.grid, top, left))
            place(moved, taken, regions)
    if not regions:
        return []
    rows, columns = np.nonzero(taken)
    numbers, found = taken[rows, columns], []
    for number, region in sorted(enumerate(regions, 1), key=lambda it: -it[1].weight):
        own = numbers == number
        if own.sum() > LEFT * region.pixels().sum():
            top, left = int(rows[own].min()), int(columns[own].min())
            mask = taken[top : rows[own].max() + 1, left : columns[own].max() + 1] == number
            found.append(with_fringe(image, Placed(region.grid, top, left, mask, region.score), taken))
    return found


def with_fringe(image: Tensor, region: Placed, taken: np.ndarray) -> Placed:
    """Return a region of a picture with the cells that its outline cuts, as far as no other has taken their pixels.

    taken: (H, W), not 0 where regions are; gets the new pixels.
    """
    (height, width), margin = region.mask.shape, int(np.ceil(max(region.grid.block)))
    box = Box(region.top, region.left, region.top + height, region.left + width)
    outer = box.grown(margin, taken.shape)
    own, here = np.zeros((outer.bottom - outer.top, outer.right - outer.left), bool), taken[outer.slices]
    own[box.within(outer).slices] = region.mask
    whole = fringed(as_levels(outer.of(image)), own, shifted(region.grid, -outer.top, -outer.left))
    whole &= own | (here == 0)
    here[whole & ~own] = -1
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    mask = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return region._replace(top=outer.top + int(rows[0]), left=outer.left + int(columns[0]), mask=mask)


def rescaled_grid(image: Tensor, inside: np.ndarray) -> Grid | Lattice | None:
    """Return the grid of a rescaled mosaic in a picture (3, h, w) that most of these pixels (h, w) belong to."""
    look, _ = look_at(luma_of(image))
    for region in rescaled_in(look, []):
        if (region.within(inside) & region.pixels()).sum() > COVERED * inside.sum():
            return region.grid
    return None


def luma_of(image: Tensor) -> np.ndarray:
    """Return the luma of a picture (3, H, W), uint8 or in [0, 1], as (H, W) float32 in levels 0..255."""
    red, green, blue = (channel.float().cpu().numpy() for channel in image)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.ascontiguousarray(luma if image.dtype == torch.uint8 else luma * 255, np.float32)


def corners(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield where tiles begin."""
    step = TILE - OVERLAP
    for top in range(0, max(height - OVERLAP, 1), step):
        for left in range(0, max(width - OVERLAP, 1), step):
            yield top, left


def place(region: Found, taken: np.ndarray, regions: list[Found]) -> None:
    """Write a region into the map, in place, joined with what it touches of the same grid in an earlier tile."""
    pixels = region.pixels()
    part = taken[region.top : region.top + pixels.shape[0], region.left : region.left + pixels.shape[1]]
    near = region.top + pixels.shape[0] / 2, region.left + pixels.shape[1] / 2
    touched = [number for number in np.unique(part[pixels]).tolist() if number]
    same = [number for number in touched if alike(regions[number - 1].grid, region.grid, near)]
    number = same[0] if same else len(regions) + 1
    for other in same[1:]:
        taken[taken == other] = number
    if not same:
        regions.append(region)
    part[pixels & (part == 0)] = number


def mosaics_of(luma: np.ndarray) -> list[Found]:
    """Return the mosaics of one tile (H, W), levels 0..255, those that explain most first, none mostly in another."""
    look, steps = look_at(luma)
    whole = disjoint(whole_regions(look, proposed(*steps)), luma.shape)
    return without_blocks(luma, disjoint(joined(whole, rescaled_in(look, whole), luma.shape), luma.shape))


def look_at(luma: np.ndarray) -> tuple[Look, tuple[Steps, Steps]]:
    """Return a picture (H, W), levels 0..255, as it is searched, and its steps along rows and, transposed, columns."""
    across, down = steps_of(luma), steps_of(np.ascontiguousarray(luma.T))
    return Look(luma, across.plain, np.ascontiguousarray(down.plain.T)), (across, down)


def rescaled_in(look: Look, whole: Sequence[Found]) -> list[Found]:
    """Return the regions whose cells are no whole pixels, where no clear ones of whole pixels have been found."""
    luma, known = look.luma, np.zeros(look.luma.shape, bool)
    for region in whole:
        if region.score > SURELY_WHOLE:
            region.within(known)[:] |= region.pixels()
    found: list[Found] = []
    for proposal in rescaled_grids(luma):
        top, left, bottom, right = proposal.box
        if known[top:bottom, left:right].mean() < KNOWN:
            for region in (it for it in rescaled_regions(look, proposal) if it.score > LEAST_SCORE):
                region.within(known)[:] |= region.pixels()
                found.append(region)
    return disjoint(found, luma.shape)


def whole_regions(look: Look, shown: dict[Grid, list[Window]]) -> list[Found]:
    """Return the regions of all grids of whole pixels that windows show; they overlap."""
    likely = sorted(shown, key=lambda grid: -sum(window.gain * window.side**2 for window in shown[grid]))[:MOST]
    grids: dict[Grid, list[Window]] = defaultdict(list)
    for grid in likely:
        for either in {grid, finer_grid(look, grid, shown[grid])}:
            grids[either] += shown[grid]
    return [region for grid, windows in grids.items() for region in regions_of(look, grid, windows)]


def disjoint(found: Sequence[Found], size: tuple[int, ...]) -> list[Found]:
    """Return the regions that explain most, without those that lie mostly in a better one."""
    kept: list[Found] = []
    covered = np.zeros(size, bool)
    for region in sorted(found, key=lambda region: -region.weight):
        pixels, part = region.pixels(), region.within(covered)
        if (part & pixels).sum() < SHARED * pixels.sum():
            part |= pixels
            kept.append(region)
    return kept


def joined(whole: Sequence[Found], rescaled: Sequence[Found], size: tuple[int, ...]) -> list[Found]:
    """Return regions of whole and of other cells, of two that share their place the better one.

    Cells of whole pixels are the likelier ones, so a rescaled region must explain clearly more than they do.
    """
    kept, left = list(whole), []
    for region in rescaled:
        own = np.zeros(size, bool)
        region.within(own)[:] = region.pixels()
        rivals = [other for other in kept if (other.within(own) & other.pixels()).any()]
        if region.weight > CLEARLY * sum(rival.weight for rival in rivals):
            left.append(region)
            kept = [other for other in kept if not any(other is rival for rival in rivals)]
    return kept + left
