"""PEPSI's contextual attention: every 3x3 patch is rebuilt from the known patches that are nearest to it.

Source: Sagong et al., PEPSI: Fast Image Inpainting with Parallel Decoding Network (2019), and the authors' code.  The
distance is Euclidean, standardized over the keys, squashed by tanh and sharpened by a softmax.  What differs: the
convolutions with one kernel per patch, picture by picture, are sums along diagonals of the products of pixels, which
costs a ninth, and no patch is ever cut out; scores exist one piece at a time, in the backward pass too, see
chunked_attention.py; a query's own length is left out, because standardizing removes whatever all its distances share;
an epsilon keeps features without contrast from becoming NaN; and scores are single precision at least, under autocast
too, where a sharpness of 50 would overflow.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.chunked_attention import InPieces, Plan, diagonal_sum
from inpaint.layers.elu import elu

ATTENTION_SHARPNESS = 50.0
DEVIATION_EPSILON = 1e-8
ATTENTION_CHUNK = 256  # queries at once
SHRINKS = ("nearest", "minimum")
PATCH_PIXELS = 9  # pixels of a 3x3 patch


def shrink_known(known: Tensor, size: tuple[int, int], *, how: str = "nearest") -> Tensor:
    """Bring a mask (B, 1, H, W), 1 = known, to the size of the features, (B, 1, h, w).

    nearest is official, and loses bars thinner than a feature; minimum keeps every feature unknown that any unknown
    pixel lies in, and needs sides that divide by h and w.  Raises ValueError for another word.
    """
    check_shrink(how)
    if how == "nearest":
        return F.interpolate(known, size)
    return -F.max_pool2d(-known, (known.shape[-2] // size[0], known.shape[-1] // size[1]))


def check_shrink(how: str) -> None:
    """Raise ValueError for a way to shrink masks that does not exist."""
    if how not in SHRINKS:
        raise ValueError(f"masks {how!r} is unknown; choose {' or '.join(SHRINKS)}")


class EuclideanScene(NamedTuple):
    """What all pieces share."""

    queries: Tensor  # (B, h, w, C)
    keys: Tensor  # (B, C, h * w), 0 where unknown
    lengths: Tensor  # (B, 1, 1, h - 2, w - 2), the square of every 3x3 key's


def rebuild(features: Tensor, known: Tensor, *, true_overlap: bool = False, chunk: int = ATTENTION_CHUNK) -> Tensor:
    """Rebuild all features (B, C, h, w) from their known 3x3 patches; h and w are at least 3.

    known: (B, 1, h, w), 1 = known.  Unknown features are 0 inside the keys, but no key is left out.  Overlapping
    patches are summed and divided by 9, which weakens the border as published, or with true_overlap by how many there
    are.  chunk: queries at once, in whole rows.  The answer is in single precision at least.
    """
    height, width = features.shape[-2:]
    plan = Plan(
        prepare=euclidean_scene,
        attend=attended_patches,
        finish=lambda rows: rows[:, 1:-1].permute(0, 3, 1, 2) / PATCH_PIXELS,
        adjoint=lambda gradient: F.pad(gradient.permute(0, 2, 3, 1) / PATCH_PIXELS, (0, 0, 0, 0, 1, 1)),
        pictures=max(chunk // (height * width), 1),
        rows=max(chunk // width, 1),
        height=height,
        extra=2,
    )
    rebuilt: Tensor = InPieces.apply(plan, features, known)  # pyright: ignore[reportAssignmentType]
    return rebuilt * (PATCH_PIXELS / overlap(rebuilt)) if true_overlap else rebuilt


def euclidean_scene(features: Tensor, known: Tensor) -> EuclideanScene:
    """Measure the keys."""
    features = features.to(torch.promote_types(features.dtype, torch.float32))
    there = features * known.to(features.dtype)
    lengths = F.avg_pool2d(there.square().sum(1), 3, stride=1, divisor_override=1)
    return EuclideanScene(features.permute(0, 2, 3, 1).contiguous(), there.flatten(2), lengths[:, None, None])


def attended_patches(scene: EuclideanScene, start: int, stop: int) -> Tensor:
    """Return what the patches of query rows start to stop add up to, a row more on both sides, (B, n + 2, w, C)."""
    weights = scores(patch_distances(scene, start, stop))  # (B, n, w, h - 2, w - 2)
    weights = F.pad(weights, (1, 1, 1, 1, 0, 0, 1, 1))  # (B, n + 2, w, h, w)
    weights = diagonal_sum(diagonal_sum(weights, 2, 4), 1, 3)
    return (weights.flatten(1, 2).flatten(2) @ scene.keys.mT).unflatten(1, weights.shape[1:3])


def patch_distances(scene: EuclideanScene, start: int, stop: int) -> Tensor:
    """Return the squared distances of 3x3 patches, less the query's own length, (B, stop - start, w, h - 2, w - 2)."""
    first, last = max(start - 1, 0), min(stop + 1, scene.queries.shape[1])
    height, width = scene.queries.shape[1:3]
    products = scene.queries[:, first:last].flatten(1, 2) @ scene.keys  # (B, (last - first) * w, h * w)
    products = products.unflatten(2, (height, width)).unflatten(1, (last - first, width))
    products = diagonal_sum(diagonal_sum(products, 2, 4), 1, 3)
    return scene.lengths - 2 * products[:, start - first : stop - first, :, 1:-1, 1:-1]


def scores(distances: Tensor, *, sharpness: float = ATTENTION_SHARPNESS) -> Tensor:
    """Return how much each key counts for each query, (B, n, w, h - 2, w - 2); for every query it sums to 1."""
    keys = distances.shape[3:]
    distances = distances.flatten(3)
    centred = distances - distances.mean(3, keepdim=True)
    # A norm, as its gradient is 0 where all distances are equal.
    deviation = torch.linalg.vector_norm(centred, dim=3, keepdim=True) / distances.shape[3] ** 0.5
    return torch.softmax(-sharpness * torch.tanh(centred / (deviation + DEVIATION_EPSILON)), dim=3).unflatten(3, keys)


def overlap(features: Tensor) -> Tensor:
    """Return how many 3x3 patches of all h w lie over each feature: 4 in corners, 6 along edges, 9 inside."""
    ones = torch.ones_like(features[:1, :1])  # (1, 1, h, w)
    return F.fold(F.unfold(ones, 3, padding=1), (ones.shape[-2], ones.shape[-1]), 3, padding=1)


class EuclideanAttention(nn.Module):
    """Fill the unknown features with rebuilt ones and merge both by a 1x1 convolution.  (B, width, h, w) in and out."""

    def __init__(self, width: int, *, masks: str = "nearest", true_overlap: bool = False, chunk: int = ATTENTION_CHUNK):
        super().__init__()
        check_shrink(masks)
        self.merge = nn.Conv2d(2 * width, width, 1)
        self.masks = masks
        self.true_overlap = true_overlap
        self.chunk = chunk

    def forward(self, features: Tensor, known: Tensor) -> Tensor:
        """Merge features (B, width, h, w) with what the known ones tell; known: (B, 1, H, W), 1 = known."""
        small = shrink_known(known, (features.shape[-2], features.shape[-1]), how=self.masks)
        return elu(self.merge(torch.cat([features, self.filled(features, small)], dim=1)))

    def filled(self, features: Tensor, known: Tensor) -> Tensor:
        """Return the features where known (B, 1, h, w) is 1, and rebuilt ones elsewhere."""
        rebuilt = rebuild(features, known, true_overlap=self.true_overlap, chunk=self.chunk)
        return features * known + rebuilt.to(features.dtype) * (1 - known)
