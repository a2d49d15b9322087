"""What a mosaic measures: cell means, which a restored picture keeps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid, cell_means, cell_sums, enlarge, pixelate
from inpaint.mosaic.projection import keep_cells, measured_cells, missed_cells, project
from inpaint.randomness import rng_for
from inpaint.tiling import Box

GRIDS = [
    Grid((2, 2), (0, 0)),
    Grid((4, 4), (3, 1)),
    Grid((5, 7), (4, 2)),
    Grid((3, 8), (0, 5)),
    Grid((64, 50), (20, 0)),
    Grid((1, 1), (0, 0)),
]


def picture(*shape: int, key: int = 0) -> Tensor:
    return torch.rand(*shape, generator=rng_for(key))


def box_mask(height: int, width: int, box: Box) -> Tensor:
    mask = torch.zeros(1, height, width)
    box.of(mask).fill_(1)
    return mask


def test_keep_cells_corrects_a_flat_cell_by_its_rule():
    """One cell of 4x4: by hand, the masked half must carry the whole correction."""
    grid, image = Grid((4, 4), (0, 0)), torch.full((3, 4, 4), 0.5)
    mask = box_mask(4, 4, Box(0, 0, 2, 4))
    kept = keep_cells(torch.full((3, 4, 4), 0.4), image, mask, grid)
    torch.testing.assert_close(kept[:, :2], torch.full((3, 2, 4), 0.5))
    image[:, 2:] = 0.4  # the known half is darker than the mosaic, so the masked half is brighter
    kept = keep_cells(torch.full((3, 4, 4), 0.4), image, mask, grid)
    torch.testing.assert_close(kept[:, :2], torch.full((3, 2, 4), 0.6))


@pytest.mark.parametrize(
    ("masked_rows", "stray", "corrected"),
    [(4, 0.0, True), (4, 0.2, True), (2, 0.0, True), (1, 0.0, True), (2, 2 / 255, True), (2, 0.2, False)],
)
def test_keep_cells_trusts_whole_cells_and_flat_ones(masked_rows: int, stray: float, corrected: bool):
    grid, image = Grid((4, 4), (0, 0)), torch.full((3, 4, 4), 0.5)
    mask = box_mask(4, 4, Box(0, 0, masked_rows, 4))
    image[:, 0, 0] += stray
    kept = keep_cells(torch.full((3, 4, 4), 0.4), image, mask, grid)
    assert ((kept - 0.4).abs() > 0.01)[:, :masked_rows].any().item() is corrected


def test_keep_cells_leaves_a_cell_alone_of_which_too_little_is_masked():
    grid, image = Grid((4, 4), (0, 0)), torch.full((3, 4, 4), 0.5)
    mask = box_mask(4, 4, Box(0, 0, 1, 3))
    answer = torch.full((3, 4, 4), 0.4)
    assert torch.equal(keep_cells(answer, image, mask, grid)[:, 0, :3], answer[:, 0, :3])


def test_cells_are_measured_on_their_masked_pixels():
    image = torch.zeros(3, 2, 4)
    image[:, :, 0], image[:, :, 2:] = 0.8, 0.3
    mask = box_mask(2, 4, Box(0, 0, 2, 1))
    cells = measured_cells(image, mask, Grid((2, 2), (0, 0)))
    torch.testing.assert_close(cells, torch.tensor([0.8, 0.3]).expand(3, 1, 2))


def test_what_an_answer_misses_is_the_distance_of_its_cell_means():
    grid, target = Grid((4, 4), (0, 0)), torch.rand(3, 12, 12, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.2
    mask = box_mask(12, 12, Box(0, 0, 8, 8))
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    assert missed_cells(target, mosaic, mask, grid).tolist() == pytest.approx([0.0] * 4, abs=1e-6)
    off = target.clone()
    off[:, :4, :4] += 0.1
    off[:, :, 8:] = 0  # not masked: not looked at
    assert missed_cells(off, mosaic, mask, grid).tolist() == pytest.approx([0.1, 0, 0, 0], abs=1e-6)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("clamp", [False, True])
def test_projection_meets_the_measured_means(grid: Grid, clamp: bool):
    restored, truth = picture(2, 3, 33, 41, key=1), picture(2, 3, 33, 41, key=2)
    cells = cell_means(truth, grid)
    result = project(restored, cells, grid, torch.ones(2, 1, 33, 41), clamp=clamp)
    assert (cell_means(result, grid) - cells).abs().max() < 1e-6
    again = project(result, cells, grid, torch.ones(2, 1, 33, 41), clamp=clamp)
    torch.testing.assert_close(again, result, atol=1e-6, rtol=0)


def test_projection_is_the_plain_formula_in_whole_cells():
    grid = Grid((4, 6), (1, 2))
    restored, cells = picture(3, 21, 25), cell_means(picture(3, 21, 25, key=5), grid)
    expected = restored + enlarge(cells - cell_means(restored, grid), grid, (21, 25))
    torch.testing.assert_close(project(restored, cells, grid, torch.ones(1, 21, 25)), expected)


def test_partly_masked_cells_carry_the_correction_on_masked_pixels_only():
    image = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])  # the mean must become 0.5: the two masked pixels take 1.0
    mask = torch.tensor([[[0.0, 0.0], [1.0, 1.0]]])
    result = project(image, torch.tensor([[[0.5]]]), Grid((2, 2), (0, 0)), mask)
    assert torch.equal(result, torch.tensor([[[1.0, 0.0], [0.5, 0.5]]]))


def test_projection_never_moves_a_known_pixel_and_ignores_known_cells():
    grid = Grid((4, 4), (3, 1))
    restored, mask = picture(3, 30, 30) * 4 - 1, (picture(1, 30, 30, key=3) > 0.7).float()
    mask[:, :8] = 0.0
    cells = cell_means(picture(3, 30, 30, key=4), grid)
    known = (mask < 0.5).expand(3, -1, -1)
    for clamp in (False, True):
        result = project(restored, cells, grid, mask, clamp=clamp)
        assert torch.equal(result[known], restored[known])
    touched = cell_sums(mask, grid).expand_as(cells) > 0
    error = cell_means(project(restored, cells, grid, mask), grid) - cells
    assert error[touched].abs().max() < 2e-6
    assert error[~touched].abs().max() > 0.1


@pytest.mark.parametrize("level", [0.004, 0.1, 0.5, 0.996])
def test_clamped_projection_holds_dark_and_bright_means_inside_the_range(level: float):
    grid = Grid((8, 8), (3, 5))
    restored = level + torch.randn(3, 64, 64, generator=rng_for(7)) * 0.5  # the worst a network could answer
    cells = torch.full((3, 9, 9), level)
    result = project(restored, cells, grid, torch.ones(1, 64, 64), clamp=True)
    assert result.min() >= 0.0
    assert result.max() <= 1.0
    assert (cell_means(result, grid) - cells).abs().max() < 1 / 510


def test_clamped_projection_counts_known_pixels_and_gives_up_only_where_the_range_forbids():
    grid, mask = Grid((2, 2), (0, 0)), torch.tensor([[[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]]])
    image = torch.tensor([[[1.0, 0.0, 0.0, 0.0], [0.9, 0.1, 0.3, 0.4]]])
    result = project(image, torch.tensor([[[0.7, 0.8]]]), grid, mask, clamp=True)
    # left: 1 + 0 + 1 + 0.8 = 4 x 0.7 after the first pixel saturates; right: 0.8 asks for 3.2 of at most 2
    torch.testing.assert_close(result[:, 1], torch.tensor([[1.0, 0.8, 1.0, 1.0]]))
    assert torch.equal(result[:, 0], image[:, 0])
