"""Which pixels of a mark the cells of a mosaic cover: what is seen between round cells, or fades into them, is kept.

Source: our own.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from inpaint.mosaic.grid import Grid, enlarge, shape_of
from inpaint.mosaic.projection import MOST_CELL_STRAY

LEAST_FLAT_SHARE = 0.5  # of the marked pixels, that are exactly their cell's colour in a lossless file
ROUNDED_STRAY = 1.01 / 255  # of full brightness


def covered_pixels(image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Return the marked pixels that have the colour of most of their cell, (1, H, W); all where a JPEG blurred them.

    image: (3, H, W) in [0, 1].  mask: (1, H, W).

    >>> image = torch.tensor([[[0.2, 0.2, 0.6, 0.6], [0.2, 0.9, 0.6, 0.6]]]).expand(3, 2, 4)
    >>> covered_pixels(image, torch.ones(1, 2, 4), Grid((2, 2), (0, 0)))
    tensor([[[1., 1., 1., 1.],
             [1., 0., 1., 1.]]])
    """
    away = away_from_colours(image, mask, grid)
    return mask * (away <= MOST_CELL_STRAY) if is_exact(away, mask) else mask


def has_exact_cells(image: Tensor, mask: Tensor, grid: Grid) -> bool:
    """Tell whether most marked pixels have exactly one colour in each cell; arguments as of `covered_pixels`."""
    return is_exact(away_from_colours(image, mask, grid), mask)


def is_exact(away: Tensor, mask: Tensor) -> bool:
    """Tell whether most marked pixels are no farther away from their cell's colour than rounding takes them."""
    return bool(((away <= ROUNDED_STRAY) * mask).sum() >= LEAST_FLAT_SHARE * mask.sum())


def away_from_colours(image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Return how far every pixel is from the middle colour of the marked ones in its cell, (1, H, W)."""
    size, (bh, bw) = (image.shape[1], image.shape[2]), grid.block
    rows, columns = shape_of(size, grid)
    top, left = (-phase % block for phase, block in zip(grid.phase, grid.block, strict=True))
    beyond = (left, columns * bw - size[1] - left, top, rows * bh - size[0] - top)
    marked = functional.pad(image.where(mask > 0.5, torch.nan), beyond, value=torch.nan)
    cells = marked.reshape(3, rows, bh, columns, bw).transpose(2, 3).reshape(3, rows, columns, bh * bw)
    colours = cells.nanmedian(3).values.nan_to_num(0.0)
    return (image - enlarge(colours, grid, size)).abs().amax(0, keepdim=True)
