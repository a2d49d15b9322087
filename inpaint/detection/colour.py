"""Finds the pixels that somebody painted in one colour to mark what shall be restored.

Source: the rule of DeepCreamPy, where a pixel is marked if it is exactly the colour, by default pure green.  What
differs: a tolerance for soft brushes and JPEG, and a count of the pixels that only nearly have the colour.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

GREEN = (0, 255, 0)
# Farther than this from the colour, in 8-bit levels of the worst channel, nobody calls a pixel painted.
NEAR = 48
# A tolerance is worth suggesting when it takes this share of the near pixels; the rest are blends at soft edges.
MOST = 0.9


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


def near_misses(colour: np.ndarray, target: tuple[int, int, int] = GREEN, *, tolerance: int = 0) -> NearMisses | None:
    """Return what only nearly has the target colour, and the tolerance that would take most of it; None for nothing.

    What is painted within the given tolerance counts neither as near nor as missed.
    """
    missed = differences(colour, target)  # (H, W)
    near = (missed > tolerance * scale(colour)) & (missed <= NEAR * scale(colour))
    if not near.any():
        return None
    steps = np.sort(-(-missed[near].astype(np.int64) // scale(colour)))  # 8-bit levels, rounded up
    enough = int(steps[int(np.ceil(MOST * len(steps))) - 1])
    pixels = np.broadcast_to(colour, (*colour.shape[:2], 3))[near].astype(np.int64)  # (N, 3)
    codes, counts = np.unique(pixels @ (1 << 32, 1 << 16, 1), return_counts=True)
    commonest = int(codes[counts.argmax()])
    red, green, blue = (round((commonest >> shift & 0xFFFF) / scale(colour)) for shift in (32, 16, 0))
    return NearMisses(int((steps <= enough).sum()), (red, green, blue), enough)


def differences(colour: np.ndarray, target: tuple[int, int, int]) -> np.ndarray:
    """Return by how much the worst channel of every pixel misses the target, (H, W), in the array's own levels.

    A channel at a time and in the array's own type: large pictures are looked through for paint quickly.
    """
    worst = np.zeros(colour.shape[:2], colour.dtype)
    for index, level in enumerate(target):
        channel, wanted = colour[:, :, index % colour.shape[2]], colour.dtype.type(level * scale(colour))
        np.maximum(worst, np.maximum(channel, wanted) - np.minimum(channel, wanted), out=worst)
    return worst


def scale(colour: np.ndarray) -> int:
    """Return how many levels of this array make one 8-bit level: 1, or 257 for 16 bits."""
    return int(np.iinfo(colour.dtype).max) // 255
