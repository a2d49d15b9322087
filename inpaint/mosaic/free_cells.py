"""Cells of any shape: their means, correcting a picture until it has the same, and a smooth picture that has them.

Hexagons, crystals, diamonds and squares at an angle are what is left of a picture's parts, as a mosaic's squares are;
only their outlines must be told pixel by pixel.
Source: the smooth picture is the pycnophylactic interpolation of Tobler (1979), a membrane that is corrected to the
means of the cells again and again.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

SMOOTHING_ROUNDS = 30  # enough for cells of 16 px: more change a picture by less than 0.02 dB
SWEEPS_A_ROUND = 2  # of the membrane
CLAMPED_CELL_ROUNDS = 4  # after clamping to [0, 1] some means are missed again


class FreeCells(NamedTuple):
    """The cells of a region, each with the colour of all its pixels."""

    labels: Tensor  # (H, W) int64, number of each pixel's cell, -1 = of none
    means: Tensor  # (3, cells)

    @property
    def side(self) -> float:
        """Side of a square as large as the cell in which the middle one of all pixels lies, px."""
        counts = torch.bincount(self.labels[self.labels >= 0]).sort().values
        return float(counts[torch.searchsorted(counts.cumsum(0), counts.sum() // 2)]) ** 0.5


def summed_by_cell(picture: Tensor, labels: Tensor, count: int) -> Tensor:
    """Sum the pixels of every cell: (C, H, W) -> (C, count).  labels: (H, W), -1 = of none."""
    inside = labels >= 0
    return picture.new_zeros(picture.shape[0], count).index_add_(1, labels[inside], picture[:, inside])


def project_on_free_cells(picture: Tensor, cells: FreeCells) -> Tensor:
    """Correct a picture (3, H, W) as little as possible so that every cell has its mean; other pixels stay.

    >>> labels = torch.tensor([[0, 0, 1], [0, -1, 1]])
    >>> cells = FreeCells(labels, torch.tensor([[0.5, 1.0]] * 3))
    >>> project_on_free_cells(torch.zeros(3, 2, 3), cells)[0]
    tensor([[0.5000, 0.5000, 1.0000],
            [0.5000, 0.0000, 1.0000]])
    """
    count = cells.means.shape[1]
    pixels = summed_by_cell(torch.ones_like(picture[:1]), cells.labels, count).clamp(min=1)
    missing = cells.means - summed_by_cell(picture, cells.labels, count) / pixels
    inside = cells.labels >= 0
    result = picture.clone()
    result[:, inside] += missing[:, cells.labels[inside]]
    return result


def keep_free_cells(picture: Tensor, cells: FreeCells) -> Tensor:
    """Correct a picture (3, H, W) in [0, 1] until its cells have their means, and keep it in [0, 1]."""
    for _ in range(CLAMPED_CELL_ROUNDS):
        picture = project_on_free_cells(picture, cells).clamp(0, 1)
    return picture


def smooth_between_cells(image: Tensor, cells: FreeCells) -> Tensor:
    """Return the smoothest picture (3, H, W) that has the means of the cells; what belongs to none is the image's."""
    inside = (cells.labels >= 0)[None]
    for _ in range(SMOOTHING_ROUNDS):
        for _ in range(SWEEPS_A_ROUND):
            around = functional.pad(image[None], (1, 1, 1, 1), mode="replicate")[0]
            sides = around[:, :-2, 1:-1] + around[:, 2:, 1:-1] + around[:, 1:-1, :-2] + around[:, 1:-1, 2:]
            image = torch.where(inside, sides / 4, image)
        image = project_on_free_cells(image, cells)
    return image.clamp(0, 1)
