"""Restores a mosaic whose cells show a corner's pixel: as one that lies half a cell aside, so that it is their middle.

Source: our own; chosen with `scripts/bench_shapes.py --kinds corner`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid
from inpaint.sample import composite

Asks = Callable[[Tensor, Tensor, Grid], Tensor]  # picture with a mosaic, its mask, its grid -> restored


def restore_corner_samples(image: Tensor, mask: Tensor, grid: Grid, corner: tuple[int, int], ask: Asks) -> Tensor:
    """Restore a mosaic (3, H, W) whose cells show a corner (y, x), 1 = the lower or the right; that pixel stays.

    mask: (1, H, W).  ask: restores a mosaic of means.
    """
    moves = [half_of(block) * (1 if far else -1) for block, far in zip(grid.block, corner, strict=True)]
    phase = [(start + move) % block for start, move, block in zip(grid.phase, moves, grid.block, strict=True)]
    moved, marked = (it.roll(moves, (1, 2)) for it in (image, mask))
    laid = composite(moved, image, mask * marked)
    answer = composite(ask(laid, mask, Grid(grid.block, (phase[0], phase[1]))), image, mask)
    rows, columns = (
        (torch.arange(size) - start - far * (block - 1)) % block == 0
        for size, start, far, block in zip(image.shape[1:], grid.phase, corner, grid.block, strict=True)
    )
    return image.where((rows[:, None] & columns)[None], answer)


def half_of(block: int) -> int:
    """Return how far a cell is moved so that a pixel in its corner comes to lie in its middle, px."""
    return block // 2
