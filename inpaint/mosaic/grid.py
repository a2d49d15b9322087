"""The arithmetic of a mosaic's grid: sums and means of cells, and their enlargement to a picture.

A mosaic replaces every pixel by the mean of its cell, so it is box downsampling followed by exact repetition.
Everything here is plain differentiable tensor arithmetic for any leading dimensions, any phase, rectangular cells and
any picture size; a cell that the picture's border cuts has the mean of the pixels that are present.

Smooth enlargement: bilinear, Keys' cubic with a = -0.5 (1981; as Pillow has it, torch uses -0.75) and Lanczos-3.
Unlike Pillow the cells are repeated beyond the border instead of renormalising the kernel.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from inpaint.mosaic.whole_grid import Grid

Window = tuple[slice, slice]  # rows and columns of a picture, px


class Span(NamedTuple):
    """The pixels of every cell along one axis that lie inside the picture."""

    starts: Tensor  # (cells,) first pixel present
    counts: Tensor  # (cells,) number of pixels present


def spans(size: tuple[int, int], grid: Grid) -> tuple[Span, Span]:
    """Return where the cells begin and how many of their pixels the picture holds, for rows and for columns."""
    return _span(size[0], *_axis(grid, 0)), _span(size[1], *_axis(grid, 1))


def cell_sums(image: Tensor, grid: Grid) -> Tensor:
    """Sum the pixels of every cell: (..., C, H, W) -> (..., C, h, w)."""
    (height, width), leading = image.shape[-2:], image.shape[:-2]
    (bh, top), (bw, left) = _axis(grid, 0), _axis(grid, 1)
    h, w = shape_of((height, width), grid)
    padded = functional.pad(image, (left, w * bw - width - left, top, h * bh - height - top))
    return padded.reshape(*leading, h, bh, w, bw).sum((-3, -1))


def by_cell(image: Tensor, grid: Grid) -> Tensor:
    """Part a picture into its cells: (..., C, H, W) -> (..., C, h, w, block height, block width).

    What a cut cell has beyond the picture is zero.
    """
    (bh, top), (bw, left) = _axis(grid, 0), _axis(grid, 1)
    h, w = shape_of((image.shape[-2], image.shape[-1]), grid)
    padded = image.new_zeros(*image.shape[:-2], h * bh, w * bw)
    padded[..., top : top + image.shape[-2], left : left + image.shape[-1]] = image
    return padded.reshape(*image.shape[:-2], h, bh, w, bw).transpose(-3, -2)


def joined(cells: Tensor, grid: Grid, size: tuple[int, int]) -> Tensor:
    """Join cells to a picture of this size again, the inverse of `by_cell`."""
    h, w, bh, bw = cells.shape[-4:]
    whole = cells.transpose(-3, -2).reshape(*cells.shape[:-4], h * bh, w * bw)
    top, left = _axis(grid, 0)[1], _axis(grid, 1)[1]
    return whole[..., top : top + size[0], left : left + size[1]]


def cell_counts(image: Tensor, grid: Grid) -> Tensor:
    """Count the pixels present in every cell: (h, w), in the image's dtype and on its device."""
    rows, columns = spans((image.shape[-2], image.shape[-1]), grid)
    return (rows.counts[:, None] * columns.counts).to(image.device, image.dtype)


def cell_means(image: Tensor, grid: Grid) -> Tensor:
    """Average every cell: (..., C, H, W) -> (..., C, h, w); a cut cell averages the pixels present."""
    return cell_sums(image, grid) / cell_counts(image, grid)


def enlarge(
    cells: Tensor, grid: Grid, size: tuple[int, int], mode: str = "nearest", *, window: Window | None = None
) -> Tensor:
    """Enlarge cells to a picture of this size: (..., C, h, w) -> (..., C, H, W).

    mode: "nearest" repeats every cell exactly; "bilinear", "bicubic" and "lanczos" interpolate between cell centres,
    which lie where the grid has them, also for cut cells.  "bicubic" and "lanczos" may leave the range of the cells.
    window: the rows and columns to return, default all.  Raises ValueError for cells that do not fit the grid.
    """
    (bh, top), (bw, left) = _axis(grid, 0), _axis(grid, 1)
    expected = shape_of(size, grid)
    if tuple(cells.shape[-2:]) != expected:
        raise ValueError(f"{tuple(cells.shape[-2:])} cells were given, but {grid} on {size} pixels has {expected}")
    rows, columns = window or (slice(0, size[0]), slice(0, size[1]))
    if mode == "nearest":
        (r0, r1), (c0, c1) = cells_of(rows, bh, top), cells_of(columns, bw, left)
        needed = cells[..., r0:r1, c0:c1]
        repeated = needed[..., :, None, :, None].expand(*needed.shape[:-1], bh, needed.shape[-1], bw)
        whole = repeated.reshape(*cells.shape[:-2], (r1 - r0) * bh, (c1 - c0) * bw)
        y, x = rows.start + top - r0 * bh, columns.start + left - c0 * bw
        return whole[..., y : y + rows.stop - rows.start, x : x + columns.stop - columns.start]
    turned = _interpolate(cells.transpose(-1, -2), rows, bh, top, mode)  # (..., C, w, H)
    return _interpolate(turned.transpose(-1, -2), columns, bw, left, mode)


def shape_of(size: tuple[int, int], grid: Grid) -> tuple[int, int]:
    """Return how many cells, (rows, columns), a grid has on a picture of this size."""
    (bh, top), (bw, left) = _axis(grid, 0), _axis(grid, 1)
    return math.ceil((size[0] + top) / bh), math.ceil((size[1] + left) / bw)


def cells_of(pixels: slice, block: int, before: int) -> tuple[int, int]:
    """Return the first cell that a run of pixels touches along an axis, and the one after the last.

    before: how many pixels of the first cell of the picture lie beyond its border.
    """
    return (pixels.start + before) // block, -(-(pixels.stop + before) // block)


def pixelate(image: Tensor, grid: Grid) -> Tensor:
    """Replace every pixel by the mean of its cell: (..., C, H, W), the same shape."""
    return enlarge(cell_means(image, grid), grid, (image.shape[-2], image.shape[-1]))


def _axis(grid: Grid, axis: int) -> tuple[int, int]:
    """Return the block and how many pixels of the first cell lie before the picture, along one axis."""
    block, phase = grid.block[axis], grid.phase[axis]
    if block < 1 or not 0 <= phase < block:
        raise ValueError(f"{grid} is no grid: block must be at least 1 and phase at least 0 and less than block")
    return block, -phase % block


def _span(length: int, block: int, before: int) -> Span:
    """Locate the present pixels of the cells along one axis."""
    lines = torch.arange(-before, length, block)
    starts = lines.clamp(min=0)
    return Span(starts, (lines + block).clamp(max=length) - starts)


def _interpolate(cells: Tensor, pixels: slice, block: int, before: int, mode: str) -> Tensor:
    """Interpolate the last axis from cells to a run of pixels: (..., n) -> (..., length).

    Taps are gathered and summed, not multiplied as a matrix, so that neither TF32 nor autocast rounds them.
    """
    if mode not in ENLARGEMENT_KERNELS:
        raise ValueError(f"enlargement {mode!r} is unknown; choose nearest, {', '.join(ENLARGEMENT_KERNELS)}")
    kernel, radius = ENLARGEMENT_KERNELS[mode]
    place = (
        torch.arange(pixels.start, pixels.stop, dtype=torch.float64) + before + 0.5
    ) / block - 0.5  # in cells, 0 = first centre
    taps = place.floor()[:, None] + torch.arange(1 - radius, radius + 1)  # (length, 2 radius)
    weights = kernel(taps - place[:, None])
    weights = (weights / weights.sum(1, keepdim=True)).to(cells.device, cells.dtype)
    indices = taps.long().clamp(0, cells.shape[-1] - 1).to(cells.device)
    total = cells[..., indices[:, 0]] * weights[:, 0]
    for tap in range(1, 2 * radius):
        total = total + cells[..., indices[:, tap]] * weights[:, tap]
    return total


def _triangle(offset: Tensor) -> Tensor:
    """The kernel of linear interpolation."""
    return (1.0 - offset.abs()).clamp(min=0.0)


def _keys(offset: Tensor) -> Tensor:
    """Keys' cubic convolution kernel with a = -0.5 (eq. 15)."""
    t = offset.abs()
    near, far = (1.5 * t - 2.5) * t * t + 1.0, ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    return torch.where(t <= 1.0, near, torch.where(t < 2.0, far, 0.0))


def _lanczos(offset: Tensor) -> Tensor:
    """The sinc windowed by the main lobe of a three times wider sinc."""
    return (torch.sinc(offset) * torch.sinc(offset / 3.0)).where(offset.abs() < 3.0, torch.zeros_like(offset))


ENLARGEMENT_KERNELS = {"bilinear": (_triangle, 1), "bicubic": (_keys, 2), "lanczos": (_lanczos, 3)}
