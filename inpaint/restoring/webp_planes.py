"""The planes of a lossy WebP as far as its decoded pixels tell them, as if it were a JPEG with even tables.

Source: RFC 6386 (VP8): 4:2:0, transforms of 4 x 4 whose steps are nearly even, so its noise is nearly white.  Its
decoder enlarges colours by a triangle, which is undone.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.images.jpeg_blocks import LUMA_AND_COLOURS, MIDDLE, Component
from inpaint.images.jpeg_rounding import cosines
from inpaint.restoring.jpeg_fit import as_blocks

WEBP_STEP = 24.0  # levels, chosen on four photographs with boxes and a stroke, quality 50 to 95
WEBP_CELL = 16  # px that blocks of all planes meet in again
ENLARGED_MEAN = np.array([0.125, 0.75, 0.125], np.float32)  # what the mean of enlarged samples is of them
UNSMOOTHING_TURNS = 16  # each takes away a quarter of what is left at least


def webp_planes(colour: np.ndarray) -> list[Component]:
    """Return luma and both colour differences of decoded pixels (H, W, 3) uint8; blocks are float here."""
    height, width = colour.shape[:2]
    whole = np.pad(colour, ((0, -height % WEBP_CELL), (0, -width % WEBP_CELL), (0, 0)), mode="edge").astype(np.float32)
    basis, table, found = cosines(), np.full((8, 8), WEBP_STEP, np.float32), []
    for number, weights in enumerate(LUMA_AND_COLOURS):
        middle, side = (0, 2) if number else (MIDDLE, 1)
        plane = whole @ weights.astype(np.float32) - middle
        if number:
            plane = unsmoothed(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        blocks = basis @ as_blocks(plane) @ basis.T / table
        found.append(Component("", blocks, table, side, side, weights, middle))
    return found


def unsmoothed(plane: np.ndarray) -> np.ndarray:
    """Return the samples (h, w) whose smoothing gives a plane."""
    samples = plane
    for _ in range(UNSMOOTHING_TURNS):
        samples = (
            samples
            + plane
            - cv2.sepFilter2D(samples, -1, ENLARGED_MEAN, ENLARGED_MEAN, borderType=cv2.BORDER_REPLICATE)
        )
    return samples
