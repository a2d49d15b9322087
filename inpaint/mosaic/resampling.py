"""Resampling a picture until the cells of its mosaic are whole pixels, and an answer back to the picture.

What: rescaling leaves cells of fractions of a pixel with blurred lines between them, which no network learned to
restore.  The picture is enlarged or reduced, by an eighth at most, until the sides of the cells are whole, and every
cell is given the mean of its inside, so that a mosaic is seen as it was made.
Source: our own.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from inpaint.mosaic.grid import Grid, cell_sums, enlarge
from inpaint.mosaic.lattice import Lattice
from inpaint.mosaic.projection import measured_cells
from inpaint.sample import composite

BLURRED_MARGIN = 1.5  # px on either side of a line that rescaling may have blurred
LEAST_CELL_INSIDE = 2  # px in the middle of a cell that always count as its inside


class ResampledAxis(NamedTuple):
    """How places along one axis of the picture and of what it is resampled to belong together, px."""

    size: int  # of the picture
    resampled: int  # size of what it is resampled to
    scale: float
    line: float  # of the lattice
    whole: int  # line that it becomes

    def forth(self) -> Tensor:
        """Return where in the picture the pixels that it is resampled to lie, 0.5 = the first pixel's middle."""
        return (torch.arange(self.resampled) + 0.5 - self.whole) / self.scale + self.line

    def back(self) -> Tensor:
        """Return where the picture's pixels lie in what it is resampled to."""
        return (torch.arange(self.size) + 0.5 - self.line) * self.scale + self.whole


class ResampledMosaic(NamedTuple):
    """A mosaic that was resampled."""

    image: Tensor  # (3, h, w), cells flat
    mask: Tensor  # (1, h, w)
    grid: Grid
    uneven: float  # mean distance of the pixels inside cells from the means of these
    axes: tuple[ResampledAxis, ResampledAxis]

    def back(self, answer: Tensor) -> Tensor:
        """Return an answer (3, h, w) as it lies in the picture, (3, H, W)."""
        rows, columns = self.axes
        return sampled_at(answer, rows.back(), columns.back()).clamp(0, 1)


def resampled_mosaic(image: Tensor, mask: Tensor, lattice: Grid | Lattice) -> ResampledMosaic:
    """Resample a picture so that the cells of a mosaic are whole pixels.  image: (3, H, W).  mask: (1, H, W)."""
    axes = [
        resampled_axis(size, block, line)
        for size, block, line in zip(image.shape[1:], lattice.block, lattice.phase, strict=True)
    ]
    block = round(lattice.block[0]), round(lattice.block[1])
    grid = Grid(block, (axes[0].whole % block[0], axes[1].whole % block[1]))
    rows, columns = (axis.forth() for axis in axes)
    seen = sampled_at(image, rows, columns).clamp(0, 1)
    inside = (sampled_at(mask, rows, columns, "bilinear") > 0.5).to(image.dtype)
    core = inside * cell_insides(grid, axes)
    cells = measured_cells(seen, core, grid).where(cell_sums(core, grid) > 0, measured_cells(seen, inside, grid))
    flat = composite(enlarge(cells, grid, (seen.shape[1], seen.shape[2])), seen, inside)
    uneven = float(((seen - flat).abs() * core).sum() / (3 * core.sum()).clamp(min=1))
    return ResampledMosaic(flat, inside, grid, uneven, (axes[0], axes[1]))


def resampled_axis(size: int, block: float, line: float) -> ResampledAxis:
    """Return how an axis is resampled so that its cells are whole pixels."""
    scale = round(block) / block
    whole = -int(-line * scale // 1)  # rounded up, so that nothing of the picture is cut off
    return ResampledAxis(size, -int(-((size - line) * scale + whole) // 1), scale, line, whole)


def cell_insides(grid: Grid, axes: list[ResampledAxis]) -> Tensor:
    """Return the insides of all cells, away from their blurred lines, (1, h, w)."""
    within = []
    for block, axis in zip(grid.block, axes, strict=True):
        place = (torch.arange(axis.resampled) - axis.whole) % block + 0.5
        margin = min(BLURRED_MARGIN * axis.scale, (block - LEAST_CELL_INSIDE) / 2)
        within.append(((place >= margin) & (place <= block - margin)).float())
    return (within[0][:, None] * within[1])[None]


def sampled_at(picture: Tensor, rows: Tensor, columns: Tensor, mode: str = "bicubic") -> Tensor:
    """Return a picture (C, H, W) at these places, (C, rows, columns)."""
    height, width = picture.shape[1:]
    y, x = torch.meshgrid(rows * 2 / height - 1, columns * 2 / width - 1, indexing="ij")
    where = torch.stack([x, y], -1)[None].to(picture.dtype)
    return functional.grid_sample(picture[None], where, mode, "border", align_corners=False)[0]
