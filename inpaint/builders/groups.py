"""Group pictures that belong together and give every group a split that it keeps when the dataset grows.

A group is placed by a hash of its own key, so new pictures never move old ones.  The one exception is stated where
it is made: a split that would stay empty borrows a group, and gives it back once it has its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

SPLITS = ("train", "val", "test")


def united(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each of `count` items the smallest item that pairs connect it with (union-find)."""
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = item = parent[parent[item]]
        return item

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return [root(item) for item in range(count)]


def position(key: str, seed: int) -> float:
    """Return the place in [0, 1) that a group has by its key and the seed alone."""
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def split_groups(keys: Iterable[str], shares: Sequence[float], seed: int) -> dict[str, str]:
    """Return the split of every group: the interval of [0, 1), as long as the split's share, that holds its position.

    With at least as many groups as splits of positive share, no such split stays empty: it borrows the group
    whose position lies nearest to its interval from a split that has more than one.
    """
    places = {key: position(key, seed) for key in sorted(set(keys))}
    bounds = [sum(shares[:index]) for index in range(len(SPLITS))] + [1.0]
    intervals = {name: bounds[index : index + 2] for index, name in enumerate(SPLITS) if shares[index] > 0}
    split = {key: _holder(place, intervals) for key, place in places.items()}
    for name, (low, high) in intervals.items():
        members = list(split.values())
        if name in members or len(split) < len(intervals):
            continue
        spare = [key for key in places if members.count(split[key]) > 1]
        nearest = min(spare, key=lambda key: (max(low - places[key], places[key] - high), key))
        split[nearest] = name
    return split


def _holder(place: float, intervals: dict[str, list[float]]) -> str:
    """Return the split whose interval holds the place; the last one where rounding leaves a gap before 1."""
    return next((name for name, (_, high) in intervals.items() if place < high), list(intervals)[-1])
