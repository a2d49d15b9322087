"""Find the pairs that look alike among very many pictures, without comparing all with all.

Source: locality-sensitive hashing by bit sampling; Indyk and Motwani, "Approximate Nearest Neighbors" (1998).  A table
puts pictures that agree in k of their 64 bits into one bucket; only within buckets are hashes compared, and only where
these are near, thumbnails.  k grows with the logarithm of the number of pictures, so a bucket of strangers stays small,
and there are as many tables as a pair at the bound needs to meet in one of them with the probability RECALL; nearer
pairs meet more surely.  What differs: within a bucket a picture meets its next NEIGHBOURS_COMPARED neighbours and the
bucket's first, the largest picture, so that a thousand copies of one picture do not cost a million comparisons.

The time grows as n ** 1.25 (TWIN) to n ** 1.36 (KIN), the memory as n.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator

import numpy as np

from inpaint.builders.likeness.fingerprints import Bound, correlations

RECALL = 0.98  # of pairs that differ in exactly as many bits as the bound allows
FEWEST_BITS = 8  # sampled, k
NEIGHBOURS_COMPARED = 32  # neighbours in a bucket that a picture is compared with
MOST_WAITING_PAIRS = 1 << 20  # candidates that wait to be compared by their thumbnails: bounds the memory
PAIRS_AT_ONCE = 4096  # pairs of thumbnails in memory at once
HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd; the high half of a product depends on all bits of the low one
HALF_WORD = np.uint64(32)
LOW_HALF = np.uint64(0xFFFFFFFF)
BIT_COUNTS = np.array([value.bit_count() for value in range(1 << 16)], np.uint8)

ReadThumbnails = Callable[[np.ndarray], np.ndarray]  # (N,) indices -> (N, side * side) uint8


def pairs_alike(hashes: np.ndarray, thumbnails: ReadThumbnails, bound: Bound, *, salt: str = "") -> np.ndarray:
    """Return, sorted, the index pairs (first < second) that are as near as the bound asks, (M, 2) int64.

    hashes: (N,) uint64.  thumbnails gives those of some indices.  salt: another one makes other tables.
    The same hashes and salt give the same pairs on every machine.
    """
    found = [np.zeros(0, np.uint64)]
    waiting: list[np.ndarray] = []
    for mask in sampled_bits(len(hashes), bound.bits, salt):
        waiting += candidate_pairs(hashes, mask, bound.bits)
        if sum(map(len, waiting)) > MOST_WAITING_PAIRS:
            found.append(_confirmed(np.unique(np.concatenate(waiting)), thumbnails, bound))
            waiting = []
    if waiting:
        found.append(_confirmed(np.unique(np.concatenate(waiting)), thumbnails, bound))
    pairs = np.unique(np.concatenate(found))
    return np.stack([pairs >> HALF_WORD, pairs & LOW_HALF], axis=1).astype(np.int64)


def sampled_bits(count: int, bits: int, salt: str = "") -> list[np.uint64]:
    """Return which bits each table samples, as masks, for so many hashes and a bound of so many bits."""
    sampled = min(max(FEWEST_BITS, math.ceil(math.log2(max(count, 1)))), 64 - bits)
    meet = math.comb(64 - bits, sampled) / math.comb(64, sampled)
    needed = 1 if meet == 1 else math.ceil(math.log(1 - RECALL) / math.log(1 - meet))
    masks = []
    for table in range(needed):
        drawn = hashlib.blake2b(f"{salt}{table}".encode(), digest_size=64).digest()
        chosen = sorted(range(64), key=lambda bit: (drawn[bit], bit))[:sampled]
        masks.append(np.uint64(sum(1 << bit for bit in chosen)))
    return masks


def candidate_pairs(hashes: np.ndarray, mask: np.uint64, bits: int) -> Iterator[np.ndarray]:
    """Yield pairs that meet in a bucket and differ in at most so many bits, as first << 32 | second."""
    keys = (hashes & mask) * HASH_MULTIPLIER & ~LOW_HALF
    order = np.sort(keys | np.arange(len(hashes), dtype=np.uint64))  # within a bucket by index
    bucket, order = order >> HALF_WORD, order & LOW_HALF
    sorted_hashes = hashes[order.astype(np.int64)]
    begins = np.flatnonzero(np.concatenate([[True], bucket[1:] != bucket[:-1]]))
    head = np.repeat(begins, np.diff(np.append(begins, len(bucket))))
    place = np.arange(len(bucket))
    far = place[place - head > NEIGHBOURS_COMPARED]
    yield from _near(order, sorted_hashes, head[far], far, bits)
    one = place
    for step in range(1, NEIGHBOURS_COMPARED + 1):
        one = one[one + step < len(bucket)]
        one = one[bucket[one] == bucket[one + step]]
        if not len(one):
            return
        yield from _near(order, sorted_hashes, one, one + step, bits)


def differing(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return in how many bits hashes differ, (N,)."""
    return BIT_COUNTS[(one ^ other).view(np.uint16).reshape(-1, 4)].sum(axis=1)


def _near(order: np.ndarray, hashes: np.ndarray, one: np.ndarray, other: np.ndarray, bits: int) -> Iterator[np.ndarray]:
    """Yield the pairs of places that are near, by their indices; a bucket is sorted, so the first index is less."""
    near = differing(hashes[one], hashes[other]) <= bits
    if near.any():
        yield order[one[near]] << HALF_WORD | order[other[near]]


def _confirmed(pairs: np.ndarray, thumbnails: ReadThumbnails, bound: Bound) -> np.ndarray:
    """Return the pairs whose thumbnails correlate as the bound asks."""
    kept = [pairs[:0]]
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[start : start + PAIRS_AT_ONCE]
        one, other = (some >> HALF_WORD).astype(np.int64), (some & LOW_HALF).astype(np.int64)
        needed, inverse = np.unique(np.concatenate([one, other]), return_inverse=True)
        shown = thumbnails(needed)
        left, right = inverse.reshape(2, -1)
        kept.append(some[correlations(shown[left], shown[right]) > bound.correlation])
    return np.concatenate(kept)
