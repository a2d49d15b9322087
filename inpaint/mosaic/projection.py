"""What a mosaic measures, the means of its cells, and correcting a restored picture until it has the same means.

A mark need not follow the cells, so a cell may be masked in part, and what lies beside it may be original.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid, by_cell, cell_counts, cell_means, cell_sums, enlarge, joined
from inpaint.sample import composite

MOST_CELL_STRAY = 2.5 / 255  # of full brightness, that pixels of a cell stray from its mean in a lossless file
EXACT_MEAN = 1e-5  # of [0, 1]; a mean that misses its cell's by less needs no further round
CLAMPED_ROUNDS = 8  # each round at least halves what a clamped cell still misses, in practice far more


class CellMeasures(NamedTuple):
    """What the cells of a mosaic measure."""

    means: Tensor  # (3, rows, columns)
    trusted: Tensor  # (1, rows, columns), 1 where a cell measures something, else 0


def measure_cells(image: Tensor, mask: Tensor, grid: Grid) -> CellMeasures:
    """Measure the cells of a mosaic, and find out which of them measure something.

    image: (3, h, w).  mask: (1, h, w).  A cell that is masked in part does where its masked pixels are flat, as a
    mosaic's are, and at least a quarter of it: a mark that reaches over original pixels measures nothing.
    """
    means = measured_cells(image, mask, grid)
    masked = cell_sums(mask, grid)  # (1, rows, columns)
    present = cell_sums(torch.ones_like(mask), grid)
    cells = enlarge(means, grid, (image.shape[1], image.shape[2]))
    away = (image - cells).abs().amax(0, keepdim=True) * mask
    flat = cell_sums((away > MOST_CELL_STRAY).float(), grid) == 0
    return CellMeasures(means, ((masked == present) | (flat & (masked >= present / 4))).float())


def measured_cells(image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Return the cell means that a mosaic tells, (3, rows, columns).

    image: (3, h, w).  mask: (1, h, w).  A cell with masked pixels is measured on those alone.
    """
    masked = cell_sums(mask, grid)  # (1, rows, columns)
    measured = cell_sums(image * mask, grid) / masked.clamp(min=1)
    return measured.where(masked > 0, cell_means(image, grid))


def keep_cells(
    answer: Tensor,
    image: Tensor,
    mask: Tensor,
    grid: Grid,
    *,
    own: Tensor | None = None,
    measures: CellMeasures | None = None,
) -> Tensor:
    """Correct the masked pixels of an answer until its cell means equal the mosaic's, (3, h, w).

    answer, image: (3, h, w).  mask: (1, h, w).  own: the pixels that may change, default all of the mask.  measures:
    of the same image, mask and grid, where they are known already.
    """
    measures = measures or measure_cells(image, mask, grid)
    answer = composite(answer, image, mask)  # the known pixels of a cell count towards its mean
    free = (mask if own is None else own) * enlarge(measures.trusted, grid, (answer.shape[1], answer.shape[2]))
    return project(answer, measures.means, grid, free, clamp=True)


def missed_cells(
    answer: Tensor,
    image: Tensor,
    mask: Tensor,
    grid: Grid,
    *,
    own: Tensor | None = None,
    measures: CellMeasures | None = None,
) -> Tensor:
    """Return by how much the cell means of an answer miss the mosaic's, a number for each cell that measures, (n,).

    Arguments as of `keep_cells`; counted are cells with pixels of their own.
    """
    measures = measures or measure_cells(image, mask, grid)
    counted = measures.trusted * (cell_sums(mask if own is None else own, grid) > 0)
    missed = cell_means(composite(answer, image, mask), grid) - measures.means
    return missed.abs().mean(0)[counted[0] > 0]


def project(restored: Tensor, cells: Tensor, grid: Grid, mask: Tensor, *, clamp: bool = False) -> Tensor:
    """Correct the masked pixels as little as possible so that the mean of every touched cell equals its measurement.

    restored: (..., C, H, W).  cells: (..., C, h, w).  mask: (..., 1, H, W) in {0, 1}.  Nothing changes outside mask.
    In a cell fully inside the mask this is x + NN(cells - D(x)), the orthogonal projection.  A cell that is partly
    outside was measured over all its original pixels, so the known ones count towards its mean and the masked ones
    carry the whole correction.  Values may leave [0, 1]; with clamp they do not, and what clamping takes from a cell
    is handed to its pixels that can still move, so the means hold to within 1/510 wherever [0, 1] allows them.
    """
    inside = mask > 0.5
    if clamp:
        return settled(restored.clamp(0.0, 1.0).where(inside, restored), cells, grid, inside)
    return (restored + _correction(restored, cells, grid, inside.to(restored.dtype))).where(inside, restored)


def settled(image: Tensor, cells: Tensor, grid: Grid, movable: Tensor) -> Tensor:
    """Correct cells by those of their movable pixels that can still move within [0, 1], until their means are right.

    Arguments as of `project`.  Only cells that are wrong are worked on, cut out of the picture: of an answer that was
    made from the cells they are few.
    """
    missing = cells - cell_means(image, grid)
    wrong = (missing.abs() >= EXACT_MEAN).reshape(-1, *missing.shape[-2:]).any(0)  # (h, w)
    if not wrong.any():
        return image
    pixels, mine = (
        by_cell(image, grid),
        by_cell(movable, grid)[..., wrong, :, :],
    )  # (..., C, h, w, bh, bw), (..., n, ..)
    values, wanted, count = pixels[..., wrong, :, :], cells[..., wrong], cell_counts(image, grid)[wrong]
    for _ in range(CLAMPED_ROUNDS):
        lacking = (wanted - values.sum((-2, -1)) / count)[..., None, None]  # (..., C, n, 1, 1)
        if lacking.abs().max() < EXACT_MEAN:
            break
        free = mine & torch.where(lacking > 0, values < 1.0, values > 0.0)
        share = lacking * count[:, None, None] / free.sum((-2, -1), keepdim=True).clamp(min=1)
        values = (values + free * share).clamp(0.0, 1.0).where(mine, values)
    pixels[..., wrong, :, :] = values
    return joined(pixels, grid, (image.shape[-2], image.shape[-1]))


def _correction(image: Tensor, cells: Tensor, grid: Grid, movable: Tensor) -> Tensor:
    """Spread what every cell mean lacks evenly over its movable pixels; cells without any get zero."""
    missing = (cells - cell_means(image, grid)) * cell_counts(image, grid)
    share = missing / cell_sums(movable, grid).clamp(min=1.0)
    return movable * enlarge(share, grid, (image.shape[-2], image.shape[-1]))
