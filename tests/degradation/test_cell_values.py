"""Only the window that a mosaic touches is computed, and no number differs from computing the whole picture."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.degradation.cell_values import cell_values, painted_cells, pasted_cells, repeated_cells, window_of
from inpaint.degradation.fills import mosaic
from inpaint.degradation.masks import MASKS
from inpaint.mosaic.grid import Grid, cell_means, enlarge
from inpaint.randomness import rng_for


def plainly(target: Tensor, painted: Tensor, grid: Grid, enlargement: str) -> Tensor:
    """A mosaic written without any window."""
    values = torch.round(cell_means(target, grid) * 255) / 255
    shown = enlarge(values, grid, (target.shape[1], target.shape[2]), enlargement).clamp(0, 1)
    return torch.where(painted > 0.5, shown, target)


@pytest.mark.parametrize("enlargement", ["nearest", "bicubic"])
def test_a_mosaic_is_the_same_to_the_last_bit_as_without_a_window(enlargement: str):
    names, draw = list(MASKS), mosaic(block=(2, 40), rectangular=0.4)
    for number in range(64):
        rng = rng_for("window", number)
        size = (64, 96) if number % 2 else (int(torch.randint(20, 120, (), generator=rng)), 75)
        target = torch.randint(0, 256, (3, *size), generator=rng) / 255
        mask, grid = MASKS[names[number % len(names)]]()(size, rng), draw.draw(size, rng)
        image, painted = draw.apply(target, mask, grid, enlargement=enlargement)
        assert torch.equal(image, plainly(target, painted, grid, enlargement))


def test_the_window_holds_what_is_painted_and_nothing_more():
    painted = torch.zeros(1, 9, 12)
    assert window_of(painted) is None
    painted[0, 2, 3] = painted[0, 6, 10] = 1
    assert window_of(painted) == (slice(2, 7), slice(3, 11))


def test_an_empty_mask_leaves_the_picture_as_it_is():
    target = torch.rand(3, 20, 30, generator=rng_for(0))
    image, painted = mosaic(block=6)(target, torch.zeros(1, 20, 30), rng_for(1))
    assert torch.equal(image, target)
    assert not painted.any()


def test_cells_out_of_reach_of_the_window_are_not_computed():
    target, grid = torch.rand(3, 80, 80, generator=rng_for(0)) + 0.1, Grid((8, 8), (0, 0))
    values = cell_values(target, grid, "mean", None, (slice(33, 40), slice(33, 40)))
    assert (values != 0).nonzero()[:, 1:].unique().tolist() == [2, 3, 4, 5, 6]
    assert torch.equal(values[:, 2:7, 2:7], cell_means(target, grid)[:, 2:7, 2:7])


def test_repeating_cells_is_their_nearest_enlargement():
    grid = Grid((5, 7), (3, 2))
    cells = torch.rand(3, 6, 6, generator=rng_for(0))
    window = (slice(4, 20), slice(0, 33))
    assert torch.equal(repeated_cells(cells, grid, window), enlarge(cells, grid, (26, 36), window=window))
    assert torch.equal(repeated_cells(cells, grid, window), enlarge(cells, grid, (26, 36))[:, 4:20, :33])


def test_pasting_leaves_the_given_picture_as_it_was():
    target, shown = torch.zeros(3, 6, 6), torch.ones(3, 2, 3)
    painted = torch.zeros(1, 6, 6)
    painted[0, 1, 1:3] = 1
    result = pasted_cells(target, shown, painted, (slice(1, 3), slice(1, 4)))
    assert result.sum() == 6
    assert result[:, 1, 1:3].min() == 1
    assert target.sum() == 0


def test_a_mask_that_misses_every_centre_paints_the_cell_that_holds_most_of_it():
    mask = torch.zeros(1, 12, 12)
    mask[0, 4:6, 4:7] = 1  # centres lie at 3 and 9
    assert painted_cells(mask, Grid((6, 6), (0, 0))).nonzero()[:, 1:].amax(0).tolist() == [5, 5]
