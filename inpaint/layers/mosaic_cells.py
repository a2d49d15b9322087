"""A mosaic as a small picture: where its grid lies, what its cells hold, and back to the pixels.

A mosaic is a box-downsampled picture, every pixel of which is repeated over a cell, so removing it is super-resolution
of the cells.  A network that enlarges by a fixed block finds the phase of the grid in the pixels under the mask, sees
the mean of every cell, and its answer is cut where the picture lies in the grid.  Everything is tensor arithmetic on
the whole batch; every picture has its own phase, and as many cells as the worst phase needs.

Source: our own.  The sub-pixel shuffle is that of Shi et al. 2016, for cells that need not be square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.sample import Prediction

BlockSize = tuple[int, int]


class MeasuredCells(NamedTuple):
    """The cells of a batch, and which pixel of the enlarged cells is which of the picture."""

    values: Tensor  # (B, C, h, w)
    rows: Tensor  # (B, H), from 0 to h * block height - 1
    columns: Tensor  # (B, W)


class OnCells(Generator):
    """A trunk that enlarges cells, (B, 3, h, w) -> (B, 3, h * bh, w * bw), behind the contract of every generator."""

    multiple = 1
    exportable: str | None = None

    def __init__(self, trunk: nn.Module, block: BlockSize):
        super().__init__()
        self.trunk = trunk
        self.block = block

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        cells = average_cells(image, mask, self.block)
        return Prediction(placed(self.trunk(cells.values), cells), {})


class CellShuffle(nn.Module):
    """Turn channels into the pixels of a cell: (B, C * bh * bw, h, w) -> (B, C, h * bh, w * bw).

    Channel c * bh * bw + dy * bw + dx is the pixel (dy, dx); for square cells this is torch's PixelShuffle.
    """

    def __init__(self, block: BlockSize):
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        (bh, bw), (batch, channels, h, w) = self.block, x.shape
        pixels = x.reshape(batch, channels // (bh * bw), bh, bw, h, w).permute(0, 1, 4, 2, 5, 3)
        return pixels.reshape(batch, channels // (bh * bw), h * bh, w * bw)


def block_size(block: int | Sequence[int]) -> BlockSize:
    """Return (height, width) of a cell in px.  Raises ValueError for what is not one or two numbers above 1."""
    sides = [block, block] if isinstance(block, int) else list(block)
    if len(sides) != 2 or any(side != int(side) or side < 2 for side in sides):
        raise ValueError(f"block {block} must be a whole number of at least 2 pixels, or [height, width] of such")
    return int(sides[0]), int(sides[1])


def find_phase(image: Tensor, mask: Tensor, block: BlockSize) -> Tensor:
    """Return (y, x) of the first grid lines of a mosaic whose block is known: (B, 2), int64, each below its block.

    image: (B, C, H, W).  mask: (B, 1, H, W), 1 = mosaic; nothing else is looked at.  The lines are where neighbouring
    pixels differ more than pixels on average do; 0 where no masked neighbours differ.
    """
    image, inside = image.detach(), mask > 0.5
    down = steepest(image, inside, block[0])
    across = steepest(image.transpose(2, 3), inside.transpose(2, 3), block[1])
    return torch.stack([down, across], dim=1)


def steepest(image: Tensor, inside: Tensor, period: int) -> Tensor:
    """Return which rows, one in every period, differ most from the rows before them: (B,), int64."""
    pairs = inside[:, :, 1:] & inside[:, :, :-1]  # (B, 1, H - 1, W)
    differences = (image[:, :, 1:] - image[:, :, :-1]).abs() * pairs
    energy = by_phase(differences.sum((1, 3)), period)  # (B, period)
    count = by_phase(pairs.sum((1, 3)).to(energy.dtype), period)
    # A phase with many lines gathers much noise: what that many pairs hold on average does not count.
    average = energy.sum(1, keepdim=True) / count.sum(1, keepdim=True).clamp(min=1)
    return (energy - count * average).argmax(1)  # the first of several


def by_phase(steps: Tensor, period: int) -> Tensor:
    """Sum what stands between rows over those that are a period apart: (B, H - 1) -> (B, period)."""
    length = steps.shape[1] + 1  # nothing precedes row 0
    return F.pad(steps, (1, -length % period)).unflatten(1, (-1, period)).sum(1)


def average_cells(image: Tensor, mask: Tensor, block: BlockSize) -> MeasuredCells:
    """Average the cells of a mosaic whose block is known.  image: (B, C, H, W).  mask: (B, 1, H, W), 1 = mosaic.

    A cell with masked pixels is measured on those alone: beside them there may be original pixels.  Cells that the
    picture's border cuts, and those that only another phase would have, are filled by repeating the border.
    """
    phase = find_phase(image, mask, block)
    places = [
        torch.arange(length, device=image.device) + torch.remainder(-phase[:, axis, None], side)
        for axis, (length, side) in enumerate(zip(image.shape[2:], block, strict=True))
    ]
    whole = torch.cat([image, mask], dim=1)  # (B, C + 1, H, W)
    for axis, (place, side) in enumerate(zip(places, block, strict=True)):
        length = place.shape[1]
        padded = (length + 2 * side - 2) // side * side  # rounded up; ONNX divides negative numbers otherwise
        source = (torch.arange(padded, device=image.device) - place[:, :1]).clamp(0, length - 1)  # (B, padded)
        whole = taken(whole, source, axis)
    shown, inside = whole[:, :-1], whole[:, -1:]
    masked = F.avg_pool2d(inside, block)  # (B, 1, h, w), the share of each cell
    measured = F.avg_pool2d(shown * inside, block) / masked.where(masked > 0, torch.ones_like(masked))
    return MeasuredCells(measured.where(masked > 0, F.avg_pool2d(shown, block)), places[0], places[1])


def placed(enlarged: Tensor, cells: MeasuredCells) -> Tensor:
    """Cut the picture out of its enlarged cells: (B, C, h * bh, w * bw) -> (B, C, H, W)."""
    return taken(taken(enlarged, cells.rows, 0), cells.columns, 1)


def taken(image: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Take rows (axis 0) or columns (axis 1), other ones of every picture: (B, C, H, W) by (B, n)."""
    batch, channels, height, width = image.shape
    if axis == 0:
        return image.gather(2, indices[:, None, :, None].expand(batch, channels, -1, width))
    return image.gather(3, indices[:, None, None, :].expand(batch, channels, height, -1))
