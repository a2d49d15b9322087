"""Residual blocks of spectrally normalised convolutions that keep, halve or double the size.

Source: Zheng et al., Pluralistic Image Completion (2019), and the authors' code.  Spectral norm of every convolution,
also a transposed one, looks at its weight as rows of its first dimension, as theirs does.
"""

from __future__ import annotations

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm

BLOCK_SLOPE = 0.1


def spectral_conv(channels: int, width: int, kernel: int, padding: int = 0) -> nn.Module:
    """Build a convolution with bias and spectral norm."""
    return spectral_norm(nn.Conv2d(channels, width, kernel, padding=padding))


def spectral_doubling(channels: int, width: int) -> nn.Module:
    """Build a transposed convolution with bias and spectral norm that doubles the size."""
    return spectral_norm(nn.ConvTranspose2d(channels, width, 3, stride=2, padding=1, output_padding=1), dim=0)


class SpectralBlock(nn.Module):
    """Add two convolutions, each after its activation, to a convolved shortcut.  (B, C, H, W) -> (B, width, ...).

    change: keep, halve (both by a mean of 2 x 2 at their end) or double.  norm: instance norms, with scale and shift,
    before the activations.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        hidden: int,
        *,
        change: str = "keep",
        norm: bool = False,
        slope: float = BLOCK_SLOPE,
    ):
        super().__init__()
        assert change in ("keep", "halve", "double")
        self.halve, self.slope = change == "halve", slope
        self.conv1 = spectral_conv(channels, hidden, 3, padding=1)
        double = change == "double"
        self.conv2 = spectral_doubling(hidden, width) if double else spectral_conv(hidden, width, 3, padding=1)
        self.bypass = spectral_doubling(channels, width) if double else spectral_conv(channels, width, 1)
        self.norm1 = nn.InstanceNorm2d(channels, affine=True) if norm else nn.Identity()
        self.norm2 = nn.InstanceNorm2d(hidden, affine=True) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(F.leaky_relu(self.norm1(x), self.slope))
        answer = self.conv2(F.leaky_relu(self.norm2(hidden), self.slope)) + self.bypass(x)
        return F.avg_pool2d(answer, 2) if self.halve else answer


class SpectralEntry(nn.Module):
    """The first block, which halves a picture: nothing stands before its convolution, and its shortcut halves first."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.conv1 = spectral_conv(channels, width, 3, padding=1)
        self.conv2 = spectral_conv(width, width, 3, padding=1)
        self.bypass = spectral_conv(channels, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        answer = self.conv2(F.leaky_relu(self.conv1(x), BLOCK_SLOPE))
        return F.avg_pool2d(answer, 2) + self.bypass(F.avg_pool2d(x, 2))
