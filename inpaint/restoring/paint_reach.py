"""How far the paint of a hole reaches into what is beside it, and holes grown by that.

A fill copies what touches it, so a rim that is mixed with paint (the soft edge of a brush, the chroma of a JPEG, an
anti-aliased line) spreads over the whole hole.  What: the pixels at each distance from a hole are compared with those
a few pixels further out.  Where they are nearer to the colour of the hole, and by more than the picture's own texture
varies, paint is mixed into them; the hole grows up to the last such distance.  In a lossless file paint moves a pixel
straight to its own colour, so the whole colour is looked at.  In a lossy one luma and chroma are looked at apart: files
that hold chroma at half the size spread its paint over pixels whose luma is good, and there luma is kept.  Holes of
many colours hide no paint and never grow.
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
LOOKED_AT = 24  # px; beyond the farthest reach lies what the picture itself does
STEP_OUT = 4  # px, how much further out the pixels lie that those of a ring are compared with
LEAST_STEP_OUT = 3.0  # px; in narrow bays they are not as much further out, and say nothing
LEAST_PAINT_CONTRAST = 16.0  # levels between paint and surroundings, of luma or chroma, that mixing can be seen with
LUMA, CHROMA, COLOUR = slice(0, 1), slice(1, 3), slice(0, 3)
LEAST_MIXED_PAINT = 4.0  # levels by which a ring is nearer to the paint
LEAST_SHARE_BESIDE_THIN = 0.06  # the same beside lines, of which one side may be sharp
LEAST_SHARE_BESIDE = 0.2  # of paint in the pixels that touch a hole; by chance there is less, mixed in mostly 0.3
ROUND_HALVED = 1  # px; halved chroma ends softly, and spoils luma beside a sharp edge
SOFT = 3  # px that luma of a soft edge reaches at least
SURE = 3.0  # standard errors
ALIKE = 3  # neighbouring pixels of texture that count as one
OUTLYING = 4.0  # times the median difference, that one pixel counts for at most
EVEN_LEVELS = 24.0  # by which pixels of one paint differ at most, after JPEG too
PLAUSIBLE_SHARES = (-0.5, 1.0)  # of paint in one pixel; what is beyond is the picture's own
INNER = 0.25  # of a hole's pixels, those deepest in it, that tell its colour
THIN = 3.0  # px; holes that are hardly anywhere so deep are mixed with their surroundings all over
LEAST_SHARE_OF_THIN = 0.3  # of paint in their pixels
EVEN_SHARE = 0.9  # of the inner pixels of a hole of one paint, or of all those of a thin one
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
    least = np.where(deepest(inside, labels, count) < THIN, LEAST_SHARE_BESIDE_THIN, LEAST_SHARE_BESIDE)
    if lossless:
        luma = chroma = last_mixed(rings, paints, COLOUR, least)
    else:
        luma, chroma = (last_mixed(rings, paints, part, least) for part in (LUMA, CHROMA))
    halved = chroma > luma  # as most JPEG and all lossy WebP files hold chroma
    chroma = np.where(halved, chroma + ROUND_HALVED, luma)
    luma = np.where(halved & (luma < SOFT), luma + ROUND_HALVED, luma)
    mask, whole = (inside | ((np.rint(far) <= reach[nearest]) & ~blocked) for reach in (luma, chroma))
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
    """Return the colour of each hole, (count, 3), by the pixels deepest in it; not a number for one of many colours.

    A thin hole may hold no pixel of pure paint, so its colour is that of the pixels that differ most from what is
    around it, if the others lie between the two.
    """
    inside = labels > 0
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5).ravel()
    around = paint_surroundings(levels, inside).reshape(-1, 3)
    colours = np.full((count, 3), np.nan, np.float32)
    order = np.argsort(labels, axis=None, kind="stable")
    bounds = np.searchsorted(labels.ravel()[order], np.arange(count + 1))
    flat = levels.reshape(-1, 3)
    for hole in range(1, count):
        own = order[bounds[hole] : bounds[hole + 1]]
        thin = np.quantile(depth[own], 1 - INNER) < THIN
        rank = np.linalg.norm(flat[own] - around[own], axis=1) if thin else depth[own]
        inner = flat[own][rank >= np.quantile(rank, 1 - INNER)]
        colour = np.median(inner, axis=0)
        if thin:
            even = paint_shares(colour, flat[own], around[own]) >= LEAST_SHARE_OF_THIN
        else:
            even = np.linalg.norm(inner - colour, axis=1) <= EVEN_LEVELS
        if even.size and even.mean() >= EVEN_SHARE:
            colours[hole] = colour
    return colours


def paint_shares(colour: np.ndarray, pixels: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Return how much of a colour is mixed into pixels (N, 3), judged by what is around them, where that differs."""
    towards = colour - around
    squared = (towards**2).sum(1)
    differs = squared >= LEAST_PAINT_CONTRAST**2
    return ((pixels - around) * towards).sum(1)[differs] / squared[differs]


def paint_surroundings(levels: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the mean of what lies around every pixel, but not in a hole nor close to one, (H, W, 3)."""
    known = 1 - cv2.dilate(inside.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    side = (4 * STEP_OUT + 1, 4 * STEP_OUT + 1)
    weight = cv2.boxFilter(known, -1, side)
    return cv2.boxFilter(levels * known[..., None], -1, side) / weight[..., None].clip(min=1e-6)


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
    y, x = np.nonzero((far > 0) & (np.rint(far) <= LOOKED_AT) & ~blocked)
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


def deepest(inside: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return how far from its border each hole is at most, px, (count,)."""
    found = np.zeros(count, np.float32)
    np.maximum.at(found, labels[inside], cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)[inside])
    return found


def last_mixed(rings: Rings, paints: np.ndarray, part: slice, least_beside: np.ndarray) -> np.ndarray:
    """Return the last distance from each hole up to which all rings are mixed with paint, int (count,).

    part: of luma and the two of chroma, which are looked at.  least_beside: the share of paint that must be in the
    first ring.
    """
    towards = paints[rings.hole][:, part] - rings.further[:, part]
    contrast = np.linalg.norm(towards, axis=1)
    clear = contrast >= LEAST_PAINT_CONTRAST  # not where the hole has no colour of its own
    nearer = ((rings.here - rings.further)[:, part] * towards).sum(1)[clear] / contrast[clear]  # (N,) levels
    beyond = abs(nearer[rings.distance[clear] > FARTHEST_REACH])
    most = max(LEAST_PAINT_CONTRAST, OUTLYING * float(np.median(beyond))) if beyond.size else LEAST_PAINT_CONTRAST
    first = share_beside(rings, nearer / contrast[clear], clear, len(paints))
    nearer = nearer.clip(-most, most)  # a few edges of the picture decide nothing
    shape = len(paints), LOOKED_AT + 1
    place = np.ravel_multi_index((rings.hole[clear], rings.distance[clear]), shape)
    size = shape[0] * shape[1]
    counts, sums, squares = (np.bincount(place, weights, size).reshape(shape) for weights in (None, nearer, nearer**2))
    mean = sums / counts.clip(min=1)
    variance = (squares / counts.clip(min=1) - mean**2).clip(min=0) * ALIKE / counts.clip(min=1)
    own = mean[:, FARTHEST_REACH + 1 :]  # (count, rings) what rings of the picture alone show
    error = np.sqrt(np.maximum(variance, own.var(axis=1, keepdims=True)))
    least = np.maximum(LEAST_MIXED_PAINT, SURE * error) + np.median(own, axis=1, keepdims=True).clip(min=0)
    mixed = ((mean > least) & (counts > ALIKE))[:, : FARTHEST_REACH + 1]
    mixed[:, 0] = True
    mixed[:, 1] &= first >= least_beside
    return np.logical_and.accumulate(mixed, axis=1).sum(1) - 1


def share_beside(rings: Rings, shares: np.ndarray, clear: np.ndarray, count: int) -> np.ndarray:
    """Return the mean share of paint in the pixels that touch each hole, (count,); 0 where none tell."""
    touching = rings.distance[clear] == 1
    hole, share = rings.hole[clear][touching], shares[touching].clip(*PLAUSIBLE_SHARES)
    return np.bincount(hole, share, count) / np.bincount(hole, minlength=count).clip(min=1)


def with_chroma_of(other: Tensor, image: Tensor, where: Tensor) -> Tensor:
    """Return an image (3, H, W) with its own luma and the chroma of another where asked, (1, H, W) bool."""
    weights = torch.tensor(LUMA_CHROMA[0], dtype=image.dtype)[:, None, None]
    brighter = ((image - other) * weights).sum(0, keepdim=True)
    return torch.where(where, (other + brighter).clamp(0, 1), image)
