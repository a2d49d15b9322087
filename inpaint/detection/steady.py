"""Makes what was found in the frames of an animation steady: what shows before and after shows in between, too.

What: detection looks at one frame at a time, and misses a region in some of them where little stands out under it.  A
region that was found in a frame near by is taken for one of this frame, if its pixels here look as they did there: its
cells are flat and meet in steps, or they have the colour of the bar.  Between two frames a region moves evenly.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts animations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from inpaint.detection.censored import Censored
from inpaint.mosaic.lattice import cell_edges, shifted_grid

NEAR_FRAMES = 12  # before and after, in which a region is looked for
SAME_PLACE = 0.5  # of the intersection of two masks over their union, that makes them one region
MOST_ELSEWHERE = 0.2  # of a region, that others of this frame may cover
LEAST_SCORE_LEFT = 0.6  # of a mosaic's score where it was found
LEAST_STEADY_SCORE = 0.25
NEAR_BAR_COLOUR, LEAST_OF_BAR_COLOUR = 16, 0.9  # levels, and share of a bar's pixels
MOST_GAINED = 1.5  # times the pixels of a region, that its neighbours' share may make of it


class SteadyFinds:
    """What was found in each frame of an animation, and what it is once the frames near by were asked."""

    def __init__(self, found: Sequence[Sequence[Censored]]) -> None:
        self.found = found

    def in_frame(self, number: int, levels: np.ndarray) -> list[Censored]:
        """Return what is censored in a frame, counted from 0; levels: (H, W, 3) uint8, the frame."""
        own = list(self.found[number])
        for index, region in enumerate(own):
            own[index] = self.as_around(number, region, levels)
        for other in self.candidates(number):
            if covered(other, own) <= MOST_ELSEWHERE and still_there(other, levels):
                own.append(without(other, own))
        return own

    def near(self, number: int) -> Iterator[tuple[int, Censored]]:
        """Yield what was found in the frames near by, the nearest first, and in which."""
        for apart in range(1, NEAR_FRAMES + 1):
            for other in (number - apart, number + apart):
                if 0 <= other < len(self.found):
                    yield from ((other, region) for region in self.found[other])

    def candidates(self, number: int) -> Iterator[Censored]:
        """Yield the regions of the frames near by, each where it was, and where it is if it moves evenly."""
        nearest: dict[bool, list[tuple[int, Censored]]] = {False: [], True: []}
        for other, region in self.near(number):
            side = nearest[other > number]
            if not side or side[0][0] == other:
                side.append((other, region))
            yield region
        for before, first in nearest[False]:
            for after, second in nearest[True]:
                if moved_region(first, second):
                    share = (number - before) / (after - before)
                    moved = round(share * (second.top - first.top)), round(share * (second.left - first.left))
                    yield moved_by(first, *moved)

    def as_around(self, number: int, region: Censored, levels: np.ndarray) -> Censored:
        """Return a region of a frame with the grid and the outline that it has in most frames near by, if they fit."""
        others = [other for _, other in self.near(number) if shared_place(region, other) >= SAME_PLACE]
        if len(others) < 2 or region.censor != "mosaic":
            return region
        kinds = [(other.grid, other.top, other.left, other.mask.shape) for other in others]
        most = max(dict.fromkeys(kinds), key=kinds.count)
        mine = region.grid, region.top, region.left, region.mask.shape
        if most == mine or kinds.count(most) <= len(kinds) / 2:
            return region
        other = others[kinds.index(most)]
        return other if other.mask.sum() < MOST_GAINED * region.mask.sum() and still_there(other, levels) else region


def moved_region(one: Censored, other: Censored) -> bool:
    """Tell whether two regions may be one that moved: the same cells or colour, and nearly the same size."""
    sides = [None if it.grid is None else it.grid.block for it in (one, other)]
    sizes = one.mask.shape, other.mask.shape
    return (
        one.censor == other.censor
        and sides[0] == sides[1]
        and all(abs(a - b) <= 0.2 * max(a, b) for a, b in zip(*sizes, strict=True))
    )


def moved_by(region: Censored, down: int, right: int) -> Censored:
    """Return a region further down and to the right, with its cells."""
    top, left = max(region.top + down, 0), max(region.left + right, 0)
    grid = None if region.grid is None else shifted_grid(region.grid, top - region.top, left - region.left)
    return region._replace(top=top, left=left, grid=grid)


def shared_place(one: Censored, other: Censored) -> float:
    """Return the intersection of two regions over their union."""
    top, left = min(one.top, other.top), min(one.left, other.left)
    size = [
        max(one.top + one.mask.shape[0], other.top + other.mask.shape[0]) - top,
        max(one.left + one.mask.shape[1], other.left + other.mask.shape[1]) - left,
    ]
    masks = np.zeros((2, *size), bool)
    for mask, it in zip(masks, (one, other), strict=True):
        mask[it.top - top :, it.left - left :][: it.mask.shape[0], : it.mask.shape[1]] = it.mask
    return float((masks[0] & masks[1]).sum() / max(1, (masks[0] | masks[1]).sum()))


def pixels_taken(region: Censored, others: Sequence[Censored]) -> np.ndarray:
    """Say which pixels of a region's box belong to others, (h, w) bool."""
    taken = np.zeros(region.mask.shape, bool)
    for other in others:
        down, right = other.top - region.top, other.left - region.left
        part = taken[max(down, 0) :, max(right, 0) :]
        mask = other.mask[max(-down, 0) :, max(-right, 0) :][: part.shape[0], : part.shape[1]]
        part[: mask.shape[0], : mask.shape[1]] |= mask
    return taken


def covered(region: Censored, others: Sequence[Censored]) -> float:
    """Return which share of a region others cover."""
    return float((pixels_taken(region, others) & region.mask).sum() / max(1, region.mask.sum()))


def without(region: Censored, others: Sequence[Censored]) -> Censored:
    """Return a region without the pixels that others cover."""
    return region._replace(mask=region.mask & ~pixels_taken(region, others))


def still_there(region: Censored, levels: np.ndarray) -> bool:
    """Tell whether the pixels (H, W, 3) uint8 at the place of a region look as if it were there."""
    height, width = region.mask.shape
    here = levels[region.top : region.top + height, region.left : region.left + width]
    if here.shape[:2] != region.mask.shape:
        return False
    if region.grid is None:
        assert region.colour is not None
        apart = np.abs(here[region.mask].astype(np.int16) - region.colour).max(1)
        return float((apart <= NEAR_BAR_COLOUR).mean()) >= LEAST_OF_BAR_COLOUR
    return score_on_grid(region, here) >= max(LEAST_STEADY_SCORE, LEAST_SCORE_LEFT * region.score)


def score_on_grid(region: Censored, here: np.ndarray) -> float:
    """Return how far steps on a mosaic's grid exceed those inside of cells, in [-1, 1], on the fainter axis.

    here: (h, w, 3) uint8, the pixels of the region's box.
    """
    grid, scores = region.grid, []
    assert grid is not None
    luma = here.astype(np.float32).mean(2)
    for axis, start in ((0, region.top), (1, region.left)):
        turned, mask = (luma, region.mask) if axis == 0 else (luma.T, region.mask.T)
        steps, both = np.abs(np.diff(turned, axis=0)), mask[1:] & mask[:-1]
        count = int(len(turned) / grid.block[axis]) + 2
        lines = np.zeros(len(turned) + 1, bool)
        at = cell_edges(grid, axis, start, count) - start
        lines[at[(at > 0) & (at < len(turned))]] = True
        on = lines[1 : len(turned)]
        if not both[on].any() or not both[~on].any():
            return 0.0
        line, inside = float(steps[on][both[on]].mean()), float(steps[~on][both[~on]].mean())
        scores.append((line - inside) / max(line + inside, 1e-6))
    return min(scores)
