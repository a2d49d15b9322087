"""Finds the pixels that somebody painted in one colour to mark what shall be restored.

Source: the rule of DeepCreamPy, where a pixel is marked if it is exactly the colour, by default pure green.  What
differs: a tolerance for soft brushes and JPEG, as a distance that eyes see (CIE 1976, in L*a*b* of sRGB under D65; 2 is
hardly seen, 20 is another green), the brush's soft edge, a count of the pixels that only nearly have the colour, and a
guess at paint of another shade.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

GREEN = (0, 255, 0)
# Distances are those of CIE 1976.
NEARLY_PAINTED = 24  # distance; farther than this from the colour nobody calls a pixel painted
SUGGESTED_SHARE = 0.9  # of the near pixels, that a suggested tolerance takes; the rest are blends at soft edges
BRUSH_EDGE = 55  # distance of blends of about two fifths of the paint, which are the brush's edge beside painted pixels
BRUSH_EDGE_WIDTH = 2  # px
TRIED_LEVELS_APART = 15  # 8-bit levels between the colours that are tried to learn which can be near a target
TRIED_LEVELS_ERROR = 12  # distance by which such a trial may be off
ROWS_AT_ONCE = 256  # of the picture, that are converted at a time
# Paint of another shade than the target:
LEAST_PAINT = 64  # pixels of one shade
LEAST_EVEN_SHARE = 0.5  # of its pixels, that have it all around them
SAME_HUE = 40  # degrees, where both colours have a hue
LEAST_CHROMA = 20  # of a colour with a hue
SAME_GREY = 60  # distance, where the target has none
TRIED_SHADES = 64  # the commonest ones
D65_WHITE = (0.95047, 1.0, 1.08883)  # XYZ
SRGB_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041))


class NearMisses(NamedTuple):
    """Pixels that nearly have the marking colour."""

    count: int  # within the tolerance
    colour: tuple[int, int, int]  # the commonest of them, in 8-bit levels
    tolerance: int  # the smallest that takes most of all near pixels


class LikelyPaint(NamedTuple):
    """A flat colour that resembles the marking colour."""

    colour: tuple[int, int, int]  # 8-bit levels
    count: int  # pixels that a search for it with that tolerance marks
    tolerance: int


def painted(
    colour: np.ndarray, target: tuple[int, int, int] = GREEN, *, tolerance: int = 0, edges: bool = True
) -> np.ndarray:
    """Return which pixels have the target colour, (H, W) bool.

    colour: (H, W, 3) RGB or (H, W, 1) grey, uint8 or uint16.  target: in 8-bit levels.  With tolerance 0 the colour
    must be exact; otherwise it may be that far off, and, with edges, soft edges of what is painted belong to it.
    """
    if tolerance == 0:
        return channel_differences(colour, target) == 0
    far = colour_distances(colour, target, max(tolerance, BRUSH_EDGE))
    marked = far <= tolerance
    if edges and marked.any():
        square = np.ones((2 * BRUSH_EDGE_WIDTH + 1, 2 * BRUSH_EDGE_WIDTH + 1), np.uint8)
        beside = cv2.dilate(marked.astype(np.uint8), square) > 0
        marked |= beside & (far <= BRUSH_EDGE)
    return marked


def near_misses(
    colour: np.ndarray,
    target: tuple[int, int, int] = GREEN,
    *,
    tolerance: int = 0,
    marked: np.ndarray | None = None,
) -> NearMisses | None:
    """Return which pixels nearly have the target colour, and the tolerance that takes most of them; None for no pixel.

    What is marked, (H, W) bool, or else what is painted within the given tolerance, is neither near nor missed.
    """
    far = colour_distances(colour, target, NEARLY_PAINTED)
    near = (far <= NEARLY_PAINTED) & ~(painted(colour, target, tolerance=tolerance) if marked is None else marked)
    if not near.any():
        return None
    steps = np.sort(np.ceil(far[near]).astype(np.int64))
    enough = int(steps[int(np.ceil(SUGGESTED_SHARE * len(steps))) - 1])
    pixels = np.broadcast_to(colour, (*colour.shape[:2], 3))[near].astype(np.int64)  # (N, 3)
    codes, counts = np.unique(pixels @ (1 << 32, 1 << 16, 1), return_counts=True)
    commonest = int(codes[counts.argmax()])
    red, green, blue = (round((commonest >> shift & 0xFFFF) / levels_per_8_bit_level(colour)) for shift in (32, 16, 0))
    return NearMisses(int((steps <= enough).sum()), (red, green, blue), enough)


def likely_paint(colour: np.ndarray, target: tuple[int, int, int] = GREEN) -> LikelyPaint | None:
    """Return the commonest flat colour that resembles the target: of its hue, or, for a grey target, its lightness.

    colour: as `painted` takes it.  Flat is what has its own shade all around, as paint has and grass has not.
    """
    levels = np.broadcast_to(colour // levels_per_8_bit_level(colour), (*colour.shape[:2], 3)).astype(np.int32)
    shades = (levels >> 3) @ np.array([1024, 32, 1])  # (H, W), 32 levels in each channel
    counts = np.bincount(shades.ravel(), minlength=1 << 15)
    best: tuple[int, int] | None = None
    for shade in np.argsort(counts)[::-1][:TRIED_SHADES].tolist():
        centre = np.array([[(shade >> 10) * 8 + 4, (shade >> 5 & 31) * 8 + 4, (shade & 31) * 8 + 4]], np.float32)
        if counts[shade] < LEAST_PAINT or not resembles(lab(centre)[0], lab(np.array([target], np.float32))[0]):
            continue
        own = (shades == shade).astype(np.uint8)
        even = int(cv2.erode(own, np.ones((3, 3), np.uint8)).sum())
        if even >= LEAST_EVEN_SHARE * counts[shade] and (best is None or even > best[0]):
            best = even, shade
    if best is None:
        return None
    codes, often = np.unique(levels[shades == best[1]] @ (1 << 16, 1 << 8, 1), return_counts=True)
    code = int(codes[often.argmax()])
    found = code >> 16, code >> 8 & 255, code & 255
    near = near_misses(colour, found)
    exact = int(painted(colour, found).sum())
    if near is None or near.count <= exact * (1 - SUGGESTED_SHARE):
        return LikelyPaint(found, exact, 0)
    return LikelyPaint(found, exact + near.count, near.tolerance)


def has_hue(colour: tuple[int, int, int]) -> bool:
    """Tell whether a colour, in 8-bit levels, is more than a shade of grey."""
    return bool(np.hypot(*lab(np.array([colour], np.float32))[0, 1:]) >= LEAST_CHROMA)


def resembles(shade: np.ndarray, target: np.ndarray) -> bool:
    """Tell whether a colour may be meant for another, both L*a*b*: by hue where the target has one."""
    chroma, wanted = (float(np.hypot(*it[1:])) for it in (shade, target))
    if wanted < LEAST_CHROMA:
        return bool(np.linalg.norm(shade - target) <= SAME_GREY) and chroma < LEAST_CHROMA
    turned = np.degrees(np.arctan2(shade[2], shade[1]) - np.arctan2(target[2], target[1]))
    return chroma >= LEAST_CHROMA and abs((turned + 180) % 360 - 180) <= SAME_HUE


def colour_distances(colour: np.ndarray, target: tuple[int, int, int], limit: int) -> np.ndarray:
    """Return the distance of every pixel from the target (CIE 1976), (H, W); infinite where surely above the limit.

    Only pixels that can be within the limit are converted, so that large pictures are looked through quickly.
    """
    low, high = (np.array(bound) * levels_per_8_bit_level(colour) for bound in near_levels(target, limit))
    far = np.full(colour.shape[:2], np.inf, np.float32)
    for top in range(0, len(colour), ROWS_AT_ONCE):
        rows = np.broadcast_to(colour[top : top + ROWS_AT_ONCE], (*colour[top : top + ROWS_AT_ONCE].shape[:2], 3))
        possible = np.ones(rows.shape[:2], bool)
        for channel in range(3):
            possible &= (rows[..., channel] >= low[channel]) & (rows[..., channel] <= high[channel])
        pixels = rows[possible].astype(np.float32) / levels_per_8_bit_level(colour)  # (N, 3)
        far[top : top + ROWS_AT_ONCE][possible] = np.linalg.norm(
            lab(pixels) - lab(np.array([target], np.float32)), axis=1
        )
    return far


@lru_cache
def near_levels(target: tuple[int, int, int], limit: int) -> tuple[list[int], list[int]]:
    """Return the least and the largest 8-bit level of each channel that a colour within the limit can have."""
    tried = np.arange(0, 256, TRIED_LEVELS_APART, dtype=np.float32)
    colours = np.stack(np.meshgrid(tried, tried, tried), -1).reshape(-1, 3)
    near = np.linalg.norm(lab(colours) - lab(np.array([target], np.float32)), axis=1) <= limit + TRIED_LEVELS_ERROR
    colours = np.concatenate([colours[near], np.array([target], np.float32)])
    low, high = (colours.min(0) - TRIED_LEVELS_APART).clip(0, 255), (colours.max(0) + TRIED_LEVELS_APART).clip(0, 255)
    return low.astype(int).tolist(), high.astype(int).tolist()


def lab(levels: np.ndarray) -> np.ndarray:
    """Return CIE L*a*b* of sRGB colours (N, 3) in 8-bit levels."""
    share = levels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    ratio = linear @ np.array(SRGB_TO_XYZ, np.float32).T / np.array(D65_WHITE, np.float32)
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def channel_differences(colour: np.ndarray, target: tuple[int, int, int]) -> np.ndarray:
    """Return how far the channel that differs most is from the target, (H, W), in the array's own levels.

    A channel at a time and in the array's own type: large pictures are looked through for paint quickly.
    """
    worst = np.zeros(colour.shape[:2], colour.dtype)
    for index, level in enumerate(target):
        channel, wanted = (
            colour[:, :, index % colour.shape[2]],
            colour.dtype.type(level * levels_per_8_bit_level(colour)),
        )
        np.maximum(worst, np.maximum(channel, wanted) - np.minimum(channel, wanted), out=worst)
    return worst


def levels_per_8_bit_level(colour: np.ndarray) -> int:
    """Return how many levels of this array make one 8-bit level: 1 for 8 bits, 257 for 16 bits."""
    return int(np.iinfo(colour.dtype).max) // 255
