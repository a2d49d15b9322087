"""The size at which a photograph is sharp.

A picture that was enlarged, softly focused or compressed has no detail of its own in its finest octave, and teaches a
network to answer softly.  In a sharp one the finest octave has 0.7 to 1.1 times as much detail as the next (median of
BSD100 0.86); so pictures are shrunk until it has.
"""

from __future__ import annotations

import cv2
import numpy as np

SHARP = 0.64  # detail of the finest octave, of that of the next
STEP = 2**-0.25
LEAST_SIDE = 256  # px
LEAST_DETAIL = 2.2  # levels, standard deviation of the finest octave; below, there is nothing to learn


def sharpened(picture: np.ndarray) -> np.ndarray | None:
    """Return a picture (H, W, 3), area-averaged until it is sharp; None where it never is, or has no detail.

    >>> noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    >>> sharpened(noise).shape
    (400, 400, 3)
    >>> soft = cv2.resize(noise, (1000, 1000), interpolation=cv2.INTER_CUBIC)
    >>> 300 < len(sharpened(soft)) < 700
    True
    """
    while min(picture.shape[:2]) >= LEAST_SIDE:
        finest, next_one = octaves(picture)
        if finest >= SHARP * next_one:
            return picture if finest >= LEAST_DETAIL else None
        size = round(picture.shape[1] * STEP), round(picture.shape[0] * STEP)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return None


def octaves(picture: np.ndarray) -> tuple[float, float]:
    """Return the standard deviation of what two shrinks by half take away from the luminance, in levels."""
    found, grey = [], cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    for _ in range(2):
        grey = grey[: grey.shape[0] // 2 * 2, : grey.shape[1] // 2 * 2]
        small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        found.append(float((grey - cv2.resize(small, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)).std()))
        grey = small
    return found[0], found[1]
