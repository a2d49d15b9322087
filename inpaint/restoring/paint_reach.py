"""How far the paint of a hole reaches into what is beside it, and holes grown by that.

A fill copies what touches it, so a rim that is mixed with paint (the soft edge of a brush, the chroma of a JPEG, an
anti-aliased line) spreads over the whole hole.  What: the pixels at each distance from a hole are compared with those
a few pixels further out.  Where they are nearer to the colour of the hole, and by more than the picture's own texture
varies, paint is mixed into them; the hole grows up to the last such distance.  Luma and chroma are looked at apart:
files that hold chroma at half the size spread its paint over pixels whose luma is good, and there luma is kept.  Holes
of many colours hide no paint and never grow.
Source: our own.  The thresholds were chosen with `scripts/bench_marks.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.damage import Damage
from inpaint.images import Picture
from inpaint.tiling import grown_mask

FARTHEST_REACH = 16  # px
STEP_OUT = 4  # px, how much further out the pixels lie that those of a ring are compared with
LEAST_STEP_OUT = 3.0  # px; in narrow bays they are not as much further out, and say nothing
LEAST_CONTRAST = 16.0  # levels between paint and surroundings, of luma or chroma, that mixing can be seen with
LUMA, CHROMA = slice(0, 1), slice(1, 3)
LEAST_MIXED_LUMA, LEAST_MIXED_CHROMA = 3.0, 6.0  # levels by which a ring is nearer to the paint
ROUND_HALVED = 1  # px; halved chroma spoils luma beside an edge, and ends softly
LEAST_TINTED = 3.0  # the same of chroma beside pixels that are mixed
SURE = 3.0  # standard errors
ALIKE = 4  # neighbouring pixels of texture that count as one
EVEN_LEVELS = 24.0  # by which pixels of one paint differ at most, after JPEG too
INNER = 0.25  # of a hole's pixels, those deepest in it, that tell its colour
THIN = 3.0  # px; holes that are nowhere so deep are mixed with their surroundings all over
EVEN_SHARE, EVEN_SHARE_OF_THIN = 0.9, 0.5  # of the inner pixels of a hole of one paint, or of all those of a thin one
LUMA_CHROMA = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))  # ITU-R BT.601


class Rings(NamedTuple):
    """Pixels around holes."""

    hole: np.ndarray  # (N,) which hole is nearest, from 1
    distance: np.ndarray  # (N,) px from it, whole numbers from 1
    here: np.ndarray  # (N, 3) luma and chroma
    further: np.ndarray  # (N, 3) the same a few pixels further out


class Reached(NamedTuple):
    """Holes as far as their paint reaches."""

    mask: Tensor  # (1, H, W), where it covers luma
    tinted: Tensor | None  # (1, H, W) bool, further pixels in which it only tints chroma; None where there are none
    farthest: int  # px beyond the hole that grew most


def grown_to_reach(
    image: Tensor, holes: Tensor, blocked: np.ndarray | None = None, *, lossless: bool = True
) -> Reached:
    """Return holes grown by how far their paint reaches, each by its own distance.

    image: (3, H, W) in [0, 1].  holes: (1, H, W).  blocked: (H, W) bool, further pixels that are no surroundings.
    lossless: whether the file held luma and chroma as they are; else chroma may reach further, and luma be kept.
    """
    inside = holes[0].numpy() > 0.5
    blocked = np.zeros_like(inside) if blocked is None else blocked & ~inside
    count, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    levels = image.permute(1, 2, 0).numpy() * 255 @ np.array(LUMA_CHROMA, np.float32).T  # (H, W, 3)
    paints = paint_colours(levels, labels, count)
    if np.isnan(paints).all():
        return Reached(holes, None, 0)
    far, nearest = distances(inside, labels)
    rings = rings_around(levels, far, nearest, blocked)
    luma = last_mixed(rings, paints, LUMA, LEAST_MIXED_LUMA)
    chroma = last_mixed(rings, paints, CHROMA, LEAST_MIXED_CHROMA)
    if lossless:
        luma = chroma = np.maximum(luma, chroma)
    halved = chroma > luma  # as most JPEG and all lossy WebP files hold chroma
    luma = np.where(halved, luma + ROUND_HALVED, luma)
    chroma = np.where(halved, last_mixed(rings, paints, CHROMA, LEAST_TINTED) + ROUND_HALVED, luma)
    mask, whole = (inside | ((far <= reach[nearest]) & ~blocked) for reach in (luma, chroma))
    tinted = torch.from_numpy(whole & ~mask)[None] if halved.any() else None
    return Reached(torch.from_numpy(mask).to(holes.dtype)[None], tinted, int(chroma.max(initial=0)))


def grown_damage(piece: Picture, damage: list[Damage], grow: int | None) -> tuple[list[Damage], Tensor | None, int]:
    """Return holes grown up to what else is in the same window, what they tint, and how far: the parts of `Reached`.

    grow: px, None for as far as paint reaches.  damage: of one window, holes being one part of it at most.
    """
    others = [part.mask for part in damage if part.censor != "hole"]
    barred = torch.stack(others).amax(0) if others else torch.zeros(1, *piece.size)
    unseen = barred[0].numpy() > 0
    unseen = unseen if piece.alpha is None else unseen | (piece.alpha == 0)
    result, tinted, farthest = [], None, 0
    for part in damage:
        if part.censor == "hole" and grow is not None:
            part = part._replace(mask=grown_mask(part.mask, grow) * (1 - barred))
        elif part.censor == "hole":
            mask, tinted, farthest = grown_to_reach(piece.tensor(), part.mask, unseen, lossless=piece.lossless)
            part = part._replace(mask=mask)
        result.append(part)
    return result, tinted, farthest


def paint_colours(levels: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the colour of each hole, (count, 3), by the pixels deepest in it; not a number for one of many colours."""
    depth = cv2.distanceTransform((labels > 0).astype(np.uint8), cv2.DIST_L2, 5)
    colours = np.full((count, 3), np.nan, np.float32)
    order = np.argsort(labels, axis=None, kind="stable")
    bounds = np.searchsorted(labels.ravel()[order], np.arange(count + 1))
    flat, deep = levels.reshape(-1, 3), depth.ravel()
    for hole in range(1, count):
        own = order[bounds[hole] : bounds[hole + 1]]
        inner = flat[own][deep[own] >= np.quantile(deep[own], 1 - INNER)]
        colour = np.median(inner, axis=0)
        thin = deep[own].max() < THIN
        even = np.linalg.norm((flat[own] if thin else inner) - colour, axis=1) <= EVEN_LEVELS
        if even.mean() >= (EVEN_SHARE_OF_THIN if thin else EVEN_SHARE):
            colours[hole] = colour
    return colours


def distances(inside: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each pixel is from the nearest hole in px, and which hole that is; both (H, W)."""
    outside = (~inside).astype(np.uint8)
    far, parts = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    regions = np.asarray(parts, np.int32)
    named = np.zeros(int(regions.max()) + 1, labels.dtype)
    named[regions[inside]] = labels[inside]
    return far, named[regions]


def rings_around(levels: np.ndarray, far: np.ndarray, nearest: np.ndarray, blocked: np.ndarray) -> Rings:
    """Return the pixels around holes with those further out along the straight way from their hole."""
    height, width = far.shape
    down, right = (cv2.Sobel(far, cv2.CV_32F, *order, borderType=cv2.BORDER_REPLICATE) for order in ((0, 1), (1, 0)))
    y, x = np.nonzero((far > 0) & (np.rint(far) <= FARTHEST_REACH) & ~blocked)
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


def last_mixed(rings: Rings, paints: np.ndarray, part: slice, least_mixed: float) -> np.ndarray:
    """Return the last distance from each hole up to which all rings are mixed with paint, int (count,).

    part: of luma and chroma, what is looked at.  least_mixed: levels by which a ring must be nearer to the paint.
    """
    towards = paints[rings.hole][:, part] - rings.further[:, part]
    contrast = np.linalg.norm(towards, axis=1)
    clear = contrast >= LEAST_CONTRAST  # not where the hole has no colour of its own
    nearer = ((rings.here - rings.further)[:, part] * towards).sum(1)[clear] / contrast[clear]  # (N,) levels
    shape = len(paints), FARTHEST_REACH + 1
    place = np.ravel_multi_index((rings.hole[clear], rings.distance[clear]), shape)
    size = shape[0] * shape[1]
    counts, sums, squares = (np.bincount(place, weights, size).reshape(shape) for weights in (None, nearer, nearer**2))
    mean = sums / counts.clip(min=1)
    error = np.sqrt((squares / counts.clip(min=1) - mean**2).clip(min=0) * ALIKE / counts.clip(min=1))
    trend = np.median(mean[:, FARTHEST_REACH // 2 :], axis=1).clip(min=0)  # of the picture, as far as no paint reaches
    least = np.maximum(least_mixed, SURE * error) + trend[:, None]
    mixed = (mean > least) & (counts > ALIKE)
    mixed[:, 0] = True
    return np.logical_and.accumulate(mixed, axis=1).sum(1) - 1


def with_chroma_of(other: Tensor, image: Tensor, where: Tensor) -> Tensor:
    """Return an image (3, H, W) with its own luma and the chroma of another where asked, (1, H, W) bool."""
    weights = torch.tensor(LUMA_CHROMA[0], dtype=image.dtype)[:, None, None]
    brighter = ((image - other) * weights).sum(0, keepdim=True)
    return torch.where(where, (other + brighter).clamp(0, 1), image)
