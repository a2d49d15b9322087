"""What a mosaic measures: the means of its cells, which a restored picture keeps.

A mark need not follow the cells, so a cell may be masked in part, and what lies beside it may be original.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid, cell_means, cell_sums, enlarge, project
from inpaint.sample import composite

MOST_CELL_STRAY = 2.5 / 255  # a mosaic cell's pixels stray at most this far from their mean in a lossless file


def measured_cells(image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Return the cell means that a mosaic tells, (3, rows, columns).

    image: (3, h, w).  mask: (1, h, w).  A cell with masked pixels is measured on those alone.
    """
    masked = cell_sums(mask, grid)  # (1, rows, columns)
    measured = cell_sums(image * mask, grid) / masked.clamp(min=1)
    return measured.where(masked > 0, cell_means(image, grid))


def measuring_cells(image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Return which cells measure something, 0 or 1, (1, rows, columns).

    A cell that is masked in part does where its masked pixels are flat, as a mosaic's are, and at least a quarter of
    it: a mark that reaches over original pixels measures nothing.
    """
    masked = cell_sums(mask, grid)  # (1, rows, columns)
    present = cell_sums(torch.ones_like(mask), grid)
    cells = enlarge(measured_cells(image, mask, grid), grid, (image.shape[1], image.shape[2]))
    away = (image - cells).abs().amax(0, keepdim=True) * mask
    flat = cell_sums((away > MOST_CELL_STRAY).float(), grid) == 0
    return ((masked == present) | (flat & (masked >= present / 4))).float()


def keep_cells(answer: Tensor, image: Tensor, mask: Tensor, grid: Grid, *, own: Tensor | None = None) -> Tensor:
    """Correct the masked pixels of an answer until its cell means equal the mosaic's, (3, h, w).

    answer, image: (3, h, w).  mask: (1, h, w).  own: the pixels that may change, default all of the mask.
    """
    size = (answer.shape[1], answer.shape[2])
    told = measuring_cells(image, mask, grid)
    answer = composite(answer, image, mask)  # the known pixels of a cell count towards its mean
    free = (mask if own is None else own) * enlarge(told, grid, size)
    return project(answer, measured_cells(image, mask, grid), grid, free, clamp=True)


def missed_cells(answer: Tensor, image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Return by how much the cell means of an answer miss the mosaic's, a number for each cell that tells, (n,)."""
    told = measuring_cells(image, mask, grid) * (cell_sums(mask, grid) > 0)
    missed = cell_means(composite(answer, image, mask), grid) - measured_cells(image, mask, grid)
    return missed.abs().mean(0)[told[0] > 0]
