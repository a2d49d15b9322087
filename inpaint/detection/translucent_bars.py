"""Finds upright bars that let the picture be seen and that nobody marked: layers of one colour and one opacity.

What: their four sides are sharp steps, one pixel wide, along lines of the picture; sides of nearly one length that face
each other, with such steps between their ends, are a candidate.  What lies on either side of its outline must then be
the same picture, once with the layer and once without, as `layers` tells for marked regions, and more closely.
What it cannot find: tilted and round ones, soft edges, gradients, and, in most JPEGs, faint ones.
Source: our own.  The thresholds were chosen on 40 photographs and 20 drawings with a layer each, and without.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.layers import TranslucentLayer, find_layer, rim_of, step_left
from inpaint.detection.levels import SearchedImage, as_levels, luma_of

LARGEST_SEARCH = 4_000_000  # px; of more only every second, third, ... is looked at, along rows and columns
LEAST_SIDE_STEP, STEP_STANDS_OUT = 4.0, 1.6  # levels of a step, and times the steps beside it
RUN_WINDOW, LEAST_SHARP = 41, 0.4  # px of a side, and the share of them that must show a step
SHORTEST_RUN, LEAST_HEIGHT = 16, 8  # px
ENDS_APART = 20  # px, that the ends of two sides may lie apart
MOST_RUNS, MOST_BOXES = 400, 60  # the longest and the largest
CONTEXT = 24  # px around a candidate
MOST_LEFT_AT_RIM = 1.4  # times the steps beside the outline, that the step over it may be with the layer taken off
LEAST_CHANGE = 4.0  # times what then is left, that the layer must change
MOST_KNOWN_THERE = 0.02  # of a candidate, that may be known already

Sides = tuple[int, int, int, int]  # top, left, bottom, right


class LayeredBar(NamedTuple):
    """A bar that lets the picture be seen."""

    layer: TranslucentLayer  # as it lies in the picture
    top: int
    left: int
    size: tuple[int, int]  # px
    score: float  # in (0, 1]: how well both sides of its outline agree


def find_layered_bars(image: SearchedImage, taken: np.ndarray) -> list[LayeredBar]:
    """Return the translucent bars of a picture (3, H, W), uint8 or in [0, 1]; taken: (H, W) bool, known already."""
    every = int(np.ceil(np.sqrt(max(1.0, image.shape[-2] * image.shape[-1] / LARGEST_SEARCH))))
    candidates = sorted(set(facing_sides(luma_of(image[:, ::every, ::every]))), key=area)[-MOST_BOXES:]
    found, known = [], taken.copy() if candidates else taken
    for sides in reversed(candidates):
        sides = sides if every == 1 else placed_finely(image, sides, every)
        here = known[sides[0] : sides[2], sides[1] : sides[3]]
        if not here.size or here.mean() > MOST_KNOWN_THERE:
            continue
        bar = layered_bar(image, sides)
        if bar is not None:
            here[:] = True
            found.append(bar)
    return found


def area(sides: Sides) -> int:
    """Return the area of a box, px."""
    return (sides[2] - sides[0]) * (sides[3] - sides[1])


def facing_sides(luma: np.ndarray) -> Iterator[Sides]:
    """Yield the boxes whose four sides are sharp steps; luma: (H, W), levels 0..255."""
    steps_down, steps_across = sharp_steps(luma), sharp_steps(np.ascontiguousarray(luma.T)).T
    runs, summed = longest_runs(steps_down), np.pad(np.cumsum(steps_across, 0, dtype=np.int32), ((1, 0), (0, 0)))
    for top, left, right in runs.tolist():
        facing = (runs[:, 0] >= top + LEAST_HEIGHT) & (np.abs(runs[:, 1:] - (left, right)) <= ENDS_APART).all(1)
        for bottom, other_left, other_right in runs[facing].tolist():
            shares = (summed[bottom] - summed[top]) / (bottom - top)
            first, last = (
                best_near(shares, min(pair), max(pair)) for pair in ((left, other_left), (right, other_right))
            )
            if min(shares[first], shares[last]) >= LEAST_SHARP and last - first >= SHORTEST_RUN:
                yield top, first, bottom, last


def best_near(shares: np.ndarray, low: int, high: int) -> int:
    """Return where a share is largest, in and near a range."""
    start = max(low - ENDS_APART, 1)
    return start + int(shares[start : high + ENDS_APART + 1].argmax()) if start < len(shares) else len(shares) - 1


def sharp_steps(luma: np.ndarray) -> np.ndarray:
    """Return where pixels differ from those above more than pixels do one row further, (H, W) uint8."""
    steps = np.zeros_like(luma)
    np.abs(luma[1:] - luma[:-1], out=steps[1:])
    beside = np.zeros_like(luma)
    np.maximum(steps[:-2], steps[2:], out=beside[1:-1])
    return ((steps > LEAST_SIDE_STEP) & (steps > STEP_STANDS_OUT * beside)).astype(np.uint8)


def longest_runs(sharp: np.ndarray) -> np.ndarray:
    """Return the longest runs of sharp steps along rows: row, first and last column, (n, 3)."""
    share = cv2.blur(sharp.astype(np.float32), (RUN_WINDOW, 1))
    ends = np.diff(np.pad((share >= LEAST_SHARP).astype(np.int8), ((0, 0), (1, 1))), axis=1)
    (rows, first), (_, last) = np.nonzero(ends == 1), np.nonzero(ends == -1)
    runs = np.stack([rows, first, last], 1)[last - first >= SHORTEST_RUN]
    return runs[np.argsort(runs[:, 1] - runs[:, 2])][:MOST_RUNS]


def placed_finely(image: SearchedImage, sides: Sides, every: int) -> Sides:
    """Return the sides of a box, found among every so many pixels, where steps are largest in the whole picture."""
    top, left, bottom, right = (side * every for side in sides)
    rows, columns = slice(top, bottom), slice(left, right)

    def best(side: int, along: slice, axis: int) -> int:
        start = max(side - every, 1)
        near = slice(start - 1, side + every + 1)
        luma = luma_of(image[:, near, along] if axis == 0 else image[:, along, near])
        return start + int(np.abs(np.diff(luma, axis=axis)).mean(1 - axis).argmax())

    return best(top, columns, 0), best(left, rows, 1), best(bottom, columns, 0), best(right, rows, 1)


def layered_bar(image: SearchedImage, sides: Sides) -> LayeredBar | None:
    """Return the bar that a box is, None where what is inside is not surely what is outside with a layer over it."""
    top, left, bottom, right = sides
    corner = max(top - CONTEXT, 0), max(left - CONTEXT, 0)
    seen = as_levels(image[:, corner[0] : bottom + CONTEXT, corner[1] : right + CONTEXT]) / 255
    inside = np.zeros(seen.shape[:2], bool)
    inside[top - corner[0] : bottom - corner[0], left - corner[1] : right - corner[1]] = True
    layer, rim = find_layer(seen, inside, ~inside), rim_of(seen, inside, ~inside, 0)
    if layer is None or rim is None or not layer.is_even:
        return None
    remaining, changed = step_left(rim, layer), float(np.abs(rim.within - rim.beyond).mean())
    if remaining > MOST_LEFT_AT_RIM * rim.step or changed < LEAST_CHANGE * remaining:
        return None
    size = bottom - top, right - left
    return LayeredBar(layer.shifted(*corner), top, left, size, 1 - remaining / changed)
