"""Mosaics whose cells are no whole pixels are seen as they were made, and answers return to their places."""

from __future__ import annotations

import cv2
import pytest
import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid, cell_means, pixelate
from inpaint.mosaic.lattice import Lattice
from inpaint.mosaic.resampling import resampled_mosaic
from inpaint.randomness import rng_for

BLOCK = 12


def waves(height: int, width: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    return torch.stack([0.5 + 0.3 * torch.sin(9 * x + 7 * y + phase) for phase in (0.0, 1.0, 2.0)])


def scaled(image: Tensor, size: tuple[int, int], way: int) -> Tensor:
    """Resize a picture (3, H, W) to (height, width) as programs do."""
    resized = cv2.resize(image.permute(1, 2, 0).numpy(), (size[1], size[0]), interpolation=way)
    return torch.from_numpy(resized).permute(2, 0, 1)


@pytest.mark.parametrize(
    ("size", "way"), [((110, 131), cv2.INTER_AREA), ((170, 201), cv2.INTER_LINEAR), ((250, 301), cv2.INTER_CUBIC)]
)
def test_cells_have_the_means_that_they_were_made_with(size: tuple[int, int], way: int):
    grid, (height, width) = Grid((BLOCK, BLOCK), (5, 7)), (144, 180)
    target = torch.rand(3, height, width, generator=rng_for(1)) * 0.2 + 0.8 * waves(height, width)
    mosaic, by = scaled(pixelate(target, grid), size, way), (size[0] / height, size[1] / width)
    lattice = Lattice((BLOCK * by[0], BLOCK * by[1]), (5 * by[0], 7 * by[1]))
    seen = resampled_mosaic(mosaic, torch.ones(1, *size), lattice)
    assert seen.grid.block == (round(lattice.block[0]), round(lattice.block[1]))
    assert torch.allclose(pixelate(seen.image, seen.grid), seen.image, atol=1e-5), "cells are not flat"
    told, made = cell_means(seen.image, seen.grid)[:, 2:-2, 2:-2], cell_means(target, grid)[:, 2:-2, 2:-2]
    assert [axis.whole for axis in seen.axes] == list(seen.grid.phase), "the first line is the first in both"
    rows, columns = (min(one, other) for one, other in zip(told.shape[1:], made.shape[1:], strict=True))
    assert (told[:, :rows, :columns] - made[:, :rows, :columns]).abs().max() < 0.01
    assert seen.uneven < 0.004


def test_an_answer_returns_to_its_place():
    image = waves(150, 170)
    seen = resampled_mosaic(image, torch.zeros(1, 150, 170), Lattice((7.4, 8.3), (3.3, 0.0)))
    assert torch.allclose(seen.back(seen.image), image, atol=2e-3)
    assert seen.image.shape[1:] == pytest.approx((150 * 7 / 7.4, 170 * 8 / 8.3), abs=2)


def test_a_grid_of_whole_pixels_is_only_made_flat():
    image, mask = waves(60, 72), torch.zeros(1, 60, 72)
    mask[:, 8:40, 16:48] = 1
    seen = resampled_mosaic(image, mask, Grid((8, 8), (0, 0)))
    assert torch.allclose(seen.image.where(mask < 1, image), image, atol=1e-6)
    assert torch.equal(seen.mask, mask)
    assert torch.allclose(seen.back(seen.image), seen.image, atol=1e-5)


def test_a_wrong_lattice_is_less_even():
    size = (170, 201)
    mosaic = scaled(pixelate(waves(144, 180), Grid((BLOCK, BLOCK), (0, 0))), size, cv2.INTER_LINEAR)
    right = Lattice((BLOCK * size[0] / 144, BLOCK * size[1] / 180), (0.0, 0.0))
    for wrong in (Grid((14, 13), (0, 0)), Lattice((right.block[0] * 1.02, right.block[1]), (0.0, 0.0))):
        evenness = [resampled_mosaic(mosaic, torch.ones(1, *size), grid).uneven for grid in (right, wrong)]
        assert evenness[0] < 0.6 * evenness[1]
