from __future__ import annotations

import numpy as np

from inpaint.builders.likeness.fingerprints import FINGERPRINT_SIDE, correlations, fingerprint_of, quarter_fingerprints


def test_half_of_the_bits_are_set():
    gray = np.random.default_rng(0).integers(0, 256, (100, 120), dtype=np.uint8)
    assert int.from_bytes(fingerprint_of(gray).bits, "big").bit_count() == 32


def test_brightness_and_contrast_change_no_bit():
    gray = np.random.default_rng(0).integers(0, 128, (32, 32), dtype=np.uint8)
    assert fingerprint_of(gray).bits == fingerprint_of(2 * gray).bits == fingerprint_of(gray + 40).bits


def test_correlations_know_no_brightness_and_no_contrast_and_a_single_tone_resembles_nothing():
    rng = np.random.default_rng(0)
    one, stranger = rng.integers(0, 128, (2, FINGERPRINT_SIDE * FINGERPRINT_SIDE), dtype=np.uint8)
    plain = np.full(FINGERPRINT_SIDE * FINGERPRINT_SIDE, 90, np.uint8)
    found = correlations(np.stack([one, one, one, plain]), np.stack([one + 100, one * 2, stranger, plain]))
    np.testing.assert_allclose(found[:2], 1, atol=1e-12)
    np.testing.assert_allclose(found[2], np.corrcoef(one, stranger)[0, 1], atol=1e-12)
    assert found[3] == 0


def test_quarters_are_looked_at_one_by_one_and_plain_ones_resemble_nothing():
    gray = np.random.default_rng(3).integers(0, 256, (100, 140), dtype=np.uint8)
    gray[50:, 70:] = 255
    quarters = quarter_fingerprints(gray)
    assert quarters[:3] == (
        fingerprint_of(gray[:50, :70]),
        fingerprint_of(gray[:50, 70:]),
        fingerprint_of(gray[50:, :70]),
    )
    assert quarters[3].thumbnail == bytes(FINGERPRINT_SIDE * FINGERPRINT_SIDE)
