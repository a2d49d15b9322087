"""EDSR: residual blocks without normalisation on the cells of a mosaic, then sub-pixel convolutions.

Source: Lim et al., Enhanced Deep Residual Networks for Single Image Super-Resolution (2017), the baseline: 16 blocks of
64 channels, no residual scaling (the large network: 32 of 256, scaled by 0.1), the mean colour of DIV2K taken away
before and added after.  Differs: the picture that is enlarged is the mosaic's cells, of a fixed block, whose phase the
network finds under the mask itself; values are in [0, 1] throughout, the authors' are up to 255.  Powers of two and 3
are enlarged as published; every other block, and cells that are not square, are an extension: one convolution and one
shuffle.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.cell_upscaler import CellUpscaler
from inpaint.layers.mosaic_cells import BlockSize, CellShuffle, OnCells, block_size
from inpaint.layers.residual import ResidualBlock

MEAN = (0.4488, 0.4371, 0.4040)  # RGB, of DIV2K


class EdsrTrunk(nn.Module):
    """Enlarge cells in [0, 1] by the block: (B, 3, h, w) -> (B, 3, h * bh, w * bw)."""

    mean: Tensor

    def __init__(self, block: BlockSize, *, width: int, blocks: int, res_scale: float = 1.0):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1), persistent=False)
        self.head = nn.Conv2d(3, width, 3, padding=1)
        body = [ResidualBlock(width, scale=res_scale) for _ in range(blocks)]
        self.body = nn.Sequential(*body, nn.Conv2d(width, width, 3, padding=1))
        self.up = nn.Sequential(*[layer for factor in stages(block) for layer in enlargement(width, factor)])
        self.tail = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, cells: Tensor) -> Tensor:
        x = self.head(cells - self.mean)  # (B, width, h, w)
        return self.tail(self.up(x + self.body(x))) + self.mean


def stages(block: BlockSize) -> list[BlockSize]:
    """Return the factors by which a block is reached: doublings for square powers of two, else one step."""
    height, width = block
    if height == width and height & (height - 1) == 0:
        return [(2, 2)] * (height.bit_length() - 1)
    return [block]


def enlargement(width: int, factor: BlockSize) -> list[nn.Module]:
    """Return the convolution and the shuffle that enlarge by a factor."""
    return [nn.Conv2d(width, width * factor[0] * factor[1], 3, padding=1), CellShuffle(factor)]


def build(
    *,
    block: int | Sequence[int] = 8,
    width: int = 64,
    blocks: int = 16,
    res_scale: float = 1.0,
    reduction: str = "box",
) -> Generator:
    """Build EDSR for mosaics of one block, in px or [height, width]; 1,665,283 parameters for block 8.

    blocks: residual blocks.  res_scale: of what each of them adds; the large network has width 256, 32 blocks and 0.1.
    reduction: bicubic for a network that learned from pictures reduced so, which makes steps of its block; box learns
    from the cells of mosaics.  Raises ValueError for a block side below 2, and a width or a number of blocks below 1.
    """
    if width < 1 or blocks < 1:
        raise ValueError(f"width is {width} and blocks is {blocks}: both must be at least 1")
    sides = block_size(block)
    trunk = EdsrTrunk(sides, width=width, blocks=blocks, res_scale=res_scale)
    if reduction == "box":
        return OnCells(trunk, sides)
    if sides[0] != sides[1]:
        raise ValueError(f"block is {list(sides)}: a network of bicubic reduction enlarges both sides alike")
    return CellUpscaler(trunk, sides[0], reduction=reduction)
