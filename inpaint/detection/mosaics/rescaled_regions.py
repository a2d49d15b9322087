"""Looks for the cells of a grid in fractions of a pixel: the picture is sampled so that they become whole pixels.

What: of every cell only the inside is sampled, at as many points as a whole number of pixels would be, and the blurred
lines between cells are left out; the steps over what is left out are divided by its width, so that a smooth slope is
as steep there as elsewhere.  What comes out is searched as any other picture.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts rescaled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from inpaint.detection.mosaics.found_region import FoundRegion
from inpaint.detection.mosaics.proposals import GridWindow
from inpaint.detection.mosaics.regions import FAINT, regions_of
from inpaint.detection.mosaics.rescaled_proposals import RescaledProposal, refined_proposals
from inpaint.detection.mosaics.steps import SearchedPicture, with_sums
from inpaint.mosaic.lattice import Lattice, cell_edges
from inpaint.mosaic.whole_grid import Grid

LINE_GAPS = {1: (2.0, 3.0), 2: (3.0, 4.0)}  # px of a blurred line that are tried, by how many times smaller it was seen
WIDEST_LINE = 0.6  # of a cell, that a blurred line may take
FEWEST_POINTS = 3  # that are sampled along a cell
SQUARE_CELLS_BONUS = 0.1  # share by which square cells may explain less than others
FITTING_ROUNDS = 2  # of fitting the grid to the cells that were found
WHOLE_PIXEL_DISTANCE = 0.5  # px that lines may lie from whole ones, to be taken for lines of whole pixels
SHARP_LINE = 2.0  # times as high as beside them are steps on lines that nothing has blurred
MARGIN_CELLS = 3  # cells beyond the box that shows them, that are looked at


class SamplePlaces(NamedTuple):
    """Where one axis is sampled."""

    places: np.ndarray  # (n,) px, 0.5 = the first pixel's middle
    points: int  # along a cell
    first: int  # line that the first cell begins at, 0 = at the phase
    distance: np.ndarray  # (n,) px to the sample before


def rescaled_regions(picture: SearchedPicture, proposal: RescaledProposal) -> list[FoundRegion]:
    """Return the regions of a picture that are cells of a proposed grid."""
    found = []
    for region in clearest_regions(picture.luma, proposal):
        best = [region]
        for _ in range(FITTING_ROUNDS):
            largest = max(best, key=lambda other: other.weight)
            finer = proposal._replace(lattice=lattice_in(largest))
            tried = [best, *(clearest_regions(picture.luma, other) for other in refined_proposals(finer, largest.box))]
            best = max(
                tried, key=lambda regions: total_clarity(regions) * (1 + SQUARE_CELLS_BONUS * all_square(regions))
            )
        found += best
    return [in_whole_pixels(picture, region) for region in found]


def all_square(regions: Sequence[FoundRegion]) -> bool:
    """Tell whether all cells are squares."""
    return all(region.grid.block[0] == region.grid.block[1] for region in regions)


def clearest_regions(luma: np.ndarray, proposal: RescaledProposal) -> list[FoundRegion]:
    """Return the regions for that width of blurred lines with which they explain most."""
    return max((regions_with_gap(luma, proposal, gap) for gap in LINE_GAPS[proposal.scale]), key=total_clarity)


def total_clarity(found: Sequence[FoundRegion]) -> float:
    """Return how much regions explain together, weighed by how clearly."""
    return sum(region.weight * region.score for region in found)


def lattice_in(region: FoundRegion) -> Lattice:
    """Return the grid of a region that was found in a sampled picture."""
    assert isinstance(region.grid, Lattice)
    return region.grid


def in_whole_pixels(picture: SearchedPicture, region: FoundRegion) -> FoundRegion:
    """Return a region with a grid of whole pixels if its lines lie on one, or nearly do and are sharp."""
    region = without_margins(region)
    top, left, bottom, right = region.box
    rows, columns = picture.down[top:bottom, left:right].mean(1), picture.across[top:bottom, left:right].mean(0)
    corner = []
    for axis, profile in enumerate((rows, columns)):
        start, count = (top, left)[axis], region.cells.shape[axis]
        side, phase = region.grid.block[axis], region.grid.phase[axis]
        whole, before = round(side), count // 2  # cells before a line in the middle
        line = phase + (round((start - phase) / side) + before) * side
        off, drift = abs(line - round(line)), abs(side - whole) * count / 2
        steps = {at: profile[(at - start) % whole :: whole].mean() for at in range(round(line) - 2, round(line) + 3)}
        best = max((round(line), round(line) - 1, round(line) + 1), key=lambda at: steps[at])
        sharp = steps[best] > SHARP_LINE * max(steps[best - 1], steps[best + 1])
        if drift > WHOLE_PIXEL_DISTANCE or (off + drift > WHOLE_PIXEL_DISTANCE and not sharp):
            return region
        corner.append(best - before * whole)
    block = round(region.grid.block[0]), round(region.grid.block[1])
    grid = Grid(block, (corner[0] % block[0], corner[1] % block[1]))
    moved = region._replace(grid=grid, top=corner[0], left=corner[1])
    fits = min(corner) >= 0 and moved.box[2] <= picture.luma.shape[0] and moved.box[3] <= picture.luma.shape[1]
    return moved if fits else region


def without_margins(region: FoundRegion) -> FoundRegion:
    """Return a region whose box lies close around its cells."""
    rows, columns = np.flatnonzero(region.cells.any(1)), np.flatnonzero(region.cells.any(0))
    top = int(cell_edges(region.grid, 0, region.top, int(rows[0]))[-1])
    left = int(cell_edges(region.grid, 1, region.left, int(columns[0]))[-1])
    cells = region.cells[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return region._replace(top=top, left=left, cells=cells)


def regions_with_gap(luma: np.ndarray, proposal: RescaledProposal, gap: float) -> list[FoundRegion]:
    """Return the regions that are found if lines are blurred over so many px."""
    lattice, (top, left, bottom, right) = proposal.lattice, proposal.box
    rows = sample_places(lattice, 0, (top, bottom), luma.shape[0], gap)
    columns = sample_places(lattice, 1, (left, right), luma.shape[1], gap)
    if min(len(rows.places) // rows.points, len(columns.places) // columns.points) < FEWEST_POINTS:
        return []
    picture = sampled_picture(luma, rows, columns)
    grid = Grid((rows.points, columns.points), (0, 0))
    found = []
    window = GridWindow(0, 0, max(picture.luma.shape), 1.0)
    for region in regions_of(picture, grid, [window], block=lattice.block, demands=FAINT):
        cell = region.top // rows.points, region.left // columns.points
        start = (
            lattice.phase[axis] + (axis_of.first + cell[axis]) * lattice.block[axis]
            for axis, axis_of in enumerate((rows, columns))
        )
        top, left = (round(place) for place in start)
        found.append(region._replace(grid=lattice, top=top, left=left, contrast=region.contrast * (gap + 1)))
    return found


def sample_places(lattice: Lattice, axis: int, span: tuple[int, int], size: int, gap: float) -> SamplePlaces:
    """Return where an axis of a picture is sampled: the whole cells in a span of it, and some beyond it.

    span: from and to, px.  size: of the picture along the axis.  gap: px of a blurred line.
    """
    block, phase = lattice.block[axis], lattice.phase[axis]
    gap = min(gap, WIDEST_LINE * block)
    points = max(FEWEST_POINTS, round(block - gap))
    first = max(int(np.floor((span[0] - phase) / block)) - MARGIN_CELLS, int(np.ceil(-phase / block)))
    last = min(int(np.ceil((span[1] - phase) / block)) + MARGIN_CELLS, int(np.floor((size - phase) / block)))
    step = (block - gap) / points
    within = gap / 2 + (np.arange(points) + 0.5) * step
    places = phase + (np.arange(first, max(last, first))[:, None] * block + within).ravel()
    distance = np.full(len(places), step)
    distance[::points] += gap
    return SamplePlaces(places, points, first, distance)


def sampled_picture(luma: np.ndarray, rows: SamplePlaces, columns: SamplePlaces) -> SearchedPicture:
    """Return a picture (H, W) as it is seen at these places, with its steps."""
    straight = interpolated_rows(interpolated_rows(luma, rows.places).T, columns.places).T
    across, down = np.zeros_like(straight), np.zeros_like(straight)
    across[:, 1:] = np.abs(np.diff(straight, axis=1)) / columns.distance[1:]
    down[1:] = np.abs(np.diff(straight, axis=0)) / rows.distance[1:, None]
    return with_sums(*(np.ascontiguousarray(part, np.float32) for part in (straight, across, down)))


def interpolated_rows(luma: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return a picture at these places (n,) along its rows, between pixels linearly, (n, W)."""
    lower = np.clip(np.floor(places - 0.5).astype(int), 0, luma.shape[0] - 1)
    upper = np.minimum(lower + 1, luma.shape[0] - 1)
    share = np.clip(places - 0.5 - lower, 0, 1).astype(np.float32)[:, None]
    return luma[lower] * (1 - share) + luma[upper] * share
