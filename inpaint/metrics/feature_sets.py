"""FID and KID: how far two sets of pictures lie apart as clouds of features, whatever network made the features.

Sources: Heusel et al., "GANs trained by a two time-scale update rule", 2017 (FID): the distance of two Gaussians,
covariances with N - 1.  Binkowski et al., "Demystifying MMD GANs", 2018 (KID): the unbiased squared maximum mean
discrepancy with the kernel (x.y / n + 1)^3, here over the whole set at once instead of over random subsets.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

PictureFeatures = Callable[[Tensor], Tensor]  # pictures (B, 3, H, W) in [0, 1] -> (B, n)


class FeatureDistance:
    """A distance between the features of restored pictures and those of their originals.

    distance: of two sets of features, (N, n) each.  The features of an original that is met again and again, for one
    method after another, are computed once.
    """

    def __init__(self, features: PictureFeatures, distance: Callable[[Tensor, Tensor], float]) -> None:
        self.features = features
        self.distance = distance
        self.known: tuple[Tensor, Tensor] | None = None  # the last original, and its features

    def observe(self, restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Return the features of both pictures one after the other, (2 n,)."""
        if self.known is None or self.known[0] is not target:
            self.known = target, self.features(target)[0].cpu().float()
        return torch.cat([self.features(restored)[0].cpu().float(), self.known[1]])

    def combine(self, statistics: Tensor) -> float:
        """Return the distance over all pictures; statistics: (N, 2 n).  NaN for fewer than two pictures."""
        if len(statistics) < 2:
            return float("nan")
        ours, theirs = statistics.double().chunk(2, dim=1)
        return self.distance(ours, theirs)


def frechet_distance(ours: Tensor, theirs: Tensor) -> float:
    """Return the Fréchet distance of two sets of features, (N, n) and (M, n), taken for Gaussians."""
    gap = (ours.mean(0) - theirs.mean(0)).square().sum()
    first, second = _covariance(ours), _covariance(theirs)
    root = torch.linalg.eigvals(first @ second).sqrt().real.sum()  # the trace of the root of the product
    return float(gap + first.trace() + second.trace() - 2 * root)


def kernel_distance(ours: Tensor, theirs: Tensor) -> float:
    """Return the unbiased squared MMD of two sets of features, (N, n) and (M, n); it may fall below 0."""

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return (one @ other.T / one.shape[1] + 1) ** 3

    def within(one: Tensor) -> Tensor:
        table = kernel(one, one)
        return (table.sum() - table.trace()) / (len(one) * (len(one) - 1))

    return float(within(ours) + within(theirs) - 2 * kernel(ours, theirs).mean())


def _covariance(features: Tensor) -> Tensor:
    centred = features - features.mean(0)
    return centred.T @ centred / (len(features) - 1)
