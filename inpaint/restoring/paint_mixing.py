"""How far paint is mixed into the rings of pixels around holes, by their means; what for: see `paint_reach`."""

from __future__ import annotations

import numpy as np

from inpaint.restoring.paint_rings import LOOKED_AT, Rings

FARTHEST_REACH = 16  # px
LEAST_PAINT_CONTRAST = 16.0  # levels between paint and surroundings, of luma or chroma, that mixing can be seen with
LEAST_MIXED_PAINT = 4.0  # levels by which a ring is nearer to the paint
SURE = 3.0  # standard errors
ALIKE = 3  # neighbouring pixels of texture that count as one
OUTLYING = 4.0  # times the median difference, that one pixel counts for at most
LEAST_SHARE_BESIDE_THIN = 0.06  # of paint in the pixels that touch a line, of which one side may be sharp
LEAST_SHARE_BESIDE = 0.2  # the same beside other holes; by chance there is less, mixed in mostly 0.3
LEAST_SHARE_MORE = 0.045  # in the pixels that touch a line, than in those behind, which share the picture's own colours
BEHIND_LINE = 2, 3  # px from it
PLAUSIBLE_SHARES = (-0.5, 1.0)  # of paint in one pixel; what is beyond is the picture's own


def last_mixed(rings: Rings, paints: np.ndarray, part: slice, thin: np.ndarray) -> np.ndarray:
    """Return the last distance from each hole up to which all rings are mixed with paint, int (count,).

    part: of luma and the two of chroma, which are looked at.  thin: (count,) bool, the lines among the holes.
    """
    towards = paints[rings.hole][:, part] - rings.further[:, part]
    contrast = np.linalg.norm(towards, axis=1)
    clear = contrast >= LEAST_PAINT_CONTRAST  # not where the hole has no colour of its own
    nearer = ((rings.here - rings.further)[:, part] * towards).sum(1)[clear] / contrast[clear]  # (N,) levels
    beyond = abs(nearer[rings.distance[clear] > FARTHEST_REACH])
    most = max(LEAST_PAINT_CONTRAST, OUTLYING * float(np.median(beyond))) if beyond.size else LEAST_PAINT_CONTRAST
    first, *behind = (
        share_in_ring(rings, nearer / contrast[clear], clear, len(paints), it) for it in (1, *BEHIND_LINE)
    )
    nearer = nearer.clip(-most, most)  # a few edges of the picture decide nothing
    shape = len(paints), LOOKED_AT + 1
    place = np.ravel_multi_index((rings.hole[clear], rings.distance[clear]), shape)
    size = shape[0] * shape[1]
    counts, sums, squares = (np.bincount(place, weights, size).reshape(shape) for weights in (None, nearer, nearer**2))
    mean = sums / counts.clip(min=1)
    variance = (squares / counts.clip(min=1) - mean**2).clip(min=0) * ALIKE / counts.clip(min=1)
    own = mean[:, FARTHEST_REACH + 1 :]  # (count, rings) what rings of the picture alone show
    error = np.sqrt(np.maximum(variance, own.var(axis=1, keepdims=True)))
    least = np.maximum(LEAST_MIXED_PAINT, SURE * error) + np.median(own, axis=1, keepdims=True).clip(min=0)
    mixed = ((mean > least) & (counts > ALIKE))[:, : FARTHEST_REACH + 1]
    mixed[:, 0] = True
    mixed[:, 1] &= first >= np.where(thin, LEAST_SHARE_BESIDE_THIN, LEAST_SHARE_BESIDE)
    steps_up = mean[:, 1] - mean[:, list(BEHIND_LINE)].mean(1) > np.maximum(LEAST_MIXED_PAINT, SURE * error[:, 1])
    mixed[:, 1] |= thin & steps_up & (first - np.mean(behind, axis=0) >= LEAST_SHARE_MORE)
    return np.logical_and.accumulate(mixed, axis=1).sum(1) - 1


def share_in_ring(rings: Rings, shares: np.ndarray, clear: np.ndarray, count: int, distance: int) -> np.ndarray:
    """Return the mean share of paint in the pixels at a distance from each hole, (count,); 0 where none tell."""
    there = rings.distance[clear] == distance
    hole, share = rings.hole[clear][there], shares[there].clip(*PLAUSIBLE_SHARES)
    return np.bincount(hole, share, count) / np.bincount(hole, minlength=count).clip(min=1)
