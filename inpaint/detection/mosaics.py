"""Finds the mosaics of a picture without being told where: grids are proposed, and their cells looked for.

Source: our own; see `combs` for how a grid is proposed and `cells` for how its region is outlined.  Large pictures are
worked through in overlapping tiles.  What it cannot find: regions of fewer than three by three cells, cells below
4 px or above 64, grids that are no longer whole pixels, and cells without contrast, which hide nothing that shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from inpaint.degradation.mosaic import Grid
from inpaint.detection.cells import Found, finer_grid, regions_of
from inpaint.detection.combs import Window, proposed, steps_of
from inpaint.detection.plausible import Look

TILE, OVERLAP = 1536, 384  # px
MOST = 160  # grids that are looked for in a tile, the most likely first
SHARED = 0.3  # of a region that a better one may cover


class Mosaic(NamedTuple):
    """One mosaic region."""

    grid: Grid
    mask: Tensor  # (1, H, W)
    score: float  # in (0, 1]: how flat cells are against the steps between them; near 1 = lossless


class Placed(NamedTuple):
    """One mosaic region, its mask cut to it."""

    grid: Grid
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
        if own.any():
            top, left = int(rows[own].min()), int(columns[own].min())
            mask = taken[top : rows[own].max() + 1, left : columns[own].max() + 1] == number
            found.append(Placed(region.grid, top, left, mask, region.score))
    return found


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


def shifted(grid: Grid, top: int, left: int) -> Grid:
    """Return a tile's grid as it lies in the whole picture."""
    return Grid(grid.block, ((grid.phase[0] + top) % grid.block[0], (grid.phase[1] + left) % grid.block[1]))


def place(region: Found, taken: np.ndarray, regions: list[Found]) -> None:
    """Write a region into the map, in place, joined with what it touches of the same grid in an earlier tile."""
    pixels = region.pixels()
    part = taken[region.top : region.top + pixels.shape[0], region.left : region.left + pixels.shape[1]]
    same = [number for number in np.unique(part[pixels]).tolist() if number and regions[number - 1].grid == region.grid]
    number = same[0] if same else len(regions) + 1
    for other in same[1:]:
        taken[taken == other] = number
    if not same:
        regions.append(region)
    part[pixels & (part == 0)] = number


def mosaics_of(luma: np.ndarray) -> list[Found]:
    """Return the mosaics of one tile (H, W), levels 0..255, those that explain most first, none mostly in another."""
    across, down = steps_of(luma), steps_of(np.ascontiguousarray(luma.T))
    look = Look(luma, across.plain, np.ascontiguousarray(down.plain.T))
    shown = proposed(across, down)
    likely = sorted(shown, key=lambda grid: -sum(window.gain * window.side**2 for window in shown[grid]))[:MOST]
    grids: dict[Grid, list[Window]] = defaultdict(list)
    for grid in likely:
        for either in {grid, finer_grid(look, grid, shown[grid])}:
            grids[either] += shown[grid]
    found = [region for grid, windows in grids.items() for region in regions_of(look, grid, windows)]
    kept: list[Found] = []
    covered = np.zeros(luma.shape, bool)
    for region in sorted(found, key=lambda region: -region.weight):
        pixels = region.pixels()
        part = covered[region.top : region.top + pixels.shape[0], region.left : region.left + pixels.shape[1]]
        if (part & pixels).sum() < SHARED * pixels.sum():
            part |= pixels
            kept.append(region)
    return kept
