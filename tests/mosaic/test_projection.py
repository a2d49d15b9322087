"""What a mosaic measures: cell means, which a restored picture keeps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid, pixelate
from inpaint.mosaic.projection import keep_cells, measured_cells, missed_cells
from inpaint.tiling import Box


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
