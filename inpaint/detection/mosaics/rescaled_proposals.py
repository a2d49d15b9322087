"""Proposes grids of no whole pixels, as a picture has that was rescaled after its mosaic was made.

What: as in `proposals` windows are compared with combs, but steps are taken over two pixels, because
rescaling spreads a line over as many, and the combs' periods are fractions, each so far from the next that its last
tooth moves by less than a pixel.  Windows that show the same grid are gathered, and over all of them together the
period is found more finely.  What was made larger is looked at in half its size too, where its lines are sharp again.
Source: our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.mosaics.proposals import NOISE, OCTAVES, STRIDE, TINY, Combs, profiles_of, summed
from inpaint.mosaic.lattice import Lattice

SCALES = (1, 2)  # how many times smaller the picture is looked at
APART = 0.7  # px that a comb's last tooth lies from that of the next period
GAIN, MEAN_GAIN, SHARPNESS = 0.13, 0.18, 0.05  # of the fainter axis, of both, and of both, that a window needs
CLEAREST, ENOUGH = 0.26, 2.0  # gain of its clearest window and of all, that a grid needs
ENOUGH_GRIDS, MOST = 120, 40  # grids that are gathered in a tile at each scale, and of these looked for
NEAR_PERIOD, NEAR_LINE = 0.05, 0.2  # of the period that a window's period and lines may differ by
NEARLY_SQUARE = 0.06  # of their sides that those of square cells may differ by at first
WIDE, SQUARES = 0.03, 91  # share by which square cells may differ from that, and how many sides are tried
BESIDE = np.array((0.25, 0.5, 0.25))  # a step over two pixels is as high at two places
ROUNDS = 3  # of gathering windows and fitting the grid to them
FITTED, STEPS = 0.6, 13  # px that the outermost line may move by in either way while fitting, and in how many steps


class Seen(NamedTuple):
    """Windows that show a grid, an array of (n,) or (n, 2) each, (y, x) in px of the picture."""

    corner: np.ndarray
    side: np.ndarray
    block: np.ndarray
    line: np.ndarray  # a line of theirs near their middle
    gain: np.ndarray  # of the fainter axis


class Gathered(NamedTuple):
    """A grid that windows show together, in px at their scale."""

    block: np.ndarray  # (2,)
    line: np.ndarray  # (2,), one of its lines
    box: tuple[int, int, int, int]  # top, left, bottom, right
    gain: float  # of all windows


class Proposal(NamedTuple):
    """A grid and the box of the windows that show it."""

    lattice: Lattice
    box: tuple[int, int, int, int]  # top, left, bottom, right
    scale: int
    gain: float
    steps: tuple[np.ndarray, np.ndarray]  # along rows and along columns, at that scale


def soft_steps(luma: np.ndarray) -> np.ndarray:
    """Return how far every pixel's step, over two pixels along a row, stands out, in [0, 1]; luma: (H, W), 0..255."""
    double, isolated = np.zeros_like(luma), np.zeros_like(luma)
    np.abs(luma[:, 2:] - luma[:, :-2], out=double[:, 1:-1])
    beside = np.maximum(double[:, :-4], double[:, 4:])
    isolated[:, 2:-2] = np.clip(double[:, 2:-2] - beside, 0, None)
    return isolated / (double + NOISE)


@lru_cache
def soft_teeth(low: int, high: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return combs as columns (side, n), and their period, phase (of their lines) and number of teeth (n, 3)."""
    count = int(np.ceil(np.log(high / low) / np.log1p(APART / side)))
    combs, named = [], []
    for period in np.geomspace(low, high, count + 1):
        for phase in np.arange(0.5, period, 1.0):
            lines = np.arange(phase, side, period)
            combs.append(np.clip(1 - np.abs(np.arange(side)[:, None] + 0.5 - lines), 0, None).sum(1))
            named.append((period, phase, combs[-1].sum()))
    return np.stack(combs, 1).astype(np.float32), np.array(named)


def best_soft(sums: np.ndarray, low: int, high: int, side: int) -> Combs:
    """Return the comb of the largest gain for every window of a picture, whose steps have been `summed`."""
    combs, named = soft_teeth(low, high, side)
    parts = []
    for profile in profiles_of(sums, side):
        flat = np.lib.stride_tricks.sliding_window_view(profile, side)[:: side // STRIDE]  # (columns of windows, side)
        on = flat @ combs
        gain = on / (flat.sum(1, keepdims=True) + TINY) - (named[:, 2] / side).astype(np.float32)
        best, each = gain.argmax(1), np.arange(len(flat))
        parts.append((named[best, 0], named[best, 1], gain[each, best], on[each, best] / (named[best, 2] * side)))
    return Combs(*(np.array(part) for part in zip(*parts, strict=True)))


def seen_in(across: np.ndarray, down: np.ndarray) -> Seen:
    """Return the windows that show a grid; across, down: soft steps, both (H, W)."""
    found = []
    sums = summed(across), summed(down.T)
    for low, high, side in OCTAVES:
        if min(across.shape) < side:
            continue
        columns = best_soft(sums[0], low, high, side)
        rows = Combs(*(part.T for part in best_soft(sums[1], low, high, side)))
        gain = np.minimum(rows.gain, columns.gain)
        shown = (gain > GAIN) & (rows.gain + columns.gain > 2 * MEAN_GAIN)
        shown &= np.minimum(rows.sharpness, columns.sharpness) > SHARPNESS
        corner = np.stack(np.nonzero(shown), 1) * (side // STRIDE)
        block = np.stack([rows.period[shown], columns.period[shown]], 1)
        line = np.stack([rows.phase[shown], columns.phase[shown]], 1)
        line += corner + block * np.floor((side / 2 - line) / block)
        found.append(Seen(corner, np.full(len(corner), side), block, line, gain[shown]))
    if not found:
        return Seen(np.zeros((0, 2)), np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0))
    return Seen(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def rescaled_grids(luma: np.ndarray) -> list[Proposal]:
    """Return the grids that windows of a picture (H, W), levels 0..255, show, the clearest first."""
    found = []
    for scale in SCALES:
        size = luma.shape[1] // scale, luma.shape[0] // scale
        if min(size) < OCTAVES[0][2]:
            continue
        small = luma if scale == 1 else cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        steps = soft_steps(small), soft_steps(np.ascontiguousarray(small.T)).T
        for block, line, (top, left, bottom, right), gain in gathered(seen_in(*steps), steps):
            box = top * scale, left * scale, bottom * scale, right * scale
            found.append(Proposal(lattice_of(block * scale, line * scale), box, scale, gain, steps))
    return sorted(found, key=lambda proposal: -proposal.gain)


def gathered(seen: Seen, steps: tuple[np.ndarray, np.ndarray]) -> list[Gathered]:
    """Gather windows that show the same grid; return the grids, fitted to them, that most windows show."""
    free, found = np.ones(len(seen.gain), bool), []
    for seed in np.argsort(-seen.gain * seen.side).tolist():
        if len(found) == ENOUGH_GRIDS:
            break
        if seen.gain[seed] < CLEAREST or not free[seed]:
            continue
        block, line = seen.block[seed], seen.line[seed]
        members = np.arange(len(free)) == seed
        alone = joined(seen, box_of(seen, members), block, line)
        free[seed] = False
        if seen.gain[alone].sum() < ENOUGH / 2:
            continue
        for _ in range(ROUNDS):
            box = box_of(seen, members)
            block, line = fitted(steps, box, block, line)
            members = joined(seen, box, block, line)
            members[seed] = True
        free &= ~members
        if (gain := float(seen.gain[members].sum())) >= ENOUGH:
            found.append(Gathered(block, line, box_of(seen, members), gain))
    return sorted(found, key=lambda one: -one.gain)[:MOST]


def box_of(seen: Seen, members: np.ndarray) -> tuple[int, int, int, int]:
    """Return the box (top, left, bottom, right) around windows."""
    (top, left), ends = seen.corner[members].min(0), seen.corner[members] + seen.side[members, None]
    return int(top), int(left), int(ends[:, 0].max()), int(ends[:, 1].max())


def joined(seen: Seen, box: tuple[int, int, int, int], block: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return which windows in and beside a box show this grid, (n,) bool."""
    members = np.zeros(len(seen.gain), bool)
    near = np.flatnonzero((np.abs(seen.block / block - 1) < NEAR_PERIOD).all(1))
    corner, side = seen.corner[near], seen.side[near, None]
    near = near[((corner <= box[2:]) & (corner + side >= box[:2])).all(1)]
    apart = np.abs((seen.line[near] - line + block / 2) % block - block / 2)
    members[near] = (apart < np.maximum(NEAR_LINE * block, 1.0)).all(1)
    return members


def fitted(
    steps: tuple[np.ndarray, np.ndarray], box: tuple[int, int, int, int], block: np.ndarray, line: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return a grid's block and a line of it, moved a little to where the steps in a box stand on its lines."""
    found = []
    for profile, start, size, place in zip(profiles(steps, box), box, block.tolist(), line.tolist(), strict=False):
        reach = 2 * FITTED / (len(profile) / 2 / size + 1)
        widths = size + np.linspace(-reach, reach, 2 * STEPS + 1)
        gain, lines = best_lines(profile, widths, place - start)
        found.append((widths[gain.argmax()], start + lines[gain.argmax()]))
    return np.array([size for size, _ in found]), np.array([place for _, place in found])


def profiles(steps: tuple[np.ndarray, np.ndarray], box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return how much stands out in and beside every row and every column of a box, most in the middle of a line."""
    across, down = (part[box[0] : box[2], box[1] : box[3]] for part in steps)
    return np.convolve(down.sum(1), BESIDE, "same"), np.convolve(across.sum(0), BESIDE, "same")


def best_lines(profile: np.ndarray, widths: np.ndarray, line: float) -> tuple[np.ndarray, np.ndarray]:
    """Return for every period what its lines hold of a profile beyond chance, and one of these lines, near a line."""
    block = widths.mean()
    middle = line + block * round((len(profile) / 2 - line) / block)
    count = int(len(profile) / 2 / block) + 1
    starts = middle + np.linspace(-1, 1, STEPS) * min(1.0, block / 5)
    lines = starts[:, None] + widths[:, None, None] * np.arange(-count, count + 1)  # (widths, starts, lines)
    within = (lines > 0.5) & (lines < len(profile) - 0.5)
    held = np.interp(lines - 0.5, np.arange(len(profile)), profile) * within
    gain = held.sum(2) / (profile.sum() + TINY) - within.sum(2) / len(profile)
    return gain.max(1), starts[gain.argmax(1)]


def refined(proposal: Proposal, box: tuple[int, int, int, int]) -> Iterator[Proposal]:
    """Yield a proposal with its grid fitted to a box in which cells were found: with square cells, if nearly so, first.

    box: top, left, bottom, right.
    """
    scale = proposal.scale
    block, line = (np.array(pair) / scale for pair in proposal.lattice)
    top, left, bottom, right = (side // scale for side in box)
    small = top, left, bottom, right
    if np.ptp(block) < NEARLY_SQUARE * block.min():
        rows, columns = profiles(proposal.steps, small)
        widths = np.linspace(block.min() * (1 - WIDE), block.max() * (1 + WIDE), SQUARES)
        (high, y), (wide, x) = best_lines(rows, widths, line[0] - top), best_lines(columns, widths, line[1] - left)
        best = (high + wide).argmax()
        square = scale * widths[[best, best]], scale * np.array([y[best] + top, x[best] + left])
        yield proposal._replace(lattice=lattice_of(*square), box=box)
    block, line = fitted(proposal.steps, small, block, line)
    yield proposal._replace(lattice=lattice_of(scale * block, scale * line), box=box)


def lattice_of(block: np.ndarray, line: np.ndarray) -> Lattice:
    """Return the grid of a block with a line, (2,) px each."""
    (high, wide), (y, x) = block.tolist(), line.tolist()
    return Lattice((high, wide), (y % high, x % wide))
