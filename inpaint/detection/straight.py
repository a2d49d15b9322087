"""Looks for the cells of a grid in fractions: the picture is sampled so that they become whole pixels.

What: of every cell only the inside is sampled, at as many points as a whole number of pixels would be, and the blurred
lines between cells are left out; the steps over what is left out are divided by its width, so that a smooth slope is
as steep there as elsewhere.  What comes out is searched as any other picture.
Source: our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from inpaint.degradation.mosaic import Grid
from inpaint.detection.cells import Found, regions_of
from inpaint.detection.combs import Window
from inpaint.detection.lattice import Lattice, edges
from inpaint.detection.plausible import Look
from inpaint.detection.rescaled import Proposal, refined

GAPS = {1: (2.0, 3.0), 2: (3.0, 4.0)}  # px of a blurred line, by the scale at which it was sharp
WIDEST = 0.6  # of a cell that its line may take
FEWEST = 3  # points along a cell
LIKELY = 0.1  # share by which square cells may explain less than others
ROUNDS = 2  # of fitting the grid to the cells that were found
NEARLY = 0.5  # px from whole ones that lines may lie at
MARGIN = 3  # cells beyond the box that shows them


class Sampled(NamedTuple):
    """Where one axis is sampled."""

    places: np.ndarray  # (n,) px, 0.5 = the first pixel's middle
    points: int  # along a cell
    first: int  # line that the first cell begins at, 0 = at the phase
    distance: np.ndarray  # (n,) px to the sample before


def rescaled_regions(luma: np.ndarray, proposal: Proposal) -> list[Found]:
    """Return the regions of a picture (H, W), levels 0..255, that are cells of a proposed grid."""
    found = []
    for region in clearest(luma, proposal):
        best = [region]
        for _ in range(ROUNDS):
            largest = max(best, key=lambda other: other.weight)
            finer = proposal._replace(lattice=lattice_in(largest))
            tried = [best, *(clearest(luma, other) for other in refined(finer, largest.box))]
            best = max(tried, key=lambda regions: clarity_of(regions) * (1 + LIKELY * all_square(regions)))
        found += best
    return [in_whole_pixels(region) for region in found]


def all_square(regions: Sequence[Found]) -> bool:
    """Tell whether all cells are squares."""
    return all(region.grid.block[0] == region.grid.block[1] for region in regions)


def clearest(luma: np.ndarray, proposal: Proposal) -> list[Found]:
    """Return the regions for the width of lines that explains most."""
    return max((regions_at(luma, proposal, gap) for gap in GAPS[proposal.scale]), key=clarity_of)


def clarity_of(found: Sequence[Found]) -> float:
    """Return how much regions explain together, and how clearly."""
    return sum(region.weight * region.score for region in found)


def lattice_in(region: Found) -> Lattice:
    """Return the grid of a region that was sampled."""
    assert isinstance(region.grid, Lattice)
    return region.grid


def in_whole_pixels(region: Found) -> Found:
    """Return a region with a grid of whole pixels if all its lines round to that grid's."""
    blocks, phases = [], []
    for axis, (start, count) in enumerate(zip((region.top, region.left), region.cells.shape, strict=True)):
        side, phase = region.grid.block[axis], region.grid.phase[axis]
        line = phase + round((start + count * side / 2 - phase) / side) * side
        if abs(line - round(line)) + abs(side - round(side)) * count / 2 > NEARLY:
            return region
        blocks.append(round(side))
        phases.append(round(line) % round(side))
    grid = Grid((blocks[0], blocks[1]), (phases[0], phases[1]))
    top, left = int(edges(grid, 0, region.top, 0)[0]), int(edges(grid, 1, region.left, 0)[0])
    return region._replace(grid=grid, top=top, left=left)


def regions_at(luma: np.ndarray, proposal: Proposal, gap: float) -> list[Found]:
    """Return the regions where lines are blurred over a gap of so many px."""
    lattice, (top, left, bottom, right) = proposal.lattice, proposal.box
    rows = sampled(lattice, 0, (top, bottom), luma.shape[0], gap)
    columns = sampled(lattice, 1, (left, right), luma.shape[1], gap)
    if min(len(rows.places) // rows.points, len(columns.places) // columns.points) < FEWEST:
        return []
    look = look_at(luma, rows, columns)
    grid = Grid((rows.points, columns.points), (0, 0))
    found = []
    for region in regions_of(look, grid, [Window(0, 0, max(look.luma.shape), 1.0)], block=lattice.block):
        cell = region.top // rows.points, region.left // columns.points
        start = (
            lattice.phase[axis] + (axis_of.first + cell[axis]) * lattice.block[axis]
            for axis, axis_of in enumerate((rows, columns))
        )
        top, left = (round(place) for place in start)
        found.append(region._replace(grid=lattice, top=top, left=left, contrast=region.contrast * (gap + 1)))
    return found


def sampled(lattice: Lattice, axis: int, span: tuple[int, int], size: int, gap: float) -> Sampled:
    """Return where an axis of a picture is sampled around a span of it, in whole cells."""
    block, phase = lattice.block[axis], lattice.phase[axis]
    gap = min(gap, WIDEST * block)
    points = max(FEWEST, round(block - gap))
    first = max(int(np.floor((span[0] - phase) / block)) - MARGIN, int(np.ceil(-phase / block)))
    last = min(int(np.ceil((span[1] - phase) / block)) + MARGIN, int(np.floor((size - phase) / block)))
    step = (block - gap) / points
    within = gap / 2 + (np.arange(points) + 0.5) * step
    places = phase + (np.arange(first, max(last, first))[:, None] * block + within).ravel()
    distance = np.full(len(places), step)
    distance[::points] += gap
    return Sampled(places, points, first, distance)


def look_at(luma: np.ndarray, rows: Sampled, columns: Sampled) -> Look:
    """Sample a picture."""
    straight = between(between(luma, rows.places).T, columns.places).T
    across, down = np.zeros_like(straight), np.zeros_like(straight)
    across[:, 1:] = np.abs(np.diff(straight, axis=1)) / columns.distance[1:]
    down[1:] = np.abs(np.diff(straight, axis=0)) / rows.distance[1:, None]
    return Look(*(np.ascontiguousarray(part, np.float32) for part in (straight, across, down)))


def between(luma: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Interpolate the rows of a picture linearly."""
    lower = np.clip(np.floor(places - 0.5).astype(int), 0, luma.shape[0] - 1)
    upper = np.minimum(lower + 1, luma.shape[0] - 1)
    share = np.clip(places - 0.5 - lower, 0, 1)[:, None]
    return luma[lower] * (1 - share) + luma[upper] * share
