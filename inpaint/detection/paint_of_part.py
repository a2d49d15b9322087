"""Tells whether a part of one colour is as even as paint is, against what lies around it.

What: paint has one exact colour, and what a JPEG makes of it is off by little for its step to the surround; shadows,
clipped lights and shades of a photograph are not.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts bars pages clean traps`.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.detection.flat_parts import NEAR_COLOUR, FlatPart, distance_from, spread_of

SURROUND_DISTANCE = 4  # px from the outline to where the surround is looked at
# The inside, away from the outline; of what is not as even as paint is:
LEAST_NEAR_INSIDE = 0.7  # share within NEAR_COLOUR
LEAST_EXACT_IN_UNEVEN = 0.05  # share of exactly its colour, but for bars with
LEAST_STEP_OF_UNEVEN_BAR = 64  # levels to what lies around, of 85 % of it
# Over a ground of few shades, what is painted is even where the picture is not:
MOST_EVEN_PICTURE = 0.2  # share of a photograph's pixels that are like all beside them; drawings have more
LEAST_EXACT_OVER_PHOTO = 0.4  # share of its inside
LEAST_EXACT_OVER_DRAWING, LEAST_ROUGH_AROUND = 0.995, 0.3  # the same, and share of what lies around that is uneven
BLACK_PAINT_LEVEL = 2  # up to this level black is paint
SHADOW_LEVEL = 24  # between these two levels what is dark may be a shadow
LEAST_EVEN_IN_PAINT = 0.3  # share of a dark part's inside that must be exactly even; shadows have noise


def is_shadow(levels: np.ndarray, part: FlatPart) -> bool:
    """Tell whether a part is nearly black but uneven: a shadow, not paint."""
    if not BLACK_PAINT_LEVEL < int(part.colour.max()) < SHADOW_LEVEL:
        return False
    height, width = part.mask.shape
    seen = levels[part.top : part.top + height, part.left : part.left + width]
    element = np.ones((3, 3), np.uint8)
    inside = cv2.erode(np.pad(part.mask, 1), np.ones((7, 7), np.uint8))[1:-1, 1:-1] > 0
    even = (cv2.dilate(seen, element) == cv2.erode(seen, element)).all(2)
    return bool(inside.any()) and float(even[inside].mean()) < LEAST_EVEN_IN_PAINT


def surround_of(levels: np.ndarray, part: FlatPart) -> tuple[np.ndarray, np.ndarray]:
    """Return where around a part its surroundings are looked at, (h, w) bool near it, and their colours, (N, 3)."""
    margin, (height, width) = SURROUND_DISTANCE, part.mask.shape
    top, left = max(part.top - margin, 0), max(part.left - margin, 0)
    near = levels[top : part.top + height + margin, left : part.left + width + margin]
    mask = np.zeros(near.shape[:2], np.uint8)
    mask[part.top - top :, part.left - left :][:height, :width] = part.mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin - 1, 2 * margin - 1))
    inner = cv2.dilate(mask, disc)
    ring: np.ndarray = cv2.dilate(inner, np.ones((3, 3), np.uint8)) > inner
    return ring, near[ring]


def distances_inside(levels: np.ndarray, part: FlatPart) -> np.ndarray:
    """Return by how many levels pixels of a part, away from its outline, are off its colour, (N,)."""
    height, width = part.mask.shape
    inside = cv2.erode(np.pad(part.mask, 1), np.ones((5, 5), np.uint8))[1:-1, 1:-1] > 0
    return distance_from(levels[part.top : part.top + height, part.left : part.left + width], part.colour)[inside]


def is_too_uneven(levels: np.ndarray, part: FlatPart, beyond: np.ndarray) -> bool:
    """Tell whether a part is no paint, not even after a JPEG; beyond: (N, 3), the colours around it."""
    inside = distances_inside(levels, part)
    if not len(inside):
        return False
    if (inside <= NEAR_COLOUR).mean() < LEAST_NEAR_INSIDE:
        return True
    step = np.percentile(np.abs(beyond - part.colour).max(1), 15)
    clear = part.straight and step >= LEAST_STEP_OF_UNEVEN_BAR
    return not part.exact and not clear and float((inside == 0).mean()) < LEAST_EXACT_IN_UNEVEN


def stands_out(part: FlatPart, beyond: np.ndarray) -> bool:
    """Tell whether a thin bar in a JPEG differs from nearly all around it; beyond: (N, 3), the colours around it."""
    step = np.percentile(np.abs(beyond - part.colour).max(1), 15)
    return bool(part.straight and step >= LEAST_STEP_OF_UNEVEN_BAR)


def is_paint_over_grain(levels: np.ndarray, part: FlatPart, even: float) -> bool:
    """Tell whether a part is exactly even, and its picture is not; even: the share of the picture that is."""
    inside = distances_inside(levels, part)
    exact = float((inside == 0).mean()) if len(inside) else 0.0
    if even <= MOST_EVEN_PICTURE and exact >= LEAST_EXACT_OVER_PHOTO:
        return True
    margin, (height, width) = SURROUND_DISTANCE + 2, part.mask.shape
    top, left = max(part.top - margin, 0), max(part.left - margin, 0)
    near = levels[top : part.top + height + margin, left : part.left + width + margin]
    moved = part._replace(top=part.top - top, left=part.left - left)
    ring, _ = surround_of(near, moved)
    down, right = max(moved.top - SURROUND_DISTANCE, 0), max(moved.left - SURROUND_DISTANCE, 0)
    rough = spread_of(near)[down : down + ring.shape[0], right : right + ring.shape[1]][ring] > 0
    return exact >= LEAST_EXACT_OVER_DRAWING and float(rough.mean()) >= LEAST_ROUGH_AROUND
