"""Mosaics as small pictures: phases, cells and their way back, against the arithmetic of the degradation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from inpaint.degradation.fills import mosaic
from inpaint.layers.mosaic_cells import CellShuffle, average_cells, block_size, find_phase, placed
from inpaint.mosaic.grid import Grid, cell_means, enlarge, pixelate

SIDES = range(2, 13)
PHASES = [(block, phase) for block in SIDES for phase in range(block)]  # along one axis


def scene(height: int, width: int, seed: int = 0) -> Tensor:
    """A smooth random picture, (3, H, W)."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, height // 8 + 2, width // 8 + 2, generator=rng)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")[0].clamp(0, 1)


def everywhere(image: Tensor) -> Tensor:
    return torch.ones_like(image[..., :1, :, :])


@pytest.mark.parametrize("ratio", [1, 2], ids=["square", "rectangular"])
def test_every_phase_of_a_mosaic_is_found(ratio: int):
    picture = scene(40, 64)
    for block, phase in PHASES:
        grid = Grid((block, ratio * block), (phase, (ratio * phase + 1) % (ratio * block)))
        shown = pixelate(picture, grid)[None]
        assert find_phase(shown, everywhere(shown), grid.block).tolist() == [list(grid.phase)], grid


def test_every_phase_is_found_inside_a_picture_that_is_no_mosaic():
    picture, mask = scene(64, 70), torch.zeros(1, 64, 70)
    mask[:, 13:52, 9:61] = 1
    for block, phase in PHASES:
        grid = Grid((block, 14 - block), (phase, phase % (14 - block)))
        shown, painted = mosaic().apply(picture, mask, grid, edge=("whole", "cut")[phase % 2])
        assert find_phase(shown[None], painted[None], grid.block).tolist() == [list(grid.phase)], grid


def test_noise_does_not_hide_the_phase_where_few_lines_carry_it():
    shown = pixelate(scene(16, 16), Grid((8, 8), (0, 0)))[None]  # one line, the other phases have two
    noise = 0.02 * torch.randn(shown.shape, generator=torch.Generator().manual_seed(1))
    assert find_phase(shown + noise, everywhere(shown), (8, 8)).tolist() == [[0, 0]]


@pytest.mark.parametrize("masked", [0.0, 1.0])
def test_where_nothing_steps_the_phase_is_zero(masked: float):
    flat = torch.full((2, 3, 9, 1), 0.3)
    assert find_phase(flat, masked * everywhere(flat), (4, 3)).tolist() == [[0, 0], [0, 0]]


def test_pictures_of_a_batch_have_their_own_phases():
    grids = Grid((6, 4), (5, 1)), Grid((6, 4), (0, 3))
    batch = torch.stack([pixelate(scene(31, 29, seed), grid) for seed, grid in enumerate(grids)])
    assert find_phase(batch, everywhere(batch), (6, 4)).tolist() == [[5, 1], [0, 3]]
    both = average_cells(batch, everywhere(batch), (6, 4))
    for index in range(2):
        alone = average_cells(batch[index : index + 1], everywhere(batch[:1]), (6, 4))
        for kept, own in zip(both, alone, strict=True):
            assert torch.equal(kept[index : index + 1], own)


@pytest.mark.parametrize("grid", [Grid((4, 4), (0, 0)), Grid((3, 7), (2, 4)), Grid((5, 2), (4, 1))], ids=str)
def test_cells_are_the_means_and_repeating_them_is_the_mosaic(grid: Grid):
    picture = scene(37, 43)
    shown = pixelate(picture, grid)[None]
    cells = average_cells(shown, everywhere(shown), grid.block)
    expected = cell_means(picture, grid)
    h, w = expected.shape[1:]
    torch.testing.assert_close(cells.values[0, :, :h, :w], expected)
    repeated = cells.values.repeat_interleave(grid.block[0], 2).repeat_interleave(grid.block[1], 3)
    torch.testing.assert_close(placed(repeated, cells), shown)


def test_a_ramp_is_averaged_as_by_hand():
    ramp = torch.arange(16.0).reshape(1, 1, 4, 4)
    cells = average_cells(ramp, torch.zeros_like(ramp), (2, 2)).values  # no mask: phase 0, and plain means
    assert cells[0, 0, :2, :2].tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_a_cell_that_the_mask_cuts_is_measured_under_the_mask():
    picture, grid = scene(40, 40), Grid((8, 8), (3, 5))
    mask = torch.zeros(1, 40, 40)
    mask[:, 8:33, 10:31] = 1
    shown, painted = mosaic(rounding=False).apply(picture, mask, grid, edge="cut")
    values = average_cells(shown[None], painted[None], grid.block).values[0]
    expected = cell_means(picture, grid)
    repeated = enlarge(values[:, : expected.shape[1], : expected.shape[2]], grid, (40, 40))
    torch.testing.assert_close(repeated * mask, shown * mask)


def test_the_cells_of_a_picture_smaller_than_one_repeat_its_border():
    image = torch.rand(1, 3, 1, 2)
    cells = average_cells(image, torch.zeros(1, 1, 1, 2), (8, 8))
    assert cells.values.shape == (1, 3, 1, 2)
    torch.testing.assert_close(cells.values[..., 0, 0], (image[..., 0, 0] + 7 * image[..., 0, 1]) / 8)
    torch.testing.assert_close(cells.values[..., 0, 1], image[..., 0, 1])


def test_the_gradient_of_a_cell_reaches_its_masked_pixels_alike():
    shown = pixelate(scene(16, 16), Grid((4, 4), (0, 0)))[None].requires_grad_()
    average_cells(shown, everywhere(shown), (4, 4)).values[0, :, 1, 2].sum().backward()
    expected = torch.zeros(1, 3, 16, 16)
    expected[:, :, 4:8, 8:12] = 1 / 16
    torch.testing.assert_close(shown.grad, expected)


def test_the_shuffle_of_square_cells_is_the_pixel_shuffle():
    x = torch.rand(2, 18, 4, 5)
    assert torch.equal(CellShuffle((3, 3))(x), torch.nn.functional.pixel_shuffle(x, 3))
    eight = CellShuffle((2, 2))(torch.arange(8.0).reshape(1, 8, 1, 1))
    assert eight.tolist() == [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]


def test_the_shuffle_fills_rectangular_cells_row_by_row():
    x = torch.arange(12.0).reshape(1, 6, 1, 2)
    assert CellShuffle((2, 3))(x).tolist() == [[[[0, 2, 4, 1, 3, 5], [6, 8, 10, 7, 9, 11]]]]


@pytest.mark.parametrize("block", [1, 0, [4], [4, 1], [2, 2.5], [2, 3, 4]])
def test_impossible_blocks_are_refused(block: Any):
    with pytest.raises(ValueError, match="at least 2"):
        block_size(block)
    assert block_size(3) == (3, 3)
    assert block_size([2, 5]) == (2, 5)
