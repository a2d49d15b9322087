"""Cut patches around annotated regions, each with its mask: the way of the datasets that such networks began with.

A region's box is centred in a square of `original_size` pixels, shifted inside the picture; where the picture is
smaller, the square is as large as its short side.  The square is shrunk to `size` by area averaging, and its mask goes
the same way: a pixel of the patch belongs to it when at least half of its area does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.builders.annotations.draw import draw_regions, region_bounds
from inpaint.builders.annotations.region import AnnotatedRegion

COVERED_SHARE = 0.5


class AnnotatedPatch(NamedTuple):
    """A patch, what is annotated in it, and where it was cut."""

    pixels: np.ndarray  # (size, size, 3) uint8 RGB
    mask: np.ndarray  # (size, size) bool, True = annotated
    box: tuple[int, int, int, int]  # y, x, height, width in pixels of the picture
    scale: float  # of the picture when it was cut
    labels: tuple[str, ...]  # of the regions that reach into the patch, sorted


def cut_annotated(
    picture: np.ndarray,
    regions: Sequence[AnnotatedRegion],
    *,
    size: int = 256,
    original_size: int = 512,
    largest_share: float = 1.0,
    name: str = "the picture",
    left_out: Counter[str] | None = None,
) -> list[AnnotatedPatch]:
    """Return a patch around every region, in their order, each square once; all regions in a patch are in its mask.

    picture: (H, W, 3) uint8 RGB.  A region whose mask vanishes in its patch, or covers more than `largest_share` of it,
    gives none and is counted in `left_out` by the reason.  Nothing is random.  Raises
    ValueError, naming the picture, for a side below `size` or annotations that do not fit it.
    """
    height, width = picture.shape[:2]
    if min(height, width) < size or original_size < size:
        raise ValueError(
            f"{name} has {width}x{height} pixels and original_size is {original_size}; both need at least "
            f"{size} pixels a side (size), so that no patch is enlarged"
        )
    edges = [region_bounds(region, (height, width), name) for region in regions]
    whole = draw_regions(regions, (height, width), name)
    side = min(original_size, height, width)
    patches: dict[tuple[int, int], AnnotatedPatch | None] = {}
    left_out = Counter() if left_out is None else left_out
    for found in edges:
        if found is None or found[0] >= height or found[1] >= width or found[2] <= 0 or found[3] <= 0:
            left_out["have no pixel in the picture"] += 1
            continue
        y, x = _start(found[0], found[2], side, height), _start(found[1], found[3], side, width)
        if (y, x) in patches:
            continue
        square = slice(y, y + side), slice(x, x + side)
        mask = _shrunk(whole[square].astype(np.float32), size) >= COVERED_SHARE
        inside = {
            region.label for region, other in zip(regions, edges, strict=True) if other and _meets(other, y, x, side)
        }
        pixels = _shrunk(picture[square], size)
        labels = tuple(sorted(inside - {""}))
        patch = AnnotatedPatch(pixels, mask, (y, x, side, side), size / side, labels)
        if not mask.any():
            left_out["are too small to leave a pixel in their patch"] += 1
        elif mask.mean() > largest_share:
            left_out[f"cover more than {100 * largest_share:g} % of their patch"] += 1
        patches[y, x] = patch if mask.any() and mask.mean() <= largest_share else None
    return [patch for patch in patches.values() if patch is not None]


def _start(low: float, high: float, side: int, length: int) -> int:
    """Return where a span of `side` begins that has the middle of low..high in its own, shifted into 0..length."""
    return min(max(round((low + high - side) / 2), 0), length - side)


def _meets(edges: tuple[float, float, float, float], y: int, x: int, side: int) -> bool:
    """Say whether a region's box reaches into a square."""
    top, left, bottom, right = edges
    return top < y + side and bottom > y and left < x + side and right > x


def _shrunk(pixels: np.ndarray, size: int) -> np.ndarray:
    if pixels.shape[0] == size:
        return np.ascontiguousarray(pixels)
    return cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA)
