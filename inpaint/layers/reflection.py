"""Reflection padding for features of any size.

PyTorch's own refuses a margin that is not smaller than the features. Published networks with wide dilations pad more
than that on small pictures; here the reflection then bounces between both borders, as NumPy's does.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def reflect(x: Tensor, margin: int) -> Tensor:
    """Pad all four sides by the margin, mirrored about the border pixels.  (B, C, H, W) -> (B, C, H + 2m, W + 2m)."""
    if margin < min(x.shape[-2:]):
        return F.pad(x, (margin,) * 4, mode="reflect")
    rows, columns = (mirrored(size, margin).to(x.device) for size in x.shape[-2:])
    return x.index_select(-2, rows).index_select(-1, columns)


def mirrored(size: int, margin: int) -> Tensor:
    """Return where each place of a padded line looks, (size + 2 margin,)."""
    period = max(1, 2 * (size - 1))
    places = torch.arange(-margin, size + margin) % period
    return torch.minimum(places, period - places) if size > 1 else places


class Reflect(nn.Module):
    """Reflection padding as a layer; see `reflect`."""

    def __init__(self, margin: int):
        super().__init__()
        self.margin = margin

    def forward(self, x: Tensor) -> Tensor:
        return reflect(x, self.margin)
