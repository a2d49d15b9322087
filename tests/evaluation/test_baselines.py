from __future__ import annotations

import pytest
import torch

from inpaint.evaluation.baselines import BASELINES, NEAREST, to_bytes
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.damaging import damage
from inpaint.mosaic.grid import cell_means

EVERY = [(censor, name) for censor, choices in BASELINES.items() for name in choices]
CASE = {"mosaic": parse_case("mosaic-8"), "hole": parse_case("hole-bars")}


def waves(*, size: tuple[int, int] = (80, 112)) -> torch.Tensor:
    """A smooth picture (3, H, W) in 8-bit steps."""
    y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    channels = [torch.sin(x / 9), torch.cos(y / 7), torch.sin((x + y) / 13)]
    return to_bytes(torch.stack(channels) * 0.4 + 0.5).float() / 255


def test_the_baselines_of_the_field_are_all_there():
    assert list(BASELINES["mosaic"]) == ["do nothing = nearest", "bicubic", "bicubic + projection", "lanczos"]
    assert list(BASELINES["hole"]) == ["do nothing", "telea", "navier-stokes", "smooth"]


@pytest.mark.parametrize(("censor", "name"), EVERY)
def test_known_pixels_come_back_bit_for_bit(censor, name):
    image, mask, grid = damage(waves() + 1e-4, CASE[censor], seed=0, key="0")[:3]  # not 8-bit
    before = image.clone()
    restored = BASELINES[censor][name](image, mask, grid)
    assert restored.shape == image.shape
    assert torch.equal(restored[:, mask[0] == 0], image[:, mask[0] == 0])
    assert torch.equal(image, before)
    assert restored.min() >= 0
    assert restored.max() <= 1


@pytest.mark.parametrize(("censor", "name"), [pair for pair in EVERY if "do nothing" not in pair[1]])
def test_a_smooth_picture_is_restored_better_than_by_doing_nothing(censor, name):
    target = waves()
    image, mask, grid = damage(target, CASE[censor], seed=0, key="0")[:3]
    restored = BASELINES[censor][name](image, mask, grid)
    error = ((restored - target).square() * mask).sum()
    assert error < 0.6 * ((image - target).square() * mask).sum()


@pytest.mark.parametrize(("censor", "name"), EVERY)
def test_a_flat_picture_is_restored_flat(censor, name):
    target = torch.full((3, 64, 64), 128 / 255)
    image, mask, grid = damage(target, CASE[censor], seed=0, key="1")[:3]
    restored = BASELINES[censor][name](image, mask, grid)
    assert torch.equal(to_bytes(restored), to_bytes(target))


def test_projection_keeps_the_cell_means_that_the_mosaic_shows():
    image, mask, grid = damage(waves(), CASE["mosaic"], seed=0, key="0")[:3]
    assert grid is not None
    shown = cell_means(image, grid)
    plain = cell_means(BASELINES["mosaic"]["bicubic"](image, mask, grid), grid)
    projected = cell_means(BASELINES["mosaic"]["bicubic + projection"](image, mask, grid), grid)
    assert (projected - shown).abs().max() < 1e-5
    assert (plain - shown).abs().max() > 1e-3


def test_nearest_enlargement_is_the_mosaic_itself():
    image, mask, grid = damage(waves(), CASE["mosaic"], seed=0, key="0")[:3]
    assert torch.equal(BASELINES["mosaic"][NEAREST](image, mask, grid), image)


def test_enlarging_without_a_grid_is_refused():
    image, mask, _ = damage(waves(), CASE["mosaic"], seed=0, key="0")[:3]
    with pytest.raises(ValueError, match="grid"):
        BASELINES["mosaic"]["bicubic"](image, mask, None)


def test_bytes_are_rounded_and_clamped():
    values = torch.tensor([-0.1, 0.0, 0.4 / 255, 0.6 / 255, 1.0, 1.2]).view(1, 1, 6)
    assert to_bytes(values).flatten().tolist() == [0, 0, 0, 1, 255, 255]
