"""Finds mosaics laid as bricks are: rows of cells that are each shifted by half a cell.

What: lines that repeat by half a cell make such a mosaic look like one of cells half as wide, in whose rows every
second line parts nothing.
Source: our own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.mosaic.free_cells import FreeCells, summed_by_cell
from inpaint.mosaic.grid import Grid, cell_counts, cell_sums
from inpaint.mosaic.projection import measured_cells

LEAST_OF_HALF = 0.5  # of half a brick that is masked, to be compared
FEWEST_PAIRS = 12  # of halves, in all rows together
FEWEST_BRICK_ROWS = 3
LEAST_ALTERNATING = 0.8  # share of the rows that begin otherwise than the row before
MOST_WITHIN = 0.3  # of the steps between bricks, that those between their halves may be, after JPEG too


def find_bricks(image: Tensor, region: Tensor, grid: Grid) -> FreeCells | None:
    """Return the bricks of a region, None where its cells are none.

    image: (3, h, w) in [0, 1].  region: (1, h, w).  grid: of half bricks, as it lies in these.
    """
    halves = measured_cells(image, region, grid)  # (3, rows, columns)
    seen = (cell_sums(region, grid) >= LEAST_OF_HALF * cell_counts(image, grid))[0]
    lying, standing = (odd_joints(*it) for it in ((halves, seen), (halves.mT, seen.mT)))
    joints = lying if lying is not None else standing
    if joints is None:
        return None
    rows, columns = (
        (torch.arange(size) + -phase % block) // block
        for size, phase, block in zip(image.shape[1:], grid.phase, grid.block, strict=True)
    )
    if lying is not None:
        bricks = rows[:, None] * (columns.max() + 2) + (columns[None] + joints[rows][:, None]) // 2
    else:
        bricks = columns[None] * (rows.max() + 2) + (rows[:, None] + joints[columns][None]) // 2
    inside = region[0] > 0.5
    labels = torch.full(inside.shape, -1, dtype=torch.long)
    labels[inside] = torch.unique(bricks[inside], return_inverse=True)[1]
    count = int(labels.max()) + 1
    pixels = summed_by_cell(torch.ones_like(image[:1]), labels, count)
    return FreeCells(labels, summed_by_cell(image, labels, count) / pixels)


def odd_joints(halves: Tensor, seen: Tensor) -> Tensor | None:
    """Return for each row of half bricks whether bricks begin at its odd ones, (rows,); None where they are no bricks.

    halves: (3, rows, columns).  seen: (rows, columns) bool.
    """
    steps = (halves[:, :, 1:] - halves[:, :, :-1]).abs().mean(0)
    paired = seen[:, 1:] & seen[:, :-1]
    if int(paired.sum()) < FEWEST_PAIRS:
        return None
    sums = torch.stack([(steps * paired)[:, start::2].sum(1) for start in (0, 1)])
    counts = torch.stack([paired[:, start::2].sum(1) for start in (0, 1)])
    both = (counts > 0).all(0)
    means = (sums / counts.clamp(min=1))[:, both]
    odd = (means[0] > means[1]).long()
    within, between = means.amin(0).sum(), means.amax(0).sum()
    if len(odd) < FEWEST_BRICK_ROWS or within >= MOST_WITHIN * between:
        return None
    if float((odd[1:] != odd[:-1]).float().mean()) < LEAST_ALTERNATING:
        return None
    alternating = torch.arange(len(both)) % 2  # rows in which little shows follow the others
    agreeing = float(((means[0] - means[1]) * (2 * alternating[both] - 1)).sum())
    return alternating if agreeing > 0 else 1 - alternating
