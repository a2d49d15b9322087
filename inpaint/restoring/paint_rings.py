"""The pixels of holes and of the rings around them, part by part: what lies far from holes is not looked at."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from torch import Tensor

from inpaint.tiling import Box, tiles

LOOKED_AT = 24  # px; beyond the farthest reach lies what the picture itself does
STEP_OUT = 4  # px, how much further out the pixels lie that those of a ring are compared with
LEAST_STEP_OUT = 3.0  # px; in narrow bays they are not as much further out, and say nothing
PART_SIDE = 256  # px
BESIDE_PART = LOOKED_AT + 3 * STEP_OUT  # px around a part, that its pixels are compared with
LUMA_CHROMA = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))  # ITU-R BT.601


class PaintedPixels(NamedTuple):
    """Pixels of holes."""

    hole: np.ndarray  # (N,) from 1
    depth: np.ndarray  # (N,) px from the border of the hole
    here: np.ndarray  # (N, 3) luma and chroma
    around: np.ndarray  # (N, 3) the mean of what lies around the hole there


class Rings(NamedTuple):
    """Pixels around holes."""

    hole: np.ndarray  # (N,) which hole is nearest, from 1
    distance: np.ndarray  # (N,) px from it, whole numbers from 1
    here: np.ndarray  # (N, 3) luma and chroma
    further: np.ndarray  # (N, 3) the same a few pixels further out


class PartBesideHoles(NamedTuple):
    """A part of a picture with holes in or beside it."""

    core: Box
    far: np.ndarray  # (h, w) px from the nearest hole, of the core
    nearest: np.ndarray  # (h, w) which hole that is
    paint: PaintedPixels
    rings: Rings


Pixels = TypeVar("Pixels", PaintedPixels, Rings)


def pooled(parts: list[Pixels]) -> Pixels:
    """Join the pixels of several parts; there is one at least."""
    return type(parts[0])(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def parts_beside_holes(image: Tensor, labels: np.ndarray, blocked: np.ndarray) -> list[PartBesideHoles]:
    """Return all parts of a picture (3, H, W) in [0, 1] that holes touch or lie beside; one where there are none.

    labels: (H, W), the number of each pixel's hole, 0 = of none.  blocked: (H, W) bool, further unknown pixels.
    """
    whole, found = Box(0, 0, *labels.shape), []
    depth = cv2.distanceTransform((labels > 0).astype(np.uint8), cv2.DIST_L2, 5)
    cores = list(tiles(whole, PART_SIDE))
    for core in cores:
        view = core.grown(BESIDE_PART, labels.shape)
        if labels[view.slices].any() or (core is cores[-1] and not found):
            found.append(part_beside_holes(image, labels, blocked, depth, core, view))
    return found


def part_beside_holes(
    image: Tensor, labels: np.ndarray, blocked: np.ndarray, depth: np.ndarray, core: Box, view: Box
) -> PartBesideHoles:
    """Gather the pixels of one part; view: the part and what its pixels are compared with."""
    seen = np.ascontiguousarray(view.of(image).permute(1, 2, 0).float().numpy())
    levels = cv2.transform(seen, 255 * np.array(LUMA_CHROMA, np.float32))  # (h, w, 3)
    own, inner = labels[view.slices], core.within(view)
    far, nearest = distances(own)
    here = own[inner.slices] > 0
    around = paint_surroundings(levels, own > 0)[inner.slices][here]
    paint = PaintedPixels(own[inner.slices][here], depth[core.slices][here], levels[inner.slices][here], around)
    rings = rings_around(levels, far, nearest, blocked[view.slices], inner)
    return PartBesideHoles(core, far[inner.slices], nearest[inner.slices], paint, rings)


def paint_surroundings(levels: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the mean of what lies around every pixel, but not in a hole nor close to one, (H, W, 3)."""
    known = 1 - cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    side = (4 * STEP_OUT + 1, 4 * STEP_OUT + 1)
    weight = cv2.boxFilter(known, -1, side)
    return cv2.boxFilter(levels * known[..., None], -1, side) / weight[..., None].clip(min=1e-6)


def distances(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each pixel is from the nearest hole in px, and which hole that is; both (h, w)."""
    outside = (labels == 0).astype(np.uint8)
    far, parts = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    regions = np.asarray(parts, np.int32)
    named = np.zeros(int(regions.max()) + 1, labels.dtype)
    named[regions[labels > 0]] = labels[labels > 0]
    return far, named[regions]


def rings_around(levels: np.ndarray, far: np.ndarray, nearest: np.ndarray, blocked: np.ndarray, core: Box) -> Rings:
    """Return the pixels around holes in a core with those further out along the straight way from their hole."""
    height, width = far.shape
    down, right = (cv2.Sobel(far, cv2.CV_32F, *order, borderType=cv2.BORDER_REPLICATE) for order in ((0, 1), (1, 0)))
    looked_at = (far > 0) & (np.rint(far) <= LOOKED_AT) & ~blocked
    y, x = np.nonzero(looked_at[core.slices])
    y, x = y + core.top, x + core.left
    length = np.hypot(down[y, x], right[y, x]).clip(min=1e-6)
    there_y, there_x = (at + STEP_OUT * way[y, x] / length for at, way in ((y, down), (x, right)))
    inner = (there_y >= 0) & (there_y <= height - 1) & (there_x >= 0) & (there_x <= width - 1)
    y, x, there_y, there_x = y[inner], x[inner], there_y[inner], there_x[inner]
    rounded = np.rint(there_y).astype(int), np.rint(there_x).astype(int)
    straight = (far[rounded] >= far[y, x] + LEAST_STEP_OUT) & ~blocked[rounded] & (nearest[rounded] == nearest[y, x])
    y, x = y[straight], x[straight]
    ways = there_x[straight].astype(np.float32)[None], there_y[straight].astype(np.float32)[None]
    further = sampled(levels, *ways)
    return Rings(nearest[y, x], np.rint(far[y, x]).astype(int), levels[y, x], further)


def sampled(levels: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return levels between pixels, (N, 3), at points (1, N)."""
    limit = 1 << 14  # OpenCV takes no wider pictures
    parts = [
        cv2.remap(levels, x[:, at : at + limit], y[:, at : at + limit], cv2.INTER_LINEAR)[0]
        for at in range(0, x.shape[1], limit)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 3), np.float32)
