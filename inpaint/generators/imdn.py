"""IMDN: blocks that put a quarter of their channels aside at every step, on the cells of a mosaic.

Source: Hui et al., Lightweight Image Super-Resolution with Information Multi-distillation Network (2019), and the
authors' code: 6 blocks of width 64, pictures in [0, 1]; 715,176 parameters for a block of 4.  State-dict names under
`trunk` are the authors'.

Differs: nothing but what is enlarged.  The contrast that the channel attention measures is of the whole picture, so
that the answer for a crop is another one than for the picture.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.cell_upscaler import CellUpscaler, check_upscaler, pixel_shuffler

IMDN_SLOPE = 0.05
KEPT_SHARE = 4  # a quarter of the channels is put aside
CONTRAST_REDUCTION, LEAST_CONTRAST = 16, 4
TINY_VARIANCE = 1e-12  # under a root, whose slope at 0 is infinite


class ContrastAttention(nn.Module):
    """Weigh channels by the sum of their deviation and their mean over the picture.  (B, width, h, w) in and out."""

    def __init__(self, width: int):
        super().__init__()
        narrow = max(LEAST_CONTRAST, width // CONTRAST_REDUCTION)
        self.conv_du = nn.Sequential(nn.Conv2d(width, narrow, 1), nn.ReLU(), nn.Conv2d(narrow, width, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x  # squares of thousands of values
        mean = wide.mean((2, 3), keepdim=True)
        variance = (wide - mean).square().mean((2, 3), keepdim=True)
        return x * self.conv_du(((variance + TINY_VARIANCE).sqrt() + mean).to(x.dtype))


class DistillingBlock(nn.Module):
    """Four convolutions, each of what the last did not put aside.  (B, width, h, w) in and out."""

    def __init__(self, width: int):
        super().__init__()
        self.kept = width // KEPT_SHARE
        rest = width - self.kept
        self.c1 = nn.Conv2d(width, width, 3, padding=1)
        self.c2 = nn.Conv2d(rest, width, 3, padding=1)
        self.c3 = nn.Conv2d(rest, width, 3, padding=1)
        self.c4 = nn.Conv2d(rest, self.kept, 3, padding=1)
        self.c5 = nn.Conv2d(KEPT_SHARE * self.kept, width, 1)
        self.cca = ContrastAttention(KEPT_SHARE * self.kept)

    def forward(self, x: Tensor) -> Tensor:
        kept, rest = [], x
        for convolution in (self.c1, self.c2, self.c3):
            y = F.leaky_relu(convolution(rest), IMDN_SLOPE)
            kept.append(y[:, : self.kept])
            rest = y[:, self.kept :]
        return self.c5(self.cca(torch.cat([*kept, self.c4(rest)], dim=1))) + x


class ImdnTrunk(nn.Module):
    """Enlarge pictures in [0, 1] by the factor."""

    def __init__(self, factor: int, *, width: int, blocks: int):
        super().__init__()
        self.blocks = blocks
        self.fea_conv = nn.Conv2d(3, width, 3, padding=1)
        for number in range(1, blocks + 1):
            self.add_module(f"IMDB{number}", DistillingBlock(width))
        self.c = nn.Sequential(nn.Conv2d(blocks * width, width, 1), nn.LeakyReLU(IMDN_SLOPE))
        self.LR_conv = nn.Conv2d(width, width, 3, padding=1)
        self.upsampler = pixel_shuffler(width, 3, factor)

    def forward(self, cells: Tensor) -> Tensor:
        first = x = self.fea_conv(cells)
        answers = []
        for number in range(1, self.blocks + 1):
            x = self.get_submodule(f"IMDB{number}")(x)
            answers.append(x)
        return self.upsampler(self.LR_conv(self.c(torch.cat(answers, dim=1))) + first)


def build(*, block: int = 4, width: int = 64, blocks: int = 6, reduction: str = "box") -> Generator:
    """Build IMDN, which makes steps of one block, in px.

    reduction: how the pictures were reduced that it learned from, box for mosaics or bicubic.  Raises ValueError for
    numbers out of range, a width that does not divide by 4, and an unknown reduction.
    """
    check_upscaler(block, width, blocks)
    if width % KEPT_SHARE:
        raise ValueError(f"width is {width}: it must divide by {KEPT_SHARE}")
    return CellUpscaler(ImdnTrunk(block, width=width, blocks=blocks), block, reduction=reduction)
