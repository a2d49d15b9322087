"""Bilateral attention, and filling a pyramid of features from its deepest level.

Source: a reading of Liu et al., Image Inpainting by One-stage Network with Bilateral Attention and Pyramid Filling
Block (2019), of which no code is published.  Bilateral attention makes every place a sum of those around it, once by
how alike they are and once by how near.  Pyramid filling asks at a deeper level, which is filled already, which known
places a hole is made of, and takes the finer features from the same places.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FILLING_SHARPNESS = 10.0  # of the softmax over cosines, as in contextual attention


class BilateralAttention(nn.Module):
    """(B, channels, H, W), as it was: likeness among the 3x3 neighbours beside a Gaussian over places, joined."""

    def __init__(self, channels: int, deviation: float = 2.0):
        """deviation: of the Gaussian, in places."""
        super().__init__()
        self.join = nn.Conv2d(2 * channels, channels, 1)
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([summed_by_likeness(x), averaged_by_nearness(x, self.deviation)], dim=1))


def summed_by_likeness(x: Tensor) -> Tensor:
    """Sum the 3x3 neighbours of each place with weights by the softmax of their dot product with it."""
    batch, channels, height, width = x.shape
    neighbours = F.unfold(x, 3, padding=1).view(batch, channels, 9, height, width)
    there = F.unfold(torch.ones_like(x[:, :1]), 3, padding=1).view(batch, 9, height, width)
    scores = (neighbours * x[:, :, None]).sum(1) / channels**0.5
    shares = scores.masked_fill(there < 0.5, -torch.inf).softmax(dim=1)
    return (neighbours * shares[:, None]).sum(2)


def averaged_by_nearness(x: Tensor, deviation: float) -> Tensor:
    """Average places with the weights of a Gaussian that is cut off at three deviations and at the border."""
    reach = max(1, round(3 * deviation))
    places = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    bell = (-(places**2) / (2 * deviation**2)).exp()
    sums = [x, torch.ones_like(x[:, :1])]
    for number, it in enumerate(sums):
        kernel = bell.expand(it.shape[1], 1, 1, -1)
        across = F.conv2d(it, kernel, padding=(0, reach), groups=it.shape[1])
        sums[number] = F.conv2d(across, kernel.transpose(2, 3), padding=(reach, 0), groups=it.shape[1])
    return sums[0] / sums[1]


def filled_from(features: Tensor, hole: Tensor, deeper: Tensor) -> Tensor:
    """Return features whose hole is made of known ones, from the places that a deeper, filled level finds alike.

    features: (B, C, 2h, 2w).  hole: (B, 1, 2h, 2w).  deeper: (B, D, h, w).  A place of the deeper level is known where
    none of its four finer places is in the hole; where none is known, features stay.
    """
    size = deeper.shape[-2:]
    unknown = F.max_pool2d(hole, 2).flatten(2)  # (B, 1, hw)
    keys = F.normalize(deeper.flatten(2), dim=1)
    scores = FILLING_SHARPNESS * keys.transpose(1, 2) @ keys  # (B, hw, hw), who asks first
    scores = scores.masked_fill((unknown > 0.5) & (unknown < 0.5).any(dim=2, keepdim=True), -torch.inf)
    fine = F.pixel_unshuffle(features, 2).flatten(2)  # (B, 4C, hw)
    made = F.pixel_shuffle((fine @ scores.softmax(dim=2).transpose(1, 2)).unflatten(2, size), 2)
    filled = torch.where(hole > 0.5, made, features)
    return torch.where((unknown < 0.5).any(dim=2)[..., None, None], filled, features)
