"""Paint in a lossy file of which no pixel kept exactly its colour, although other paint in the picture did.

What: a part that nearly has the colour is paint where it is even inside and ends in a step all around, as a box that
somebody drew does; shadows and lights of a photograph fade, and are rough.
Source: our own; the thresholds were chosen with boxes and strokes of black, white, green and red in JPEGs of 50 to 95
on photographs that no benchmark uses.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

LEAST_UNSEEDED = 64  # pixels of a part
LEAST_UNSEEDED_DEPTH = 2.5  # px from the outline to the deepest pixel; less is a line or a speck
EVEN_LEVELS_OF_PAINT = 5  # by which pixels of one paint stray from their middle after a JPEG
LEAST_EVEN_OF_PAINT = 0.9  # share of a part's inside
OUTSIDE = 4  # px from a part to where its surroundings are looked at
LEAST_STEP_OUTSIDE = 32  # levels of the channel that differs most
LEAST_OUTLINE_WITH_STEP = 0.9  # share of what lies around


class UnseededPaint(NamedTuple):
    """What looks like paint although none of it has exactly its colour."""

    mask: np.ndarray  # (H, W) bool
    count: int  # parts
    doubtful: int  # further parts that are as even, but not all of whose outline is a step


def unseeded_paint(colour: np.ndarray, near: np.ndarray, taken: np.ndarray) -> UnseededPaint:
    """Return the parts of what nearly has the colour of paint that are paint by themselves.

    colour: (H, W, 1 or 3) uint8 or uint16.  near: (H, W) bool, what nearly has the colour.  taken: (H, W) bool, what is
    marked already; parts that touch it are no new ones.

    >>> picture = np.full((40, 40, 3), 120, np.uint8)
    >>> picture[10:30, 10:30] = (2, 253, 1)
    >>> near = np.zeros((40, 40), bool)
    >>> near[10:30, 10:30] = True
    >>> found = unseeded_paint(picture, near, np.zeros((40, 40), bool))
    >>> int(found.mask.sum()), found.count, found.doubtful
    (400, 1, 0)
    """
    count, parts, stats, _ = cv2.connectedComponentsWithStats(near.astype(np.uint8), connectivity=8)
    labels = np.asarray(parts, np.int32)
    depth = cv2.distanceTransform(near.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)
    deepest = np.zeros(count, np.float32)
    large = (stats[:, cv2.CC_STAT_AREA] >= LEAST_UNSEEDED) & (np.arange(count) > 0)
    large[np.unique(labels[taken])] = False
    here = large[labels]
    np.maximum.at(deepest, labels[here], depth[here])
    mask, found, doubtful = np.zeros(near.shape, bool), 0, 0
    for number in np.flatnonzero(large & (deepest >= LEAST_UNSEEDED_DEPTH)):
        left, top, width, height = (int(it) for it in stats[number, :4])
        box = (
            slice(max(top - OUTSIDE, 0), top + height + OUTSIDE),
            slice(max(left - OUTSIDE, 0), left + width + OUTSIDE),
        )
        part = labels[box] == number
        even, stepped = is_even_part(colour[box], part), ends_in_step(colour[box], part)
        if even and stepped:
            mask[box] |= part
        found, doubtful = found + (even and stepped), doubtful + (even and not stepped)
    return UnseededPaint(mask, found, doubtful)


def is_even_part(colour: np.ndarray, part: np.ndarray) -> bool:
    """Tell whether what lies inside a part (h, w) is as even as paint."""
    inside = cv2.erode(np.pad(part, 1).astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    pixels = levels_in_8_bits(colour)[inside]
    stray = np.abs(pixels - np.median(pixels, axis=0)).max(1) if len(pixels) else np.array([np.inf])
    return float((stray <= EVEN_LEVELS_OF_PAINT).mean()) >= LEAST_EVEN_OF_PAINT


def ends_in_step(colour: np.ndarray, part: np.ndarray) -> bool:
    """Tell whether what lies around a part (h, w) differs from it nearly everywhere."""
    levels, disc = levels_in_8_bits(colour), np.ones((2 * OUTSIDE - 1, 2 * OUTSIDE - 1), np.uint8)
    wide = cv2.dilate(part.astype(np.uint8), disc)
    ring = (cv2.dilate(wide, np.ones((3, 3), np.uint8)) > 0) & (wide == 0)
    step = np.abs(levels[ring] - np.median(levels[part], axis=0)).max(1)
    return len(step) > 0 and float((step >= LEAST_STEP_OUTSIDE).mean()) >= LEAST_OUTLINE_WITH_STEP


def levels_in_8_bits(colour: np.ndarray) -> np.ndarray:
    """Return colours (h, w, C) as float levels of 8 bits."""
    return colour.astype(np.float32) / (int(np.iinfo(colour.dtype).max) // 255)
