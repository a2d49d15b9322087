"""Blocks of a network that continues strips: bottlenecks, global residuals, and skips that run sideways.

Source: Yang et al., Very Long Natural Scenery Image Prediction by Outpainting (2019), and the authors' code.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.padding import same_padding, start_like_tensorflow
from inpaint.layers.recurrent_transfer import INSTANCE_EPSILON

EXPANSION = 4
BOTTLENECK_SLOPE = 0.2


class PlainConv(nn.Module):
    """Convolve without bias as TensorFlow's SAME pads, and normalise each map of each picture."""

    def __init__(self, channels: int, width: int, kernel: tuple[int, int], *, stride: int = 1, rate: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, kernel, stride=stride, dilation=rate, bias=False)
        self.norm = nn.InstanceNorm2d(width, INSTANCE_EPSILON, affine=True)
        start_like_tensorflow(self.conv)

    def forward(self, x: Tensor) -> Tensor:
        how = {"stride": self.conv.stride[0], "dilation": self.conv.dilation[0]}
        rows, columns = (same_padding(x.shape[axis], self.conv.kernel_size[axis], **how) for axis in (-2, -1))
        return self.norm(self.conv(F.pad(x, (*columns, *rows))))


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut: (B, channels, H, W) -> (B, 4 width, H / stride, W / stride)."""

    def __init__(self, channels: int, width: int, *, stride: int = 1, leaky: bool = True):
        super().__init__()
        self.slope = BOTTLENECK_SLOPE if leaky else 0.0
        self.first = PlainConv(channels, width, (1, 1))
        self.middle = PlainConv(width, width, (3, 3), stride=stride)
        self.last = PlainConv(width, EXPANSION * width, (1, 1))
        plain = stride == 1 and channels == EXPANSION * width
        self.shortcut = nn.Identity() if plain else PlainConv(channels, EXPANSION * width, (1, 1), stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.first(x), self.slope)
        y = self.last(F.leaky_relu(self.middle(y), self.slope))
        return F.leaky_relu(y + self.shortcut(x), self.slope)


class GlobalResidual(nn.Module):
    """Two pairs of long, thin convolutions, one along and one across first: (B, channels, H, W), as it was."""

    def __init__(self, channels: int, rate: int):
        super().__init__()
        tall, wide = (3, 1), (1, 7)
        self.tall, self.tall_wide, self.wide, self.wide_tall = (
            PlainConv(channels, channels, kernel, rate=rate) for kernel in (tall, wide, wide, tall)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.tall_wide(F.relu(self.tall(x))) + self.wide_tall(F.relu(self.wide(x))))


class SkipHorizontal(nn.Module):
    """Join what the encoder saw to the half of the decoder's map that shows the same place."""

    def __init__(self, channels: int):
        super().__init__()
        half = max(1, channels // 2)
        self.first = PlainConv(2 * channels, half, (1, 1))
        self.middle = PlainConv(half, half, (3, 3))
        self.last = PlainConv(half, channels, (1, 1))
        self.norm = nn.InstanceNorm2d(channels, INSTANCE_EPSILON, affine=True)

    def forward(self, left: Tensor, seen: Tensor) -> Tensor:
        """left, seen: (B, channels, h, w)."""
        x = torch.cat([seen, F.relu(left)], dim=1)
        x = self.last(F.relu(self.middle(F.relu(self.first(x)))))
        return F.relu(self.norm(seen + x))
