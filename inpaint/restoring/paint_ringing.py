"""How far a lossy file's ringing spoils what lies beside paint.

What: blocks of coefficients that a codec rounds mix both sides of an edge, with errors of zero mean, so no colour tells
them.  But paint is one colour, so what strays from it inside a hole is seen; it strays as far outside, at the same
distance from the edge.  A ring of pixels is spoiled where that is more than the picture's own texture further out,
which hides it and would be lost.
Source: our own.  Strays inside and outside were compared over five paints, JPEG 50 to 95 and WebP 75.
"""

from __future__ import annotations

import numpy as np

from inpaint.restoring.paint_rings import LOOKED_AT, PaintedPixels, Rings

FARTHEST_RINGING = 16  # px, side of the largest blocks
LEAST_RINGING = 1.5  # levels of root mean square
CLIPPED = 1.5  # times as much outside as inside: paint lies mostly at the end of a channel's range, where half is cut
FAR_INSIDE = 24  # px, where no ringing reaches though the mark is wider than the paint
MOST_STRAY_INSIDE = 1.5  # levels of root mean square there; skies have shades
BESIDE_PAINT = 4  # px
APART_FROM_PAINT, MOSTLY_APART = 32.0, 0.6  # levels between paint and pixels beside it, and share of those
FEWEST_PAINTED = 8  # pixels at one depth that tell how they stray


def last_spoiled(paint: PaintedPixels, rings: Rings, paints: np.ndarray, part: slice) -> np.ndarray:
    """Return the last distance from each hole up to which ringing spoils all rings, int (count,).

    paints: (count, 3), the colour of each hole, not a number for one of many.  part: of luma and the two of chroma,
    which are looked at.
    """
    count = len(paints)
    strays = ((paint.here - paints[paint.hole])[:, part] ** 2).sum(1)
    told = np.isfinite(strays)
    energy = mean_at(paint.hole[told], np.rint(paint.depth[told]), strays[told], (count, FARTHEST_RINGING))
    energy = np.maximum.accumulate(energy[:, ::-1], axis=1)[:, ::-1] * CLIPPED**2
    steps = ((rings.here - rings.further)[:, part] ** 2).sum(1) / 2  # two pixels differ by twice what one varies
    texture = mean_at(rings.hole, rings.distance, steps, (count, LOOKED_AT))[:, FARTHEST_RINGING + 1 :]
    own = np.median(texture, axis=1, keepdims=True)
    spoiled = energy > np.maximum(own, LEAST_RINGING**2)
    spoiled[:, 0] = True
    return np.logical_and.accumulate(spoiled, axis=1).sum(1) - 1


def is_clear_paint(paint: PaintedPixels, rings: Rings, paints: np.ndarray) -> np.ndarray:
    """Say which holes are surely paint and not plain picture, (count,) bool: all alike far inside, and unlike beside.

    paints: as of `last_spoiled`.
    """
    count = len(paints)
    deep = (paint.depth > FAR_INSIDE) & np.isfinite(paints[paint.hole, 0])
    strays = ((paint.here - paints[paint.hole])[deep] ** 2).sum(1)
    sums, counts = (np.bincount(paint.hole[deep], weights, count) for weights in (strays, None))
    even = sums <= MOST_STRAY_INSIDE**2 * counts
    beside = (rings.distance > 1) & (rings.distance <= BESIDE_PAINT)
    apart = np.linalg.norm((rings.here - paints[rings.hole])[beside], axis=1) >= APART_FROM_PAINT
    unlike, seen = (np.bincount(rings.hole[beside], weights, count) for weights in (apart, None))
    return even & (unlike >= MOSTLY_APART * seen) & (seen > 0)


def rings_at_all(paint: PaintedPixels, paints: np.ndarray) -> np.ndarray:
    """Say in which holes paint strays near their edge, (count,) bool; in a file of highest quality it does not.

    paints: as of `last_spoiled`.
    """
    near = (paint.depth <= BESIDE_PAINT) & np.isfinite(paints[paint.hole, 0])
    strays = ((paint.here - paints[paint.hole])[near] ** 2).sum(1)
    sums, counts = (np.bincount(paint.hole[near], weights, len(paints)) for weights in (strays, None))
    return sums >= LEAST_RINGING**2 * counts


def mean_at(hole: np.ndarray, distance: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the mean of values at each whole distance from each hole, (count, farthest + 1); 0 for too few."""
    size = shape[0], shape[1] + 1
    near = distance < size[1]
    place = np.ravel_multi_index((hole[near], distance[near].astype(int)), size)
    counts, sums = (np.bincount(place, weights, size[0] * size[1]).reshape(size) for weights in (None, values[near]))
    return np.where(counts >= FEWEST_PAINTED, sums / counts.clip(min=1), 0)
