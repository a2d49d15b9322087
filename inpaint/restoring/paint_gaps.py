"""What a mark of paint leaves out of the paint in a lossy file: pixels that the codec moved off its colour.

What: pixels beside or between those of a hole of one colour, that are mixed with it more than ringing mixes them.  They
count only where paint is further from what lies around than that varies.
Source: our own, chosen with `scripts/bench_marks.py`, JPEG 75 with hard edges: further out lines that begin at the mark
are lost.
"""

from __future__ import annotations

import cv2
import numpy as np
from torch import Tensor

from inpaint.tiling import Box, tiles

GAP_BESIDE_MARK = 1  # px from what is marked
PAINT_NEIGHBOURHOOD = 17  # px of the neighbourhood whose paint and surroundings are looked at
LEAST_SHARE_OF_GAP = 0.4  # of paint; ringing beside an edge moves good pixels by less
LEAST_SHARE_BETWEEN_PAINT = 0.2  # of paint, in small gaps with paint all around
GAP = 5  # px, across which paint lies all around
EVEN_PAINT = 24.0  # levels of standard deviation that paint has at most
LEAST_PAINT_APART = 24.0  # levels between paint and its surroundings
TIMES_TEXTURE = 1.0  # standard deviations of the surroundings, that paint must be away from them
PART_WITH_PAINT = 512  # px; what lies far from holes is not looked at


def with_gaps_of_paint(image: Tensor, inside: np.ndarray, blocked: np.ndarray) -> np.ndarray:
    """Return holes with the pixels of their paint that were left out, (H, W) bool.

    image: (3, H, W) in [0, 1].  inside, blocked: (H, W) bool, the holes, and other pixels that are unknown.
    """
    whole = inside.copy()
    for core in tiles(Box(0, 0, *inside.shape), PART_WITH_PAINT):
        view = core.grown(PAINT_NEIGHBOURHOOD, inside.shape)
        own = inside[view.slices]
        if own.any() and not own.all():
            pixels = 255 * np.ascontiguousarray(view.of(image).permute(1, 2, 0).float().numpy())
            found = gaps_of_paint(pixels, own, blocked[view.slices])
            whole[core.slices] |= found[core.within(view).slices]
    count, parts = cv2.connectedComponents(whole.astype(np.uint8), connectivity=8)
    touching = np.zeros(count, bool)
    touching[np.asarray(parts)[inside]] = True
    return touching[parts]


def gaps_of_paint(pixels: np.ndarray, inside: np.ndarray, blocked: np.ndarray) -> np.ndarray:
    """Return the pixels (h, w) of a part (h, w, 3) in levels that have the paint of the hole beside them."""
    square = np.ones((2 * GAP_BESIDE_MARK + 1, 2 * GAP_BESIDE_MARK + 1), np.uint8)
    near = cv2.dilate(inside.astype(np.uint8), square) > 0
    paint, unlike = mean_and_deviation(pixels, inside)
    around, texture = mean_and_deviation(pixels, ~near & ~blocked)
    towards = paint - around
    apart = np.linalg.norm(towards, axis=2)
    clear = (unlike <= EVEN_PAINT) & (apart >= np.maximum(LEAST_PAINT_APART, TIMES_TEXTURE * texture))
    share = ((pixels - around) * towards).sum(2) / apart.clip(min=1e-6) ** 2
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (GAP, GAP))
    between = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_CLOSE, ellipse) > 0
    least = np.where(between, LEAST_SHARE_BETWEEN_PAINT, LEAST_SHARE_OF_GAP)
    deep = np.isinf(texture) & (unlike <= EVEN_PAINT)  # nothing but paint is near
    return near & ~inside & ~blocked & (deep | (clear & (share >= least)))


def mean_and_deviation(pixels: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (h, w, 3) and the deviation (h, w) of the chosen pixels around each; infinite where none are."""
    weight = where.astype(np.float32)
    count = cv2.boxFilter(weight, -1, (PAINT_NEIGHBOURHOOD, PAINT_NEIGHBOURHOOD), normalize=False)
    mean = cv2.boxFilter(
        pixels * weight[..., None], -1, (PAINT_NEIGHBOURHOOD, PAINT_NEIGHBOURHOOD), normalize=False
    ) / count[..., None].clip(min=1)
    square = cv2.boxFilter(
        (pixels**2).sum(2) * weight, -1, (PAINT_NEIGHBOURHOOD, PAINT_NEIGHBOURHOOD), normalize=False
    ) / count.clip(min=1)
    deviation = np.sqrt((square - (mean**2).sum(2)).clip(min=0))
    return mean, np.where(count > 0.5, deviation, np.inf)
