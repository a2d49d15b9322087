"""RLFN: residual blocks of three convolutions and a spatial attention, on the cells of a mosaic.

Source: Kong et al., Residual Local Feature Network for Efficient Super-Resolution (2022), and the authors' code of the
NTIRE challenge, whose network has 4 blocks of width 46 with 48 channels between, and pictures up to 255: 317,218
parameters.  The paper's has 6 blocks of 52 (RLFN-S: 48).  State-dict names under `trunk` are the authors'.

Differs: a picture too small for the attention's pooling is enlarged for it by repeating its border.
"""

from __future__ import annotations

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.cell_upscaler import CellUpscaler, check_upscaler, pixel_shuffler
from inpaint.layers.padding import with_margin

RLFN_SLOPE = 0.05
ATTENTION_CHANNELS = 16
LEAST_ATTENDED_SIDE = 15  # cells; of which the pooling makes one value


class EnhancedAttention(nn.Module):
    """Weigh every place by what lies around it (ESA, Liu et al. 2020).  (B, width, h, w) in and out."""

    def __init__(self, width: int, narrow: int = ATTENTION_CHANNELS):
        super().__init__()
        self.conv1 = nn.Conv2d(width, narrow, 1)
        self.conv_f = nn.Conv2d(narrow, narrow, 1)
        self.conv2 = nn.Conv2d(narrow, narrow, 3, stride=2)
        self.conv3 = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.conv4 = nn.Conv2d(narrow, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.conv1(x)
        seen = with_margin(narrow, multiple=1, least=LEAST_ATTENDED_SIDE)
        pooled = F.max_pool2d(self.conv2(seen), 7, stride=3)
        around = F.interpolate(self.conv3(pooled), seen.shape[-2:], mode="bilinear", align_corners=False)
        around = around[..., : x.shape[-2], : x.shape[-1]]
        return x * self.conv4(around + self.conv_f(narrow)).sigmoid()


class LocalBlock(nn.Module):
    """Three convolutions, what came in, and the attention.  (B, width, h, w) in and out."""

    def __init__(self, width: int, middle: int):
        super().__init__()
        self.c1_r = nn.Conv2d(width, middle, 3, padding=1)
        self.c2_r = nn.Conv2d(middle, middle, 3, padding=1)
        self.c3_r = nn.Conv2d(middle, width, 3, padding=1)
        self.c5 = nn.Conv2d(width, width, 1)
        self.esa = EnhancedAttention(width)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for convolution in (self.c1_r, self.c2_r, self.c3_r):
            y = F.leaky_relu(convolution(y), RLFN_SLOPE)
        return self.esa(self.c5(y + x))


class RlfnTrunk(nn.Module):
    """Enlarge pictures in [0, 1] by the factor; inside they reach up to `peak`."""

    def __init__(self, factor: int, *, width: int, middle: int, blocks: int, peak: float):
        super().__init__()
        self.peak = peak
        self.conv_1 = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = blocks
        for number in range(1, blocks + 1):
            self.add_module(f"block_{number}", LocalBlock(width, middle))
        self.conv_2 = nn.Conv2d(width, width, 3, padding=1)
        self.upsampler = pixel_shuffler(width, 3, factor)

    def forward(self, cells: Tensor) -> Tensor:
        first = x = self.conv_1(cells * self.peak)
        for number in range(1, self.blocks + 1):
            x = self.get_submodule(f"block_{number}")(x)
        return self.upsampler(self.conv_2(x) + first) / self.peak


def build(
    *,
    block: int = 4,
    width: int = 52,
    middle: int | None = None,
    blocks: int = 6,
    peak: float = 1.0,
    reduction: str = "box",
) -> Generator:
    """Build RLFN, which makes steps of one block, in px; the defaults are the paper's network.

    middle: channels between a block's convolutions, by default its width.  peak: the value of white inside, 255 in the
    challenge's files.  reduction: how the pictures were reduced that it learned from, box for mosaics or bicubic.
    Raises ValueError for numbers out of range and an unknown reduction.
    """
    check_upscaler(block, width, blocks)
    if (middle is not None and middle < 1) or peak <= 0:
        raise ValueError(f"middle is {middle} and peak is {peak}: middle must be at least 1, peak above 0")
    trunk = RlfnTrunk(block, width=width, middle=middle or width, blocks=blocks, peak=peak)
    return CellUpscaler(trunk, block, reduction=reduction)
