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

from inpaint.detection.mosaics.not_patterns import Look
from inpaint.detection.mosaics.proposals import Window
from inpaint.detection.mosaics.regions import Found, regions_of
from inpaint.detection.mosaics.rescaled_proposals import Proposal, refined
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, edges

GAPS = {1: (2.0, 3.0), 2: (3.0, 4.0)}  # px of a blurred line, by the scale at which it was sharp
WIDEST = 0.6  # of a cell that its line may take
FEWEST = 3  # points along a cell
LIKELY = 0.1  # share by which square cells may explain less than others
ROUNDS = 2  # of fitting the grid to the cells that were found
NEARLY = 0.5  # px from whole ones that lines may lie at; sharp ones may start there
SHARP = 2.0  # times as high as beside them are steps on lines that nothing has blurred
MARGIN = 3  # cells beyond the box that shows them


class Sampled(NamedTuple):
    """Where one axis is sampled."""

    places: np.ndarray  # (n,) px, 0.5 = the first pixel's middle
    points: int  # along a cell
    first: int  # line that the first cell begins at, 0 = at the phase
    distance: np.ndarray  # (n,) px to the sample before


def rescaled_regions(look: Look, proposal: Proposal) -> list[Found]:
    """Return the regions of a picture that are cells of a proposed grid."""
    found = []
    for region in clearest(look.luma, proposal):
        best = [region]
        for _ in range(ROUNDS):
            largest = max(best, key=lambda other: other.weight)
            finer = proposal._replace(lattice=lattice_in(largest))
            tried = [best, *(clearest(look.luma, other) for other in refined(finer, largest.box))]
            best = max(tried, key=lambda regions: clarity_of(regions) * (1 + LIKELY * all_square(regions)))
        found += best
    return [in_whole_pixels(look, region) for region in found]


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


def in_whole_pixels(look: Look, region: Found) -> Found:
    """Return a region with a grid of whole pixels if its lines lie on one, or nearly and are sharp there."""
    region = without_margins(region)
    top, left, bottom, right = region.box
    rows, columns = look.down[top:bottom, left:right].mean(1), look.across[top:bottom, left:right].mean(0)
    corner = []
    for axis, profile in enumerate((rows, columns)):
        start, count = (top, left)[axis], region.cells.shape[axis]
        side, phase = region.grid.block[axis], region.grid.phase[axis]
        whole, before = round(side), count // 2  # cells before a line in the middle
        line = phase + (round((start - phase) / side) + before) * side
        off, drift = abs(line - round(line)), abs(side - whole) * count / 2
        steps = {at: profile[(at - start) % whole :: whole].mean() for at in range(round(line) - 2, round(line) + 3)}
        best = max((round(line), round(line) - 1, round(line) + 1), key=lambda at: steps[at])
        sharp = steps[best] > SHARP * max(steps[best - 1], steps[best + 1])
        if drift > NEARLY or (off + drift > NEARLY and not sharp):
            return region
        corner.append(best - before * whole)
    block = round(region.grid.block[0]), round(region.grid.block[1])
    grid = Grid(block, (corner[0] % block[0], corner[1] % block[1]))
    moved = region._replace(grid=grid, top=corner[0], left=corner[1])
    fits = min(corner) >= 0 and moved.box[2] <= look.luma.shape[0] and moved.box[3] <= look.luma.shape[1]
    return moved if fits else region


def without_margins(region: Found) -> Found:
    """Return a region with a box that is tight around its cells."""
    rows, columns = np.flatnonzero(region.cells.any(1)), np.flatnonzero(region.cells.any(0))
    top = int(edges(region.grid, 0, region.top, int(rows[0]))[-1])
    left = int(edges(region.grid, 1, region.left, int(columns[0]))[-1])
    cells = region.cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return region._replace(top=top, left=left, cells=cells)


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
    share = np.clip(places - 0.5 - lower, 0, 1).astype(np.float32)[:, None]
    return luma[lower] * (1 - share) + luma[upper] * share
