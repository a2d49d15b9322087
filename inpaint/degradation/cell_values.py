"""What a mosaic puts into the picture: the value of every cell, which cells are painted, and pasting them.

Data loading spends much of its time here, so only the window that the mosaic touches is computed; every number is the
same, to the last bit, as if the whole picture had been.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inpaint.mosaic.grid import Grid, Window, cell_sums, cells_of, shape_of, spans

ENLARGEMENT_REACH = 2  # cells on either side that a smooth enlargement looks at


def window_of(painted: Tensor) -> Window | None:
    """Return the rows and columns that hold everything painted, (1, H, W); None where nothing is."""
    inside = painted[0].numpy() > 0.5
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def cell_values(
    target: Tensor,
    grid: Grid,
    cell: str,
    rng: torch.Generator | None,
    window: Window,
    *,
    reach: int = ENLARGEMENT_REACH,
) -> Tensor:
    """Give every cell that the window needs its value: (3, H, W) -> (3, h, w).

    reach: how many cells around the window are needed too; means beyond it stay 0.
    """
    if cell == "mean":
        return _means(target, grid, window, reach)
    rows, columns = spans((target.shape[-2], target.shape[-1]), grid)
    if cell == "centre":
        y, x = rows.starts + rows.counts // 2, columns.starts + columns.counts // 2
        return target[:, y[:, None], x]
    fractions = torch.rand(2, len(rows.starts), len(columns.starts), generator=rng)
    y = rows.starts[:, None] + (fractions[0] * rows.counts[:, None]).long()
    x = columns.starts + (fractions[1] * columns.counts).long()
    return target[:, y, x]


def painted_cells(mask: Tensor, grid: Grid) -> Tensor:
    """Paint the cells at whose centre the mask is set, or else the one that holds most of it: (1, H, W)."""
    size = (mask.shape[-2], mask.shape[-1])
    (starts, counts), (lefts, widths) = (_span(size[axis], grid, axis) for axis in (0, 1))
    painted = mask[0].numpy()[(starts + counts // 2)[:, None], lefts + widths // 2]  # (h, w)
    if not painted.any() and mask.any():
        painted.reshape(-1)[cell_sums(mask, grid).argmax()] = 1.0
    return repeated_cells(torch.from_numpy(painted)[None], grid, (slice(0, size[0]), slice(0, size[1])))


def repeated_cells(cells: Tensor, grid: Grid, window: Window) -> Tensor:
    """Repeat every cell over its pixels in a window, as `enlarge` does but without gradient: twice as fast."""
    rows, columns = (
        (np.arange(pixels.start, pixels.stop) + -phase % block) // block
        for pixels, block, phase in zip(window, grid.block, grid.phase, strict=True)
    )
    return torch.from_numpy(cells.numpy().take(columns, 2).take(rows, 1))


def box_blur(alpha: Tensor, radius: int) -> Tensor:
    """Average over a square of this radius, cut at the border: (1, H, W)."""
    rows = functional.avg_pool2d(alpha, (2 * radius + 1, 1), 1, (radius, 0), count_include_pad=False)
    return functional.avg_pool2d(rows, (1, 2 * radius + 1), 1, (0, radius), count_include_pad=False)


def pasted_cells(picture: Tensor, shown: Tensor, painted: Tensor, window: Window) -> Tensor:
    """Return the picture with what a window shows, where that is painted.

    picture: (3, H, W).  shown: (3, height, width), in the window.  painted: (1, H, W).
    """
    result = picture.clone(memory_format=torch.contiguous_format)
    chosen = (painted[(0, *window)].numpy() > 0.5).view(np.uint8)
    for below, above in zip(result.numpy()[(slice(None), *window)], shown.numpy(), strict=True):
        cv2.copyTo(above, chosen, below)  # thrice as fast as torch.where
    return result


def _means(target: Tensor, grid: Grid, window: Window, reach: int) -> Tensor:
    """Average the cells of a window and those around it: (C, H, W) -> (C, h, w)."""
    size = (target.shape[-2], target.shape[-1])
    before = [-phase % block for block, phase in zip(grid.block, grid.phase, strict=True)]
    means = target.new_zeros(target.shape[0], *shape_of(size, grid))
    places, pixels = [], []
    for axis in (0, 1):
        first, last = cells_of(window[axis], grid.block[axis], before[axis])
        first, last = max(first - reach, 0), min(last + reach, means.shape[1 + axis])
        places.append(slice(first, last))
        pixels.append((first * grid.block[axis] - before[axis], last * grid.block[axis] - before[axis]))
    (top, bottom), (left, right) = pixels
    if min(top, left) >= 0 and bottom <= size[0] and right <= size[1]:
        needed = target[:, top:bottom, left:right]
    else:
        # Rows as far apart as in the whole padded picture: how torch orders a sum depends on it.
        canvas = target.new_empty(target.shape[0], bottom - top, means.shape[2] * grid.block[1])
        needed = canvas[:, :, : right - left]
        y0, y1, x0, x1 = max(top, 0), min(bottom, size[0]), max(left, 0), min(right, size[1])
        for rim in (needed[:, : y0 - top], needed[:, y1 - top :], needed[..., : x0 - left], needed[..., x1 - left :]):
            rim.zero_()
        needed[:, y0 - top : y1 - top, x0 - left : x1 - left] = target[:, y0:y1, x0:x1]
    rows, columns = places
    sums = needed.unflatten(2, (-1, grid.block[1])).unflatten(1, (-1, grid.block[0])).sum((-3, -1))
    counts = _span(size[0], grid, 0)[1][rows, None] * _span(size[1], grid, 1)[1][columns]
    means[:, rows, columns] = sums / torch.from_numpy(counts.astype(np.float32))
    return means


def _span(length: int, grid: Grid, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first pixel of every cell along an axis, and how many pixels it has in the picture."""
    block, phase = grid.block[axis], grid.phase[axis]
    lines = np.arange(-(-phase % block), length, block)
    starts = np.maximum(lines, 0)
    return starts, np.minimum(lines + block, length) - starts
