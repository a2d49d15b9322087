"""Finds the pixels that somebody painted in one colour to mark what shall be restored.

Source: the rule of DeepCreamPy, where a pixel is marked if it is exactly the colour, by default pure green.  What
differs: a tolerance for soft brushes and JPEG, and, where nothing is exact, a count of what only nearly is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

GREEN = (0, 255, 0)
# Farther than this from the colour, in 8-bit levels of the worst channel, nobody calls a pixel painted.
NEAR = 64
# A tolerance is worth suggesting when it takes this share of the near pixels; the rest are blends at soft edges.
MOST = 0.95


class NearMisses(NamedTuple):
    """Pixels that nearly have the marking colour."""

    count: int  # within the tolerance
    colour: tuple[int, int, int]  # the commonest of them, in 8-bit levels
    tolerance: int  # the smallest that takes most of all near pixels


def painted(colour: np.ndarray, target: tuple[int, int, int] = GREEN, *, tolerance: int = 0) -> np.ndarray:
    """Return which pixels have the target colour, (H, W) bool.

    colour: (H, W, 3) RGB or (H, W, 1) grey, uint8 or uint16.  target and tolerance are in 8-bit levels; a pixel may
    differ from the target by the tolerance in every channel, and by nothing at all with 0.
    """
    return differences(colour, target) <= tolerance * scale(colour)


def near_misses(colour: np.ndarray, target: tuple[int, int, int] = GREEN) -> NearMisses | None:
    """Return what nearly has the target colour, and the tolerance that would take most of it; None for nothing."""
    levels = -(-differences(colour, target) // scale(colour))  # (H, W), 8-bit levels, rounded up
    near = levels <= NEAR
    if not near.any():
        return None
    steps = np.sort(levels[near])
    tolerance = int(steps[int(np.ceil(MOST * len(steps))) - 1])
    pixels = np.broadcast_to(colour, (*colour.shape[:2], 3))[near]
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    red, green, blue = (round(int(level) / scale(colour)) for level in colours[counts.argmax()])
    return NearMisses(int((steps <= tolerance).sum()), (red, green, blue), tolerance)


def differences(colour: np.ndarray, target: tuple[int, int, int]) -> np.ndarray:
    """Return by how much the worst channel of every pixel misses the target, (H, W), in the array's own levels."""
    wanted = np.array(target, dtype=np.int32) * scale(colour)
    return np.abs(colour.astype(np.int32) - wanted).max(axis=2)


def scale(colour: np.ndarray) -> int:
    """Return how many levels of this array make one 8-bit level: 1, or 257 for 16 bits."""
    return int(np.iinfo(colour.dtype).max) // 255
