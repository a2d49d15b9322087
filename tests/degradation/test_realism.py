"""Realism: each kind of damage does what it says, the draws are repeatable, nothing leaves the range."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from inpaint.degradation.realism import Realism, compressed

OFF: dict[str, Any] = {"blur": 0.0, "rescale": 0.0, "noise": 0.0, "jpeg": 0.0}
ON: dict[str, Any] = {"blur": 1.0, "rescale": 1.0, "noise": 1.0, "jpeg": 1.0}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scene(height: int = 64, width: int = 96) -> Tensor:
    """Smooth colours with a hard edge and some texture."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    picture = torch.stack([y, x, (torch.sin(20 * x) * torch.cos(15 * y) + 1) / 2])
    picture[:, height // 4 : height // 2, width // 3 :] = 0.1
    return (picture + 0.05 * torch.rand(picture.shape, generator=seeded(9))).clamp(0, 1)


def hole(height: int = 64, width: int = 96) -> Tensor:
    mask = torch.zeros(1, height, width)
    mask[:, 10:30, 20:60] = 1
    return mask


def error(options: dict, seeds: int = 5) -> float:
    image = scene()
    spoil = Realism(**{**OFF, **options})
    return sum((spoil(image, hole(), seeded(seed)) - image).square().mean().item() for seed in range(seeds))


def test_probability_zero_returns_the_picture_itself():
    image = scene()
    assert Realism(**OFF)(image, hole(), seeded(0)) is image


@pytest.mark.parametrize("kind", list(OFF))
def test_each_kind_alone_changes_the_picture_and_leaves_its_input_alone(kind):
    image = scene()
    before = image.clone()
    found = Realism(**{**OFF, kind: 1.0})(image, hole(), seeded(0))
    assert not torch.equal(found, image)
    assert torch.equal(image, before)
    assert (found - image).abs().mean() < 0.06  # found again, not replaced


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (64, 96)])
def test_the_result_is_a_picture_of_the_same_size_in_range(size):
    image, mask = scene(*size), torch.ones(1, *size)
    for seed in range(20):
        found = Realism(**ON, deviation=(30, 60))(image, mask, seeded(seed))
        assert found.shape == image.shape
        assert found.dtype == torch.float32
        assert found.is_contiguous()
        assert found.min() >= 0
        assert found.max() <= 1


def test_the_same_rng_gives_the_same_picture_and_another_seed_another():
    spoil, image, mask = Realism(**ON), scene(), hole()
    first = spoil(image, mask, seeded(1))
    assert torch.equal(first, spoil(image, mask, seeded(1)))
    assert torch.equal(first, pickle.loads(pickle.dumps(spoil))(image, mask, seeded(1)))
    assert not torch.equal(first, spoil(image, mask, seeded(2)))


@pytest.mark.parametrize(
    ("kind", "amount", "rising"),
    [
        ("jpeg", "quality", [(95, 95), (80, 80), (60, 60), (20, 20)]),
        ("blur", "sigma", [(0.3, 0.3), (0.6, 0.6), (1.0, 1.0), (3.0, 3.0)]),
        ("noise", "deviation", [(0.5, 0.5), (2.0, 2.0), (8.0, 8.0)]),
        ("rescale", "factor", [(0.9, 0.9), (0.5, 0.5), (0.2, 0.2)]),
    ],
)
def test_a_stronger_setting_does_more_damage(kind, amount, rising):
    errors = [error({kind: 1.0, amount: setting}) for setting in rising]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1] / 2


def test_noise_has_the_asked_deviation():
    image = torch.full((3, 128, 128), 0.5)
    found = Realism(**{**OFF, "noise": 1.0}, deviation=(4, 4))(image, torch.ones(1, 128, 128), seeded(0))
    assert (found - image).std().item() * 255 == pytest.approx(4, rel=0.02)


def test_half_of_the_pictures_are_damaged_at_probability_one_half():
    spoil, image = Realism(**{**OFF, "noise": 0.5}), torch.full((3, 4, 4), 0.5)
    changed = sum(spoil(image, torch.ones(1, 4, 4), seeded(seed)) is not image for seed in range(1000))
    assert changed == pytest.approx(500, abs=60)


def test_known_clean_keeps_the_pixels_outside_the_mask_bit_for_bit():
    image, mask = scene(), hole()
    found = Realism(**ON, known="clean")(image, mask, seeded(0))
    outside = (mask == 0).expand_as(image)
    assert torch.equal(found[outside], image[outside])
    assert not torch.equal(found[~outside], image[~outside])
    everywhere = Realism(**ON)(image, mask, seeded(0))
    assert not torch.equal(everywhere[outside], image[outside])


def test_jpeg_keeps_the_order_of_colours_and_agrees_with_pillow():
    picture = scene().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file, "JPEG", quality=75, subsampling="4:2:0")
    reference = np.asarray(Image.open(file)).astype(np.float32) / 255
    assert np.abs(compressed(picture, 75) - reference).mean() * 255 < 1


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"jpeg": 2.0}, "jpeg"),
        ({"quality": (60, 101)}, "100"),
        ({"quality": (95, 60)}, "quality"),
        ({"factor": (0, 1)}, "factor"),
        ({"known": "dirty"}, "clean"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(options, word):
    with pytest.raises(ValueError, match=word):
        Realism(**options)
