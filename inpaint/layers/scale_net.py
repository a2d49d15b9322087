"""The networks of SinGAN: one makes a scale of a picture, one judges its patches; both are five small convolutions.

Source: Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image (2019), and the authors' code,
whose names the layers bear.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.deepfill import RGB
from inpaint.layers.residual import SMALL_START_DEVIATION

LAYERS_OF_A_SCALE = 5  # 3x3 without padding: they see 11 px
SCALES_OF_A_WIDTH = 4  # after which the width doubles
WIDEST_SCALE = 4  # times the width of the first scale
SLOPE_OF_A_SCALE = 0.2


def width_at(scale: int, width: int) -> int:
    """Return the channels of the layers at a scale."""
    return width * min(2 ** (scale // SCALES_OF_A_WIDTH), WIDEST_SCALE)


class ScaleNet(nn.Module):
    """Five unpadded convolutions, all but the last with batch norm: (B, C, h, w) -> (B, answers, h - 10, w - 10)."""

    def __init__(self, width: int, answers: int, channels: int = RGB):
        super().__init__()
        self.head = NormedConv(channels, width)
        self.body = nn.Sequential()
        for number in range(1, LAYERS_OF_A_SCALE - 1):
            self.body.add_module(f"block{number}", NormedConv(width, width))
        self.tail = nn.Conv2d(width, answers, 3)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, 0.0, SMALL_START_DEVIATION)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, SMALL_START_DEVIATION)

    def forward(self, x: Tensor) -> Tensor:
        return self.tail(self.body(self.head(x)))


class NormedConv(nn.Module):
    """Convolve without padding, normalise over the batch, and activate."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.conv(x)), SLOPE_OF_A_SCALE)
