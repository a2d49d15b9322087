"""A mosaic's grid of whole pixels: where its cells lie.  It is known where no network runs, too, and needs no torch."""

from __future__ import annotations

from typing import NamedTuple


class Grid(NamedTuple):
    """A grid of mosaic cells that covers the whole picture.

    Cells of 2 x 2 px whose lines lie on odd rows and even columns, so that the border cuts the first row of cells:

    >>> import torch
    >>> from inpaint.mosaic.grid import cell_means, pixelate
    >>> grid = Grid(block=(2, 2), phase=(1, 0))
    >>> image = torch.tensor([[[1.0, 3.0, 5.0, 7.0], [0.0, 0.0, 4.0, 4.0], [2.0, 2.0, 4.0, 4.0]]])  # (1, 3, 4)
    >>> cell_means(image, grid)
    tensor([[[2., 6.],
             [1., 4.]]])
    >>> pixelate(image, grid)
    tensor([[[2., 2., 6., 6.],
             [1., 1., 4., 4.],
             [1., 1., 4., 4.]]])
    """

    block: tuple[int, int]  # (height, width) of a cell, px
    phase: tuple[int, int]  # (y, x) of a grid line, px, 0 <= phase < block
