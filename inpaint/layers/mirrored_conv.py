"""A convolution between a reflection and a norm, and residual blocks of two, under its authors' names.

Source: Ren et al., StructureFlow (2019), and the authors' code, which is MUNIT's (Huang et al. 2018).
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.layers.padding import reflect

BLOCK_NORMS = ("instance", "layer", "none")


class PictureNorm(nn.Module):
    """Normalise a picture's features all together, then scale and shift each channel.  (B, C, H, W) in and out."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, list(x.shape[1:])) * self.weight + self.bias


def norm_of(kind: str, channels: int) -> nn.Module:
    """Build one of BLOCK_NORMS."""
    assert kind in BLOCK_NORMS
    return {"instance": nn.InstanceNorm2d, "layer": PictureNorm, "none": lambda _: nn.Identity()}[kind](channels)


class MirroredConv(nn.Module):
    """Reflect, convolve, normalise, activate.  (B, channels, H, W) -> (B, width, H / stride, W / stride)."""

    def __init__(
        self,
        channels: int,
        width: int,
        kernel: int,
        *,
        stride: int = 1,
        norm: str = "none",
        activation: nn.Module | None = None,
        spectral: bool = False,
        bias: bool = True,
    ):
        super().__init__()
        self.margin = (kernel - stride + 1) // 2
        self.conv: nn.Module = nn.Conv2d(channels, width, kernel, stride, bias=bias)
        start_wide(self.conv)
        if spectral:
            spectral_norm(self.conv)
        self.norm = norm_of(norm, width)
        self.activation = activation or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.norm(self.conv(reflect(x, self.margin) if self.margin else x)))


class ResidualPair(nn.Module):
    """Add two convolutions to x."""

    def __init__(self, width: int, norm: str):
        super().__init__()
        first = MirroredConv(width, width, 3, norm=norm, activation=nn.ReLU())
        self.model = nn.Sequential(first, MirroredConv(width, width, 3, norm=norm))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.model(x)


class ResidualPairs(nn.Module):
    """Several in a row."""

    def __init__(self, count: int, width: int, norm: str):
        super().__init__()
        self.model = nn.Sequential(*(ResidualPair(width, norm) for _ in range(count)))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def start_wide(layer: nn.Module) -> None:
    """Draw a convolution's weights from Glorot's normal distribution, sqrt(2) wide, and set its biases to 0."""
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    nn.init.xavier_normal_(layer.weight, 2**0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
