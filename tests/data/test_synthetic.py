"""Drawn pictures are repeatable, in range, varied, and have edges at all scales as natural pictures do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.data.leaves import leaves, radii
from inpaint.data.synthetic import SCENE_FAMILIES, render
from inpaint.data.textures import PATTERNS, SHADINGS, palette


def drawn(seed: int, family: str | None = None, size: tuple[int, int] = (128, 128)) -> Tensor:
    return render(size, torch.Generator().manual_seed(seed), family=family)


def gradient(image: Tensor) -> float:
    """Mean absolute difference of neighbours of the grey picture."""
    grey = image.mean(dim=0)
    return float((grey.diff(dim=0).abs().mean() + grey.diff(dim=1).abs().mean()) / 2)


def spectral_slope(grey: np.ndarray) -> float:
    """Exponent a of a power spectrum f^-a, fitted to radial means in log-log up to a quarter of the sampling rate."""
    side = grey.shape[0]
    window = np.outer(np.hanning(side), np.hanning(side))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2
    rates = np.fft.fftfreq(side, 1 / side)
    radius = np.rint(np.hypot(rates[:, None], rates)).astype(int).ravel()
    means = np.bincount(radius, power.ravel()) / np.bincount(radius)
    band = np.arange(4, side // 4)
    return -float(np.polyfit(np.log(band), np.log(means[band]), 1)[0])


@pytest.mark.parametrize("family", [*SCENE_FAMILIES, None])
def test_the_same_seed_draws_the_same_picture_and_another_seed_another(family: str | None) -> None:
    assert torch.equal(drawn(3, family), drawn(3, family))
    assert (drawn(3, family) - drawn(4, family)).abs().mean() > 0.02


@pytest.mark.parametrize("family", SCENE_FAMILIES)
@pytest.mark.parametrize("size", [(16, 16), (37, 101), (200, 64)])
def test_any_size_is_filled_with_finite_colours_in_range(family: str, size: tuple[int, int]) -> None:
    for seed in range(8):
        image = drawn(seed, family, size)
        assert image.shape == (3, *size)
        assert image.dtype == torch.float32
        assert image.is_contiguous()
        assert 0 <= image.min() <= image.max() <= 1


def test_one_number_is_taken_from_the_generator_whatever_is_drawn() -> None:
    states = []
    for family in (*SCENE_FAMILIES, None):
        rng = torch.Generator().manual_seed(7)
        render((32, 48), rng, family=family)
        states.append(rng.get_state())
    assert all(torch.equal(states[0], state) for state in states)


def test_global_random_state_is_neither_read_nor_moved() -> None:
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = drawn(5)
    assert torch.equal(before, torch.get_rng_state())
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    assert torch.equal(first, drawn(5))


@pytest.mark.parametrize("family", SCENE_FAMILIES)
def test_pictures_have_edges_and_calm_places_and_differ_in_how_many(family: str) -> None:
    energies = np.array([gradient(drawn(seed, family, (256, 256))) for seed in range(64)])
    assert 0.012 < energies.mean() < 0.045  # photographs measured the same way: median 0.019, from 0.006 to 0.047
    assert energies.std() > 0.25 * energies.mean()


def test_power_of_dead_leaves_falls_with_frequency_as_in_natural_pictures() -> None:
    slopes = [spectral_slope(drawn(seed, "leaves", (256, 256)).mean(dim=0).numpy()) for seed in range(32)]
    assert 1.0 < np.mean(slopes) < 3.0
    assert np.quantile(slopes, 0.1) > 1.0


def test_leaf_radii_follow_the_inverse_cube_law() -> None:
    scenes = [radii((256, 256), np.random.default_rng(seed)) for seed in range(120)]
    ratios = np.concatenate([scene / scene.min() for scene in scenes if scene.size > 300])
    assert (ratios > 2).mean() == pytest.approx(1 / 4, abs=0.015)  # P(r > k r_min) = k^-2 far below the upper bound
    assert (ratios > 4).mean() == pytest.approx(1 / 16, abs=0.01)
    assert max(scene.max() for scene in scenes) < 0.6 * 256


def test_scenes_differ_in_their_colours() -> None:
    means = np.stack([leaves((64, 64), np.random.default_rng(seed)).mean(axis=(0, 1)) for seed in range(24)])
    assert means.std(axis=0).min() > 15  # of 255


@pytest.mark.parametrize("field", [*dict.fromkeys(PATTERNS), *SHADINGS])
def test_patterns_stay_within_minus_one_and_one_and_are_not_flat(field) -> None:
    for seed in range(6):
        values = field((40, 64), np.random.default_rng(seed))
        assert values.shape == (40, 64)
        assert values.dtype == np.float32
        assert np.abs(values).max() <= 1 + 1e-5
        assert values.std() > 0.05


def test_a_palette_is_gathered_rather_than_scattered_over_all_colours() -> None:
    for seed in range(8):
        colours = palette(np.random.default_rng(seed), count=200)
        assert colours.shape == (200, 3)
        assert 0 <= colours.min() <= colours.max() <= 255
        chroma = colours - colours.mean(axis=1, keepdims=True)
        assert chroma.std() < 60  # independent uniform channels have about 60 (255 / sqrt 12 * sqrt(2/3))


def test_an_unknown_family_and_a_tiny_size_are_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="family is 'clouds'; choose from leaves, cels"):
        drawn(0, "clouds")
    with pytest.raises(ValueError, match="at least 16 px"):
        drawn(0, None, (15, 64))
