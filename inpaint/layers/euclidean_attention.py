"""PEPSI's contextual attention: every 3x3 patch is rebuilt from the known patches that are nearest to it.

Source: Sagong et al., PEPSI: Fast Image Inpainting with Parallel Decoding Network (2019), and the authors' code.  The
distance is Euclidean, standardized over the keys, squashed by tanh and sharpened by a softmax.  What differs: the
convolutions with one kernel per patch, picture by picture, are matrix products over the batch; queries go in chunks,
so that memory grows with the chunk and not with the square of the picture; a query's own length is left out, because
standardizing removes whatever all its distances share; an epsilon keeps features without contrast from becoming NaN;
and scores are single precision at least, under autocast too, where a sharpness of 50 would overflow.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

SHARPNESS = 50.0
EPSILON = 1e-8
CHUNK = 1024  # queries at once
SHRINKS = ("nearest", "minimum")
PATCH = 9  # pixels of a 3x3 patch


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


def scores(queries: Tensor, keys: Tensor, *, sharpness: float = SHARPNESS) -> Tensor:
    """Return how much each key counts for each query; every row sums to 1.

    queries: (B, D, n).  keys: (B, D, P).  Returns (B, n, P).
    """
    distances = keys.square().sum(1, keepdim=True) - 2 * queries.mT @ keys  # squared, less the query's own length
    deviation, mean = torch.std_mean(distances, dim=2, correction=0, keepdim=True)
    nearness = -torch.tanh((distances - mean) / (deviation + EPSILON))
    return torch.softmax(sharpness * nearness, dim=2)


def rebuild(features: Tensor, known: Tensor, *, true_overlap: bool = False, chunk: int = CHUNK) -> Tensor:
    """Rebuild all features (B, C, h, w) from their known 3x3 patches; h and w are at least 3.

    known: (B, 1, h, w), 1 = known.  Unknown features are 0 inside the keys, but no key is left out.  Overlapping
    patches are summed and divided by 9, which weakens the border as published, or with true_overlap by how many there
    are.  chunk: queries at once.  The answer is in single precision at least.
    """
    size = (features.shape[-2], features.shape[-1])
    precise = torch.promote_types(features.dtype, torch.float32)
    with torch.autocast(features.device.type, enabled=False):
        features, known = features.to(precise), known.to(precise)
        keys = F.unfold(features * known, 3)  # (B, 9 C, P), P = (h - 2) (w - 2)
        queries = F.unfold(features, 3, padding=1)  # (B, 9 C, h w)
        patches = [keys @ scores(part, keys).mT for part in queries.split(chunk, dim=2)]
        summed = F.fold(torch.cat(patches, dim=2), size, 3, padding=1)
        return summed / (overlap(summed) if true_overlap else PATCH)


def overlap(features: Tensor) -> Tensor:
    """Return how many 3x3 patches of all h w lie over each feature: 4 in corners, 6 along edges, 9 inside."""
    ones = torch.ones_like(features[:1, :1])  # (1, 1, h, w)
    return F.fold(F.unfold(ones, 3, padding=1), (ones.shape[-2], ones.shape[-1]), 3, padding=1)


class EuclideanAttention(nn.Module):
    """Fill the unknown features with rebuilt ones and merge both by a 1x1 convolution.  (B, width, h, w) in and out."""

    def __init__(self, width: int, *, masks: str = "nearest", true_overlap: bool = False, chunk: int = CHUNK):
        super().__init__()
        check_shrink(masks)
        self.merge = nn.Conv2d(2 * width, width, 1)
        self.masks = masks
        self.true_overlap = true_overlap
        self.chunk = chunk

    def forward(self, features: Tensor, known: Tensor) -> Tensor:
        """Merge features (B, width, h, w) with what the known ones tell; known: (B, 1, H, W), 1 = known."""
        small = shrink_known(known, (features.shape[-2], features.shape[-1]), how=self.masks)
        return F.elu(self.merge(torch.cat([features, self.filled(features, small)], dim=1)))

    def filled(self, features: Tensor, known: Tensor) -> Tensor:
        """Return the features where known (B, 1, h, w) is 1, and rebuilt ones elsewhere."""
        rebuilt = rebuild(features, known, true_overlap=self.true_overlap, chunk=self.chunk)
        return features * known + rebuilt.to(features.dtype) * (1 - known)
