"""Mosaics of any block, octave by octave: means and known pixels are kept, whatever the grid and the mask."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.generators.cells import build
from inpaint.mosaic.grid import Grid, cell_means, cell_sums, enlarge, pixelate
from inpaint.restoring.octaves import overlaps, resampled, restore_cells, steps_of
from inpaint.sample import Prediction, composite

SIZE = (53, 61)
GRIDS = [
    Grid((4, 4), (0, 0)),
    Grid((8, 8), (3, 5)),
    Grid((16, 16), (15, 2)),
    Grid((7, 7), (1, 6)),
    Grid((5, 9), (0, 8)),
    Grid((12, 3), (7, 1)),
    Grid((2, 2), (1, 0)),
    Grid((24, 20), (9, 11)),
]


def network(*, zero: bool = False, noise: int = 0):
    torch.manual_seed(0)
    made = build(width=8, blocks=1, deep=8, deep_blocks=1, noise=noise).eval()
    with torch.no_grad():
        for parameter in [] if zero else made.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return made


def damaged(grid: Grid) -> tuple[Tensor, Tensor]:
    """A mosaic whose outline follows no cell and which reaches the picture's border."""
    image = torch.rand(3, *SIZE, generator=torch.Generator().manual_seed(2))
    mask = torch.zeros(1, *SIZE)
    mask[:, :37, 18:50] = 1
    return composite(pixelate(image, grid), image, mask), mask


def masked_means(image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    return cell_sums(image * mask, grid) / cell_sums(mask, grid).clamp(min=1)


@pytest.mark.parametrize("grid", GRIDS)
def test_every_cell_keeps_the_mean_of_its_masked_pixels(grid: Grid):
    image, mask = damaged(grid)
    restored = restore_cells(network(), image, mask, grid)
    assert restored.shape == image.shape
    torch.testing.assert_close(masked_means(restored, mask, grid), masked_means(image, mask, grid), rtol=0, atol=2e-5)
    assert not torch.allclose(restored, image, atol=1e-3)


@pytest.mark.parametrize("grid", GRIDS)
def test_known_pixels_come_back_bit_for_bit(grid: Grid):
    image, mask = damaged(grid)
    restored = restore_cells(network(), image, mask, grid)
    assert torch.equal(restored[:, mask[0] < 0.5], image[:, mask[0] < 0.5])


def test_cells_that_are_known_better_are_kept_instead():
    grid = Grid((8, 8), (0, 0))
    image, mask = damaged(grid)
    mask = enlarge((cell_sums(mask, grid) > 0).float(), grid, SIZE)
    cells = torch.rand(3, 7, 8, generator=torch.Generator().manual_seed(3))
    restored = restore_cells(network(), image, mask, grid, cells=cells)
    kept = masked_means(restored, mask, grid)
    torch.testing.assert_close(kept, cells * (cell_sums(mask, grid) > 0), rtol=0, atol=2e-5)


def test_noise_varies_the_answer_and_not_its_means():
    grid = Grid((8, 8), (3, 5))
    image, mask = damaged(grid)
    made = network(noise=2)
    first, again, other = (
        restore_cells(made, image, mask, grid, rng=torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-2)
    torch.testing.assert_close(masked_means(other, mask, grid), masked_means(image, mask, grid), rtol=0, atol=2e-5)


def test_a_network_that_does_not_vary_says_so():
    image, mask = damaged(GRIDS[0])
    with pytest.raises(ValueError, match="one answer"):
        restore_cells(network(), image, mask, GRIDS[0], rng=torch.Generator())


def test_a_uniform_picture_stays_uniform_at_the_start():
    image, mask = torch.full((3, *SIZE), 0.3), damaged(GRIDS[0])[1]
    for grid in GRIDS:
        torch.testing.assert_close(restore_cells(network(zero=True), image, mask, grid), image)


def test_what_lies_outside_the_mask_cells_is_seen_at_every_octave():
    """The known pixels are shown averaged to 2 px a cell first, then as they are; estimates are said to be such."""
    grid, calls = Grid((8, 8), (0, 0)), []
    image, mask = (it[:, :48, :48] for it in damaged(grid))

    class Steps:
        cell_steps = (2, 4)

        def __call__(
            self, shown: Tensor, masked: Tensor, /, *, block: int, guessed: float, **noise: Tensor
        ) -> Prediction:
            assert not noise
            calls.append((tuple(shown.shape[2:]), block, guessed))
            if block == 2:
                torch.testing.assert_close(shown[0, :, 40:], torch.nn.functional.avg_pool2d(image[None], 4)[0, :, 40:])
            else:
                assert torch.equal(shown[0, :, 40:], image[:, 40:])
            return Prediction(shown, {"raw": shown})

    restore_cells(Steps(), image, mask, grid)
    assert calls == [((12, 12), 2, 0.0), ((48, 48), 4, 1.0)]


def test_a_network_that_learned_one_step_makes_no_other_and_is_told_of_no_estimates():
    grid, calls = Grid((8, 8), (0, 0)), []
    image, mask = (it[:, :48, :48] for it in damaged(grid))

    class One:
        cell_steps = (4,)

        def __call__(
            self, shown: Tensor, masked: Tensor, /, *, block: int, guessed: float, **noise: Tensor
        ) -> Prediction:
            calls.append((tuple(shown.shape[2:]), block, guessed))
            return Prediction(shown, {"raw": shown})

    restored = restore_cells(One(), image, mask, grid)
    assert calls == [((24, 24), 4, 0.0), ((96, 96), 4, 0.0)]  # 16 px a cell, averaged to its 8
    assert (cell_means(restored, grid) - cell_means(image, grid)).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("block", "steps"),
    [(2, [2]), (3, [4]), (4, [4]), (5, [2, 4]), (8, [2, 4]), (9, [4, 4]), (16, [4, 4]), (17, [2, 4, 4])],
)
def test_the_small_step_comes_first(block: int, steps: list[int]):
    assert steps_of(block) == steps


def test_a_cell_too_large_is_refused():
    with pytest.raises(ValueError, match="257"):
        steps_of(257)


@pytest.mark.parametrize(("given", "wanted"), [(4, 4), (7, 8), (8, 7), (3, 16), (20, 4)])
def test_resampling_keeps_the_means_of_cells(given: int, wanted: int):
    picture = torch.rand(2, 3 * given, 5 * given)
    answer = resampled(picture, given, (wanted, wanted))
    means = [it.unflatten(2, (5, -1)).unflatten(1, (3, -1)).mean((2, 4)) for it in (picture, answer)]
    torch.testing.assert_close(*means)
    torch.testing.assert_close(overlaps(given, wanted).sum(1), torch.ones(wanted))
