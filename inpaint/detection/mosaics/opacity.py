"""Finds how opaque a mosaic is that lets the picture be seen, and takes it off.

What: under a mosaic of this kind a pixel is opacity * mean of its cell + (1 - opacity) * picture, so what is left
inside a cell is the picture's own detail, only weaker.  Its slope agrees with the means of the cells beside it; by how
much tells the opacity, and that the steps over the lines of the grid become those inside the cells tells it more
closely.
Source: our own.  The thresholds were chosen with mosaics of 8 px on BSD100, opaque or not, with and without JPEG.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid, cell_counts, cell_sums, enlarge
from inpaint.mosaic.projection import measured_cells
from inpaint.sample import composite

LEAST_SLOPE_CORRELATION = 0.3  # opaque mosaics in JPEGs stay below
SLOPE_OF_NATURE = 1.3  # times the difference of the cells beside it, that a cell of a photograph has as its slope
LEAST_OPACITY, MOST_OPACITY = 0.15, 0.9
EVEN_WITHIN = 0.15  # by which the opacity may differ deep inside
AGREEING = 0.08  # by which both measures may differ to be one
OPACITY_STEP, OPACITY_STRAY = 0.05, 0.025  # opacities are mostly set in steps of so much; a measured one is so near
MARGIN_OF_SLOPE = 1  # px beside a line that JPEG smears


def find_opacity(image: Tensor, region: Tensor, grid: Grid) -> float | None:
    """Return how opaque a mosaic is, None where it is as good as opaque.

    image: (3, h, w).  region: (1, h, w).  grid: as it lies in these.
    """
    by_slope, deep = (opacity_by_slopes(image, part, grid) for part in (region, inner_half(region)))
    if by_slope is None or deep is None or abs(deep - by_slope) > EVEN_WITHIN:  # a feathered one is opaque inside
        return None
    by_steps = opacity_by_steps(image, region, grid)
    opacity = by_slope if by_steps is None or abs(by_steps - by_slope) > AGREEING else by_steps
    nearest = round(opacity / OPACITY_STEP) * OPACITY_STEP
    return round(nearest if abs(nearest - opacity) <= OPACITY_STRAY else opacity, 3)


def inner_half(region: Tensor) -> Tensor:
    """Return the part of a region (1, h, w) that lies at least half as deep in it as its deepest pixel."""
    depth = cv2.distanceTransform(np.pad(region[0].numpy().astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return torch.from_numpy((depth >= depth.max() / 2)[1:-1, 1:-1])[None].to(region.dtype)


def opacity_by_slopes(image: Tensor, region: Tensor, grid: Grid) -> float | None:
    """Return the opacity that the slopes inside cells tell, None where they tell none.  Arguments: `find_opacity`."""
    slope, correlation = slopes_explained(image, region, grid)
    opacity = 1 - slope / SLOPE_OF_NATURE
    return opacity if correlation >= LEAST_SLOPE_CORRELATION and LEAST_OPACITY < opacity < MOST_OPACITY else None


def slopes_explained(image: Tensor, region: Tensor, grid: Grid) -> tuple[float, float]:
    """Return the slopes inside cells as a multiple of what the means beside them give, and their correlation."""
    cells = measured_cells(image, region, grid)
    whole = (cell_sums(region, grid) >= cell_counts(image, grid)).float()  # (1, rows, columns)
    both, given, own = 0.0, 0.0, 0.0
    for axis in (1, 2):
        block, phase, size, rows = grid.block[axis - 1], grid.phase[axis - 1], image.shape[axis], cells.shape[axis]
        if rows < 3:
            continue
        place = ((torch.arange(size) - phase) % block).float() - (block - 1) / 2
        place = place[:, None] if axis == 1 else place[None]
        counted = (place.abs() <= max((block - 1) / 2 - MARGIN_OF_SLOPE, 0.5)) * region
        level = cell_sums(image * counted, grid) / cell_sums(counted, grid).clamp(min=1)
        away = (image - enlarge(level, grid, (image.shape[1], image.shape[2]))) * counted
        slopes = cell_sums(away * place, grid) / cell_sums(counted * place**2, grid).clamp(min=1e-6)
        before, here, after = (slice(start, rows - 2 + start) for start in (0, 1, 2))
        at = [part if axis == 1 else (slice(None), part) for part in (before, here, after)]
        index = [(slice(None), *(it if isinstance(it, tuple) else (it,))) for it in at]
        expected = (cells[index[2]] - cells[index[0]]) / (2 * block)
        weight = whole[index[0]] * whole[index[1]] * whole[index[2]]
        found = slopes[index[1]]
        both += float((expected * found * weight).sum())
        given, own = given + float((expected**2 * weight).sum()), own + float((found**2 * weight).sum())
    if given <= 0 or own <= 0:
        return 0.0, 0.0
    return both / given, both / (given * own) ** 0.5


def opacity_by_steps(image: Tensor, region: Tensor, grid: Grid) -> float | None:
    """Return the opacity without which steps over lines are as high as those inside cells, None where there is none."""
    cells = enlarge(measured_cells(image, region, grid), grid, (image.shape[1], image.shape[2]))
    on, off, lines, others = torch.zeros(3), 0.0, 0.0, 0.0
    for axis in (1, 2):
        block, phase, size = grid.block[axis - 1], grid.phase[axis - 1], image.shape[axis]
        line = ((torch.arange(1, size) - phase) % block == 0).float()
        line = line[:, None] if axis == 1 else line[None]
        pairs = region.narrow(axis, 1, size - 1) * region.narrow(axis, 0, size - 1)
        of_cells, whole = cells.diff(dim=axis), image.diff(dim=axis)
        within = whole - of_cells
        on += torch.stack([(it * pairs * line).sum() for it in (of_cells**2, of_cells * within, within**2)])
        off += float((whole**2 * pairs * (1 - line)).sum())
        lines, others = lines + float((pairs * line).sum()), others + float((pairs * (1 - line)).sum())
    if not lines or not others:
        return None
    # With k times the detail the squared step over a line is a + 2 b k + c k^2, inside a cell d k^2.
    a, b, c = (on / lines).tolist()
    square = c - off / others
    root = b * b - square * a
    if abs(square) < 1e-12 or root < 0:
        return None
    stronger = [k for k in ((-b + root**0.5) / square, (-b - root**0.5) / square) if k > 1]
    return 1 - 1 / min(stronger) if stronger else None


def without_translucent_mosaic(image: Tensor, mask: Tensor, grid: Grid, opacity: float) -> Tensor:
    """Return a picture (3, h, w) in [0, 1] without a mosaic that is so opaque; pixels beside the mask are the image's.

    mask: (1, h, w).  Of a cell that is masked in part the known pixels count towards the mean that was laid over it.
    """
    size, share = (image.shape[1], image.shape[2]), 1 - opacity
    masked = cell_sums(mask, grid)  # (1, rows, columns)
    weight = cell_counts(image, grid) + masked * opacity / share
    means = (cell_sums(image * mask, grid) / share + cell_sums(image * (1 - mask), grid)) / weight
    return composite(((image - opacity * enlarge(means, grid, size)) / share).clamp(0, 1), image, mask)
