from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from inpaint.mosaic.grid import Grid, cell_means, enlarge, pixelate, spans
from inpaint.mosaic.projection import project
from inpaint.randomness import rng_for

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


def boxes(length: int, block: int, phase: int) -> list[tuple[int, int]]:
    """Cut an axis at every pixel that lies on a grid line."""
    cuts = [0] + [y for y in range(1, length) if (y - phase) % block == 0] + [length]
    return list(pairwise(cuts))


def mosaic_by_loops(image: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    rows = boxes(image.shape[-2], grid.block[0], grid.phase[0])
    columns = boxes(image.shape[-1], grid.block[1], grid.phase[1])
    cells, repeated = torch.zeros(*image.shape[:-2], len(rows), len(columns)), torch.zeros_like(image)
    for i, (top, bottom) in enumerate(rows):
        for j, (left, right) in enumerate(columns):
            cells[..., i, j] = image[..., top:bottom, left:right].double().mean((-2, -1)).float()
            repeated[..., top:bottom, left:right] = cells[..., i, j, None, None]
    return cells, repeated


def test_the_ramp_has_the_means_worked_out_by_hand():
    ramp = torch.arange(16.0).reshape(1, 4, 4)
    grid = Grid((2, 2), (0, 0))
    assert torch.equal(cell_means(ramp, grid), torch.tensor([[[2.5, 4.5], [10.5, 12.5]]]))
    assert torch.equal(pixelate(ramp, grid)[..., ::2, ::2], cell_means(ramp, grid))


def test_a_phase_cuts_the_first_cell():
    row = torch.tensor([[[6.0, 1.0, 3.0, 8.0]]])
    assert torch.equal(cell_means(row, Grid((1, 2), (0, 1))), torch.tensor([[[6.0, 2.0, 8.0]]]))


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("size", [(16, 16), (13, 22), (1, 9)])
def test_every_grid_agrees_with_loops_over_cells(grid: Grid, size: tuple[int, int]):
    image = picture(2, 3, *size)
    cells, repeated = mosaic_by_loops(image, grid)
    torch.testing.assert_close(cell_means(image, grid), cells, atol=1e-6, rtol=0)
    torch.testing.assert_close(pixelate(image, grid), repeated, atol=1e-6, rtol=0)


@pytest.mark.parametrize("grid", GRIDS)
def test_one_pixel_of_every_cell_is_its_value_exactly(grid: Grid):
    image = picture(3, 19, 23)
    rows, columns = spans((19, 23), grid)
    assert torch.equal(pixelate(image, grid)[:, rows.starts][..., columns.starts], cell_means(image, grid))


@pytest.mark.parametrize("grid", GRIDS)
def test_a_second_mosaic_changes_nothing_and_the_mean_stays(grid: Grid):
    image = picture(3, 19, 23)
    once = pixelate(image, grid)
    torch.testing.assert_close(pixelate(once, grid), once, atol=1e-6, rtol=0)
    torch.testing.assert_close(once.mean((1, 2)), image.mean((1, 2)), atol=1e-6, rtol=0)


def test_gridless_blocks_and_misfitting_cells_are_refused():
    with pytest.raises(ValueError, match="is no grid"):
        cell_means(picture(3, 8, 8), Grid((4, 4), (4, 0)))
    with pytest.raises(ValueError, match="is no grid"):
        cell_means(picture(3, 8, 8), Grid((0, 4), (0, 0)))
    with pytest.raises(ValueError, match="cells were given"):
        enlarge(picture(3, 2, 2), Grid((4, 4), (1, 0)), (8, 8))
    with pytest.raises(ValueError, match="choose nearest, bilinear, bicubic, lanczos"):
        enlarge(picture(3, 2, 2), Grid((4, 4), (0, 0)), (8, 8), "sharp")


@pytest.mark.parametrize(("mode", "radius"), [("bilinear", 1), ("bicubic", 2), ("lanczos", 3)])
def test_smooth_enlargement_equals_pillow_away_from_the_border(mode: str, radius: int):
    cells, block = picture(9, 11), (4, 6)
    ours = enlarge(cells[None], Grid(block, (0, 0)), (36, 66), mode)[0]
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    theirs = Image.fromarray(cells.numpy()).resize((66, 36), filters.get(mode, Image.Resampling.LANCZOS))
    inner = (slice(radius * 4, 36 - radius * 4), slice(radius * 6, 66 - radius * 6))
    np.testing.assert_allclose(ours.numpy()[inner], np.asarray(theirs)[inner], atol=1e-5)


def test_bilinear_enlargement_equals_torch_up_to_the_border():
    cells = picture(2, 3, 5, 4)
    expected = functional.interpolate(cells, scale_factor=(3.0, 8.0), mode="bilinear", align_corners=False)
    torch.testing.assert_close(enlarge(cells, Grid((3, 8), (0, 0)), (15, 32), "bilinear"), expected)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
def test_a_phase_shifts_the_cell_centres(mode: str):
    cells = picture(3, 6, 6)
    whole = enlarge(cells, Grid((5, 4), (0, 0)), (30, 24), mode)
    cut = enlarge(cells, Grid((5, 4), (2, 1)), (25, 20), mode)  # the picture begins 3 rows and 3 columns later
    torch.testing.assert_close(cut, whole[:, 3:28, 3:23])


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_enlargement_keeps_a_constant(mode: str):
    grid = Grid((5, 7), (4, 2))
    cells = torch.full((3, *cell_means(picture(1, 33, 41), grid).shape[-2:]), 0.3)
    torch.testing.assert_close(enlarge(cells, grid, (33, 41), mode), torch.full((3, 33, 41), 0.3))


def test_gradients_pass_through_mosaic_and_projection():
    grid = Grid((2, 3), (1, 1))
    image = picture(1, 5, 7).double().requires_grad_()
    cells, mask = cell_means(picture(1, 5, 7, key=1).double(), grid), (picture(1, 5, 7, key=2) > 0.4).double()
    assert torch.autograd.gradcheck(lambda x: pixelate(x, grid), image)
    assert torch.autograd.gradcheck(lambda x: project(x, cells, grid, mask), image)
    assert torch.autograd.gradcheck(lambda x: enlarge(cell_means(x, grid), grid, (5, 7), "bicubic"), image)
