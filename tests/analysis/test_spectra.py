"""Spectra: what theory says of a box filter and a mosaic is what is measured."""

from __future__ import annotations

import numpy as np
import pytest

from inpaint.analysis.spectra import (
    band_passed,
    box_blurred,
    box_response,
    mean_mosaic,
    measured_response,
    mosaicked,
    power_spectrum,
    radial_average,
    row_spectrum,
    three_bands,
)


def noise(height: int = 96, width: int = 96) -> np.ndarray:
    return np.random.default_rng(0).random((height, width))


@pytest.mark.parametrize("block", [2, 3, 4, 8, 12, 16])
def test_the_measured_response_of_a_box_filter_is_the_theoretical_one(block: int):
    picture = noise()
    theory = box_response(np.fft.rfftfreq(96), block)
    assert np.abs(measured_response(picture, box_blurred(picture, block)) - np.abs(theory)).max() < 1e-9


@pytest.mark.parametrize("block", [2, 3, 4, 8, 12, 16])
def test_a_mosaic_is_in_the_mean_of_its_phases_the_box_filter_twice(block: int):
    picture = noise()
    theory = box_response(np.fft.rfftfreq(96), block)
    assert np.abs(measured_response(picture, mean_mosaic(picture, block)) - theory**2).max() < 1e-9
    one = measured_response(picture, mosaicked(picture, block))
    assert np.abs(one - theory**2).max() > 0.05  # what is folded back shows in a single one


def test_the_response_is_1_at_frequency_0_and_0_where_whole_periods_fit_a_cell():
    assert box_response(np.array([0.0, 1 / 8, 1 / 4, 1 / 2]), 8) == pytest.approx([1, 0, 0, 0], abs=1e-12)
    assert box_response(np.array([1 / 3]), 1) == pytest.approx([1])


def test_cells_have_their_means_and_the_grid_lies_at_its_phase():
    picture = noise(12, 18)
    shown = mosaicked(picture, 6, (2, 5))
    cell = picture[2:8, 5:11]
    assert np.allclose(shown[2:8, 5:11], cell.mean())
    assert shown.mean() == pytest.approx(picture.mean())
    with pytest.raises(ValueError, match="does not hold whole cells of 5 px"):
        mosaicked(picture, 5)


@pytest.mark.parametrize("size", [(64, 64), (48, 61)])
def test_the_three_bands_are_the_picture_and_share_no_frequency(size: tuple[int, int]):
    picture = noise(*size)
    bands = three_bands(picture)
    assert np.abs(sum(bands) - picture).max() < 1e-12
    for number, band in enumerate(bands):
        for other in bands[number + 1 :]:
            assert abs((band * other).mean()) < 1e-12
    assert bands[0].mean() == pytest.approx(picture.mean())
    assert np.abs(band_passed(picture, 0, 1) - picture).max() < 1e-12


@pytest.mark.parametrize("frequency", [4, 12, 20])
def test_a_wave_stands_at_its_frequency_in_every_spectrum(frequency: int):
    wave = np.sin(2 * np.pi * frequency * np.arange(64) / 64)[None].repeat(64, 0)
    radial, rows = radial_average(power_spectrum(wave)), row_spectrum(wave)
    assert radial.frequency[radial.power.argmax()] == pytest.approx(frequency / 64)
    assert rows.frequency[rows.power.argmax()] == pytest.approx(frequency / 64)
    assert power_spectrum(wave).sum() / wave.size == pytest.approx((wave**2).mean(), rel=0.05)
