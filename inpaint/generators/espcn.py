"""ESPCN: three convolutions on the cells of a mosaic, whose last makes all pixels of a cell.

Source: Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
Network (2016), in its tanh form.  Differs: the picture that is enlarged is the mosaic's cells, of any fixed block; the
network finds their phase under the mask itself; all three colours at once, or luma alone (`luma`).  Cells need not be
square: the last convolution makes C * height * width channels.  The initial values are those of a reimplementation.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.cell_upscaler import CellUpscaler
from inpaint.layers.luma import OnLuma
from inpaint.layers.mosaic_cells import BlockSize, CellShuffle, OnCells, block_size

START = 0.001  # deviation of the last convolution's weights


class EspcnTrunk(nn.Module):
    """Enlarge cells in [0, 1] by the block: (B, C, h, w) -> (B, C, h * bh, w * bw)."""

    def __init__(self, channels: int, block: BlockSize, *, width: int):
        super().__init__()
        narrow = width // 2
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(width, narrow, 3, padding=1),
            nn.Tanh(),
            last := nn.Conv2d(narrow, channels * block[0] * block[1], 3, padding=1),
            CellShuffle(block),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                outgoing = layer.out_channels * layer.kernel_size[0] ** 2
                nn.init.normal_(layer.weight, std=START if layer is last else (2 / outgoing) ** 0.5)
                nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, cells: Tensor) -> Tensor:
        return self.layers(cells)


def build(
    *, block: int | Sequence[int] = 8, width: int = 64, luma: bool = False, reduction: str | None = None
) -> Generator:
    """Build ESPCN for mosaics of one block, in px or [height, width]; 78,816 parameters for block 8.

    luma: restore luma alone, and enlarge colours bicubically.  reduction: how the small pictures were made that it
    learned from, box or bicubic; it then makes steps of its block in mosaics of any.  Raises ValueError for a block
    side or a width below 2, and for a reduction of cells that are not square.
    """
    if width < 2:
        raise ValueError(f"width {width} must be at least 2")
    sides = block_size(block)
    if reduction is not None and sides[0] != sides[1]:
        raise ValueError(f"block {block} and reduction {reduction}: steps are of square cells")
    trunk = EspcnTrunk(1 if luma else 3, sides, width=width)
    trunk = OnLuma(trunk) if luma else trunk
    return OnCells(trunk, sides) if reduction is None else CellUpscaler(trunk, sides[0], reduction=reduction)
