from __future__ import annotations

import itertools

import numpy as np
import pytest

from inpaint.builders import similarity
from inpaint.builders.similarity import KIN, SIDE, TWIN, Look, alike, look_at, look_at_quarters


def distance(one: Look, other: Look) -> int:
    return (int.from_bytes(one.bits, "big") ^ int.from_bytes(other.bits, "big")).bit_count()


def look(value: int, thumbnail: bytes) -> Look:
    return Look(value.to_bytes(8, "big"), thumbnail)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, SIDE * SIDE, dtype=np.uint8)


def test_half_of_the_bits_are_set():
    gray = np.random.default_rng(0).integers(0, 256, (100, 120), dtype=np.uint8)
    assert int.from_bytes(look_at(gray).bits, "big").bit_count() == 32


def test_brightness_and_contrast_change_no_bit():
    gray = np.random.default_rng(0).integers(0, 128, (32, 32), dtype=np.uint8)
    assert look_at(gray).bits == look_at(2 * gray).bits == look_at(gray + 40).bits


def test_blocks_lose_no_pair_and_name_none_twice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(similarity, "BLOCK", 7)
    rng = np.random.default_rng(1)
    looks = []
    for _ in range(12):
        value = int(rng.integers(0, 2**63))
        for flips in (0, 5, 9, 10, 11, 14, 15):
            flipped = value
            for bit in rng.choice(64, flips, replace=False):
                flipped ^= 1 << int(bit)
            looks.append(look(flipped, noise(0).tobytes()))
    distances = {
        (one, other): distance(looks[one], looks[other]) for one, other in itertools.combinations(range(len(looks)), 2)
    }
    kin, twins = alike(looks, KIN), alike(looks, TWIN)
    assert kin == [pair for pair, bits in distances.items() if bits <= KIN.bits]
    assert twins == [pair for pair, bits in distances.items() if bits <= TWIN.bits]
    assert len(kin) > len(twins) >= 36


def test_the_thumbnails_decide_between_twins_kin_and_strangers():
    one, stranger = noise(0), noise(1)
    # Independent noise of equal power: correlation 0.6 / sqrt(0.6² + 0.36²) = 0.86.
    kin = (one.astype(float) * 0.6 + stranger * 0.36).astype(np.uint8)
    looks = [look(5, thumbnail.tobytes()) for thumbnail in (one, one // 2, kin, stranger)]
    assert alike(looks, TWIN) == [(0, 1)]
    assert set(alike(looks, KIN)) >= {(0, 1), (0, 2), (1, 2)}
    assert (0, 3) not in alike(looks, KIN)


def test_a_single_tone_resembles_nothing():
    assert alike([look(5, bytes(SIDE * SIDE))] * 2, KIN) == []


def test_no_pictures_have_no_pairs():
    assert alike([], KIN) == []


def test_quarters_are_looked_at_one_by_one_and_plain_ones_resemble_nothing():
    gray = np.random.default_rng(3).integers(0, 256, (100, 140), dtype=np.uint8)
    gray[50:, 70:] = 255
    quarters = look_at_quarters(gray)
    assert quarters[:3] == (look_at(gray[:50, :70]), look_at(gray[:50, 70:]), look_at(gray[50:, :70]))
    assert quarters[3].thumbnail == bytes(SIDE * SIDE)
