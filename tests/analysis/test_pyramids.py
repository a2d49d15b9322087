from __future__ import annotations

import numpy as np
import pytest

from inpaint.analysis.pyramids import bands_left, from_bands, gaussian_pyramid, laplacian_pyramid
from inpaint.metrics import PSNR_CAP


@pytest.mark.parametrize("shape", [(64, 64), (65, 97), (70, 81, 3)])
@pytest.mark.parametrize("levels", [1, 2, 4])
def test_the_bands_of_a_picture_of_any_size_are_the_picture(shape: tuple[int, ...], levels: int):
    picture = np.random.default_rng(0).random(shape)
    bands = laplacian_pyramid(picture, levels)
    assert len(bands) == levels
    assert np.abs(from_bands(bands) - picture).max() < 1e-12
    assert [it.shape for it in bands] == [it.shape for it in gaussian_pyramid(picture, levels)]


def test_a_flat_picture_has_no_detail_and_a_fine_one_has_it_in_the_finest_band():
    flat = laplacian_pyramid(np.full((64, 64), 0.3), 4)
    assert all(np.abs(band).max() < 1e-12 for band in flat[:-1])
    board = np.indices((64, 64)).sum(0) % 2.0
    energies = [(band**2).mean() for band in laplacian_pyramid(board, 3)]
    assert energies[0] > 100 * energies[1]


def test_nothing_is_lost_of_a_picture_itself_and_fine_detail_first_of_a_blurred_one():
    picture = np.random.default_rng(0).random((64, 64))
    assert [(it.energy, it.psnr) for it in bands_left(picture, picture, 3)] == [(1, PSNR_CAP)] * 3
    pairs = picture.reshape(32, 2, 32, 2).mean((1, 3)).repeat(2, 0).repeat(2, 1)
    fine, _, coarse = bands_left(pairs, picture, 3)
    assert fine.energy < 0.5 < 0.8 < coarse.energy
    assert fine.psnr < coarse.psnr


def test_a_picture_too_small_for_its_levels_is_refused():
    with pytest.raises(ValueError, match="40 x 30 px has no 5 levels: its shorter side must be at least 64 px"):
        laplacian_pyramid(np.zeros((30, 40)), 5)
