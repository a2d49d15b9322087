"""Networks of super-resolution behind the contract of every generator: one step of a mosaic of any block.

A network that enlarges small pictures by a fixed factor restores a mosaic from its cells.  Training shows it mosaics of
that block; a restorer makes its step as often as a block needs (see `inpaint.restoring.octaves`).

Source: our own.
"""

from __future__ import annotations

import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.cell_filter import as_reduced
from inpaint.layers.mosaic_cells import OnCells, average_cells, placed
from inpaint.sample import Prediction

CELL_REDUCTIONS = ("box", "bicubic")


class CellUpscaler(OnCells):
    """A trunk that enlarges by one factor, (B, 3, h, w) -> (B, 3, factor h, factor w) in [0, 1].

    reduction: how the small pictures were made that it learned from: box, which is what the cells of a mosaic are, or
    bicubic, for which measured cells pass a fixed filter first; estimates, which are sharp already, do not.
    """

    exportable: str | None = "a mosaic takes several of its steps, and its first alone sees filtered cells"
    tells_guesses, resampled = True, True

    def __init__(self, trunk: nn.Module, factor: int, *, reduction: str):
        if reduction not in CELL_REDUCTIONS:
            raise ValueError(f"reduction {reduction!r} is unknown; choose {' or '.join(CELL_REDUCTIONS)}")
        super().__init__(trunk, (factor, factor))
        self.multiple = factor
        self.cell_steps = (factor,)
        self.reduction = reduction

    def forward(self, image: Tensor, mask: Tensor, *, block: int | None = None, guessed: float = 0.0) -> Prediction:
        """Restore mosaics of the factor's block; extras hold the answer as it is, "raw".

        block: the factor, where every cell is so many pixels and begins in the picture's corner; None finds the phase
        of the grid under the mask.  guessed: 1 where the cells are estimates.
        """
        if block is None:
            cells = average_cells(image, mask, self.block)
            raw = placed(self.enlarged(cells.values, measured=True), cells)
        else:
            assert block == self.block[0], f"this network makes steps of {self.block[0]}, not of {block}"
            raw = self.enlarged(F.avg_pool2d(image, block), measured=not guessed)
        return Prediction(raw, {"raw": raw})

    def enlarged(self, cells: Tensor, *, measured: bool) -> Tensor:
        """Enlarge cells (B, 3, h, w)."""
        return self.trunk(as_reduced(cells, self.block[0]) if measured and self.reduction == "bicubic" else cells)


def pixel_shuffler(width: int, channels: int, factor: int) -> nn.Sequential:
    """Return the convolution and the shuffle by which small networks enlarge (Shi et al. 2016)."""
    return nn.Sequential(nn.Conv2d(width, channels * factor**2, 3, padding=1), nn.PixelShuffle(factor))


def check_upscaler(factor: int, width: int, blocks: int) -> None:
    """Raise ValueError for a factor, a width or a number of blocks that no upscaler has."""
    if factor < 2 or width < 1 or blocks < 1:
        raise ValueError(
            f"block is {factor}, width is {width} and blocks is {blocks}: block must be at least 2, the others 1"
        )
