"""Restores a mosaic whose cells show one pixel of theirs: as one that lies so that it is their middle.

One pixel strays from its cell's mean, so cells are mixed with their neighbours before they are taken for means; the
pixel itself stays as it is.
Source: our own; chosen with `scripts/bench_shapes.py --kinds corner centre`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from inpaint.mosaic.grid import Grid, enlarge
from inpaint.mosaic.projection import measured_cells
from inpaint.sample import composite

Asks = Callable[[Tensor, Tensor, Grid], Tensor]  # picture with a mosaic, its mask, its grid -> restored
OF_NEIGHBOURS = 0.4  # of a cell's colour; .2 and .6 are .2 to .5 dB worse on eight photographs, cells of 6 and 8 px


def restore_point_samples(image: Tensor, mask: Tensor, grid: Grid, place: tuple[int, int], ask: Asks) -> Tensor:
    """Restore a mosaic (3, H, W) whose cells show the pixel at a place (y, x) in them; that pixel stays.

    mask: (1, H, W).  ask: restores a mosaic of means.
    """
    moves = [at - block // 2 for block, at in zip(grid.block, place, strict=True)]
    phase = [(start + move) % block for start, move, block in zip(grid.phase, moves, grid.block, strict=True)]
    moved, marked = (it.roll(moves, (1, 2)) for it in (image, mask))
    middle = Grid(grid.block, (phase[0], phase[1]))
    laid = composite(moved, image, mask * marked)
    cells = mixed_with_neighbours(measured_cells(laid, mask, middle))
    shown = composite(enlarge(cells, middle, (image.shape[1], image.shape[2])), laid, mask)
    answer = composite(ask(shown, mask, middle), image, mask)
    rows, columns = (
        (torch.arange(size) - start - at) % block == 0
        for size, start, at, block in zip(image.shape[1:], grid.phase, place, grid.block, strict=True)
    )
    return image.where((rows[:, None] & columns)[None], answer)


def mixed_with_neighbours(cells: Tensor) -> Tensor:
    """Return cells (3, rows, columns) mixed with the four beside each."""
    around = functional.pad(cells[None], (1, 1, 1, 1), mode="replicate")[0]
    beside = around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
    return (1 - OF_NEIGHBOURS) * cells + OF_NEIGHBOURS * beside / 4
