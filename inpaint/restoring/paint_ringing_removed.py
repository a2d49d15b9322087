"""Known pixels of a JPEG beside paint of one colour, without the ringing that the paint's edge left in their blocks.

What: see `jpeg_fit`.  A hole whose paint is not flat, whose edge is soft, or whose blocks say something else than flat
paint (another compression came after it) is left as it is.
Source: our own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from torch import Tensor

from inpaint.images import Picture
from inpaint.images.jpeg_rounding import BLOCK_SIDE
from inpaint.restoring.coded_parts import CodedPart, thinned_out_plane
from inpaint.restoring.paint_edges import (
    KNOWN,
    LOOSE_PIXEL,
    PAINT,
    PaintEdges,
    colours_fitted,
    pixels_beside_paint,
)
from inpaint.restoring.paint_rings import LUMA_CHROMA, paint_surroundings

LEAST_SHARE_OF_PAINT = 0.4  # of it in marked pixels that are taken for paint at first
MOST_UNEXPLAINED_STEPS = 0.12  # squared steps of a block's coefficients, beside 1/12 of plain rounding
LEAST_EXPLAINED = 0.6  # of a hole's blocks
DEEP = 9  # px a side of a square of marked pixels, whose middle no rounding moves far
MOST_MIXED_OUTSIDE = 0.3  # of the pixels along an edge; more are of a soft one


class CleanedPixels(NamedTuple):
    """Known pixels without ringing."""

    where: np.ndarray  # (h, w) bool
    colour: np.ndarray  # (h, w, C) uint8

    def beside(self, mask: np.ndarray) -> CleanedPixels | None:
        """Return those outside a mask (h, w); None where there are none."""
        where = self.where & ~mask
        return CleanedPixels(where, self.colour) if where.any() else None

    def shown_in(self, picture: Picture) -> Picture:
        """Return the picture (h, w) with these pixels."""
        return replace(picture, colour=np.where(self.where[..., None], self.colour, picture.colour))


class Cleaned(NamedTuple):
    """What was cleaned beside the holes of a window."""

    holes: np.ndarray  # (count,) bool, which of them
    mask: np.ndarray  # (h, w) bool, those holes with all their paint
    pixels: CleanedPixels


def without_paint_ringing(
    image: Tensor,
    part: CodedPart,
    marked: np.ndarray,
    labels: np.ndarray,
    paints: np.ndarray,
    *,
    thin: np.ndarray,
    blocked: np.ndarray,
) -> Cleaned:
    """Clean what lies beside holes of flat paint; (h, w) arrays and image (3, h, w) in [0, 1] are of a window, upright.

    marked: bool.  labels: the number of each pixel's hole, 0 = of none; holes may hold more than is marked.  paints:
    (count, 3), luma and chroma of each, not a number for one of many colours.  thin: (count,) bool, which may hold
    no pixel of nothing but paint.  blocked: bool, what else is unknown.
    """
    channels = len(part.planes)
    colours = (paints @ np.linalg.inv(np.array(LUMA_CHROMA)).T)[:, :channels] if channels == 3 else paints[:, :1]
    flat = np.isfinite(paints[:, 0])
    kinds = np.where(
        flat[labels] & (labels > 0) & (shares_of_paint(image, labels, paints) >= LEAST_SHARE_OF_PAINT), PAINT, KNOWN
    )
    kinds = np.where((labels > 0) & (kinds == KNOWN), LOOSE_PIXEL, kinds)
    edges = PaintEdges(part, part.laid_out(kinds), part.laid_out(labels), colours, thin)
    edges.settle()
    taken = flat & ~unlike_flat_paint(edges, len(paints))
    nearest, unknown = part.upright(edges.nearest), part.upright(edges.kinds != KNOWN) | part.upright(edges.doubtful())
    mask = taken[nearest] & ~blocked & (marked | unknown)
    before = (255 * image[:channels]).round().byte().permute(1, 2, 0).numpy()
    after = part.upright(colours_fitted(edges)).round().clip(0, 255).astype(np.uint8)
    beside = part.upright(pixels_beside_paint(edges)) & taken[nearest] & ~mask & ~blocked
    return Cleaned(taken, mask, CleanedPixels(beside & (before != after).any(2), after))


def shares_of_paint(image: Tensor, labels: np.ndarray, paints: np.ndarray) -> np.ndarray:
    """Return how much of its hole's paint is in each pixel, judged by what lies around, (h, w); 1 far inside."""
    pixels = 255 * image.permute(1, 2, 0).numpy()
    levels = np.ascontiguousarray(pixels @ np.array(LUMA_CHROMA, np.float32).T)
    around = paint_surroundings(levels, labels > 0)
    towards = np.nan_to_num(paints)[labels] - around
    share = ((levels - around) * towards).sum(2) / (towards**2).sum(2).clip(min=1)
    return np.where(cv2.erode((labels > 0).astype(np.uint8), np.ones((DEEP, DEEP), np.uint8)) > 0, 1, share)


def unlike_flat_paint(edges: PaintEdges, count: int) -> np.ndarray:
    """Say which holes are soft, or most of whose blocks no flat paint explains, (count,) bool."""
    explained, blocks = np.zeros(count), np.zeros(count)
    for plane in edges.part.planes:
        paint = thinned_out_plane(edges.kinds != KNOWN, plane.down, plane.across)
        rows, columns = np.nonzero(plane.fit.of_blocks(np.asarray(plane.fit.active)) & (paint > 0))
        hole = edges.nearest[:: plane.down, :: plane.across][rows, columns]
        own = np.unique(np.stack([hole, rows // BLOCK_SIDE, columns // BLOCK_SIDE]), axis=1)
        good = plane.fit.unexplained()[own[1], own[2]] <= MOST_UNEXPLAINED_STEPS
        explained += np.bincount(own[0], good, count)
        blocks += np.bincount(own[0], minlength=count)
    return (explained < LEAST_EXPLAINED * blocks) | (blocks == 0)
