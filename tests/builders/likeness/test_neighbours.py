from __future__ import annotations

import itertools

import numpy as np
import pytest

from inpaint.builders.likeness import neighbours
from inpaint.builders.likeness.fingerprints import FINGERPRINT_SIDE, KIN, TWIN, Bound, correlations
from inpaint.builders.likeness.neighbours import differing, pairs_alike, sampled_bits

SAME = np.random.default_rng(9).integers(0, 256, FINGERPRINT_SIDE * FINGERPRINT_SIDE, dtype=np.uint8)


def all_pairs(hashes: np.ndarray, thumbnails: np.ndarray, bound: Bound) -> list[tuple[int, int]]:
    """Compare all with all: the reference."""
    signs = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1).astype(np.float32) * 2 - 1
    one, other = np.nonzero(np.triu(signs @ signs.T >= 64 - 2 * bound.bits, 1))
    near = correlations(thumbnails[one], thumbnails[other]) > bound.correlation
    return list(zip(one[near].tolist(), other[near].tolist(), strict=True))


def alike(hashes: np.ndarray, bound: Bound, thumbnails: np.ndarray | None = None) -> list[tuple[int, int]]:
    shown = (
        np.broadcast_to(SAME, (len(hashes), FINGERPRINT_SIDE * FINGERPRINT_SIDE)) if thumbnails is None else thumbnails
    )
    return [(one, other) for one, other in pairs_alike(hashes, lambda chosen: shown[chosen], bound).tolist()]


def families(count: int, flips: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return hashes of strangers, each beside copies in which so many bits differ."""
    rng = np.random.default_rng(seed)
    found = []
    for value in rng.integers(0, 2**63, count, dtype=np.uint64).tolist():
        for flipped in flips:
            bits = rng.choice(64, flipped, replace=False).tolist()
            found.append(value ^ sum(1 << bit for bit in bits))
    return np.array(found, np.uint64)[rng.permutation(len(found))]


def test_differing_counts_bits():
    one, other = np.random.default_rng(0).integers(0, 2**63, (2, 50), dtype=np.uint64)
    expected = [(left ^ right).bit_count() for left, right in zip(one.tolist(), other.tolist(), strict=True)]
    assert differing(one, other).tolist() == expected


@pytest.mark.parametrize("bound", [TWIN, KIN])
def test_hardly_a_pair_is_lost_and_none_is_invented(bound: Bound):
    hashes = families(300, (0, 3, 8, bound.bits))
    expected = set(all_pairs(hashes, np.broadcast_to(SAME, (len(hashes), FINGERPRINT_SIDE * FINGERPRINT_SIDE)), bound))
    found = alike(hashes, bound)
    assert found == sorted(set(found))
    assert set(found) <= expected
    assert len(expected) >= 3 * 300
    assert len(found) >= 0.97 * len(expected)


def test_batches_lose_no_pair(monkeypatch: pytest.MonkeyPatch):
    hashes = families(200, (0, 2, 5))
    whole = alike(hashes, TWIN)
    monkeypatch.setattr(neighbours, "MOST_WAITING_PAIRS", 50)
    monkeypatch.setattr(neighbours, "PAIRS_AT_ONCE", 7)
    assert alike(hashes, TWIN) == whole


def test_a_thousand_copies_of_one_picture_are_all_tied_to_the_first_in_few_comparisons():
    hashes = np.full(1000, 0x123456789ABCDEF0, np.uint64)
    found = alike(hashes, TWIN)
    assert {other for one, other in found if one == 0} == set(range(1, 1000))
    assert len(found) <= 1000 * (neighbours.NEIGHBOURS_COMPARED + 1)


def test_the_thumbnails_decide_between_twins_kin_and_strangers():
    one, stranger = np.random.default_rng(0).integers(0, 256, (2, FINGERPRINT_SIDE * FINGERPRINT_SIDE), dtype=np.uint8)
    # Independent noise of equal power: correlation 0.6 / sqrt(0.6² + 0.36²) = 0.86.
    kin = (one.astype(float) * 0.6 + stranger * 0.36).astype(np.uint8)
    thumbnails = np.stack([one, one // 2, kin, stranger])
    hashes = np.full(4, 5, np.uint64)
    assert alike(hashes, TWIN, thumbnails) == [(0, 1)]
    assert set(alike(hashes, KIN, thumbnails)) >= {(0, 1), (0, 2), (1, 2)}
    assert (0, 3) not in alike(hashes, KIN, thumbnails)


def test_no_pictures_have_no_pairs():
    assert alike(np.zeros(0, np.uint64), KIN) == []
    assert alike(np.zeros(1, np.uint64), KIN) == []


def test_tables_are_constants_grow_with_the_pictures_and_another_salt_makes_others():
    few, many = sampled_bits(500, TWIN.bits), sampled_bits(1_000_000, TWIN.bits)
    assert few == sampled_bits(500, TWIN.bits)
    assert {int(mask).bit_count() for mask in few} == {9}
    assert {int(mask).bit_count() for mask in many} == {20}
    assert len(few) < len(many) < 300
    assert all(int(one) & int(other) == int(one) for one, other in zip(few, many, strict=False))
    assert sampled_bits(500, TWIN.bits, "again") != few


def test_equal_hashes_meet_in_every_table():
    hashes = np.array([7, 1 << 40, 7], np.uint64)
    pairs = [
        tuple(pair)
        for mask in sampled_bits(3, 0)
        for found in neighbours.candidate_pairs(hashes, mask, 0)
        for pair in zip((found >> np.uint64(32)).tolist(), (found & np.uint64(0xFFFFFFFF)).tolist(), strict=True)
    ]
    assert pairs == [(0, 2)] * len(sampled_bits(3, 0))
    assert all(one < other for one, other in itertools.chain(pairs))
