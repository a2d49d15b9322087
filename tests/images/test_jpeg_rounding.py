"""Known samples of a block that was restored in part are met better than rounding each coefficient would."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from inpaint.images.jpeg_rounding import cosines, rounded_coefficients

TABLE = np.add.outer(np.arange(8), np.arange(8)).astype(np.float32) * 3 + 8
SAMPLES = np.random.default_rng(0).normal(0, 30, (200, 8, 8)).astype(np.float32)


def test_the_transform_is_the_orthonormal_cosine_transform():
    basis = cosines()
    assert_allclose(basis @ basis.T, np.eye(8), atol=1e-6)
    assert_allclose(basis @ np.ones(8), [8**0.5, 0, 0, 0, 0, 0, 0, 0], atol=1e-6)
    assert_allclose(basis[1], np.cos(np.pi * (2 * np.arange(8) + 1) / 16) / 2, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_blocks_of_one_kind_are_rounded_to_the_nearest(share: float):
    basis = cosines()
    steps = rounded_coefficients(SAMPLES, np.full_like(SAMPLES, share), TABLE)
    assert np.array_equal(steps, np.rint(basis @ SAMPLES @ basis.T / TABLE))


def test_known_samples_are_met_better_at_the_cost_of_restored_ones():
    share = np.zeros_like(SAMPLES)
    share[:, :, 5:] = 1
    basis = cosines()
    steps = rounded_coefficients(SAMPLES, share, TABLE)
    assert np.array_equal(steps, np.rint(steps))
    nearest = np.rint(basis @ SAMPLES @ basis.T / TABLE)
    moved, plain = ((basis.T @ (it * TABLE) @ basis - SAMPLES) ** 2 for it in (steps, nearest))
    assert moved[share == 0].mean() < 0.6 * plain[share == 0].mean()
    assert moved[share == 1].mean() < 4 * plain[share == 1].mean()
    weighted = [(it * np.where(share == 1, 0.1, 1)).sum(axis=(1, 2)) for it in (moved, plain)]
    assert (weighted[0] <= weighted[1] + 0.1).all()
