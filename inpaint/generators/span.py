"""SPAN: an attention without parameters, on the cells of a mosaic.

Source: Wan et al., Swift Parameter-free Attention Network for Efficient Super-Resolution (2024), and the authors' code:
6 blocks of width 48, the mean colour of DIV2K taken away and the rest multiplied by 255 before the first convolution.
A convolution learns as three in a row beside a 1x1 one, which together are one 3x3 convolution.  State-dict names under
`trunk` are the authors'.

Differs: the one convolution is computed from the four each time, in training too, where the authors' code runs the
four; both are the same.  `expand: 0` has the one alone, as files that were slimmed for a challenge have it.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.cell_upscaler import CellUpscaler, check_upscaler, pixel_shuffler

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)
SPAN_PEAK = 255.0


class ExpandedConv(nn.Module):
    """A 3x3 convolution that is computed from a 1x1, a 3x3 and a 1x1 one in a row, and a 1x1 one beside them.

    expand: how many times as many channels lie between them; 0 has the 3x3 convolution alone.
    """

    def __init__(self, channels: int, width: int, *, expand: int):
        super().__init__()
        self.expand = expand
        if expand:
            self.sk = nn.Conv2d(channels, width, 1)
            self.conv = nn.Sequential(
                nn.Conv2d(channels, expand * channels, 1),
                nn.Conv2d(expand * channels, expand * width, 3),
                nn.Conv2d(expand * width, width, 1),
            )
        else:
            self.eval_conv = nn.Conv2d(channels, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, *self.merged(), padding=1) if self.expand else self.eval_conv(x)

    def merged(self) -> tuple[Tensor, Tensor]:
        """Return the weight (width, channels, 3, 3) and the bias (width,) of the one convolution."""
        (first, first_bias), (middle, middle_bias), (last, last_bias) = (
            (layer.get_parameter("weight"), layer.get_parameter("bias")) for layer in self.conv
        )
        inner = torch.einsum("omyx,mi->oiyx", middle, first[:, :, 0, 0])
        weight = torch.einsum("po,oiyx->piyx", last[:, :, 0, 0], inner)
        bias = last[:, :, 0, 0] @ (middle.sum((2, 3)) @ first_bias + middle_bias) + last_bias
        return weight + F.pad(self.sk.weight, (1, 1, 1, 1)), bias + self.sk.get_parameter("bias")


class SpanBlock(nn.Module):
    """Three convolutions whose answer, added to what came in, weighs itself.  (B, width, h, w) in and out."""

    def __init__(self, width: int, *, expand: int):
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (ExpandedConv(width, width, expand=expand) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the answer, and what the first convolution made, activated: the authors' SiLU works in place."""
        first = F.silu(self.c1_r(x))
        last = self.c3_r(F.silu(self.c2_r(first)))
        return (last + x) * (last.sigmoid() - 0.5), first


class SpanTrunk(nn.Module):
    """Enlarge pictures in [0, 1] by the factor."""

    mean: Tensor

    def __init__(self, factor: int, *, width: int, blocks: int, expand: int, norm: bool):
        super().__init__()
        self.norm, self.blocks = norm, blocks
        self.register_buffer("mean", torch.tensor(DIV2K_MEAN).view(1, 3, 1, 1), persistent=False)
        self.conv_1 = ExpandedConv(3, width, expand=expand)
        for number in range(1, blocks + 1):
            self.add_module(f"block_{number}", SpanBlock(width, expand=expand))
        self.conv_cat = nn.Conv2d(4 * width, width, 1)
        self.conv_2 = ExpandedConv(width, width, expand=expand)
        self.upsampler = pixel_shuffler(width, 3, factor)

    def forward(self, cells: Tensor) -> Tensor:
        first = x = self.conv_1((cells - self.mean) * SPAN_PEAK if self.norm else cells)
        answers, inside = [], x
        for number in range(1, self.blocks + 1):
            x, inside = self.get_submodule(f"block_{number}")(x)
            answers.append(x)
        return self.upsampler(self.conv_cat(torch.cat([first, self.conv_2(x), answers[0], inside], dim=1)))


def build(
    *, block: int = 4, width: int = 48, blocks: int = 6, expand: int = 2, norm: bool = True, reduction: str = "box"
) -> Generator:
    """Build SPAN, which makes steps of one block, in px.

    expand: of the convolutions while they learn; 0 for files that hold the merged ones alone.  norm: take away the mean
    colour and multiply by 255 first.  reduction: how the pictures were reduced that it learned from, box for mosaics or
    bicubic.  Raises ValueError for numbers out of range and an unknown reduction.
    """
    check_upscaler(block, width, blocks)
    if expand < 0:
        raise ValueError(f"expand is {expand}: it must be at least 0")
    return CellUpscaler(
        SpanTrunk(block, width=width, blocks=blocks, expand=expand, norm=norm), block, reduction=reduction
    )
