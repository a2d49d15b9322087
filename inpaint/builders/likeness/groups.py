"""Group pictures that belong together and give every group a split that it keeps when the dataset grows.

A group is placed by a hash of its own key, so new pictures never move old ones.  Shares are met by groups, and one
huge group in a small split would spoil them.  Strata filled by quota would hold the shares exactly, but a new picture
would then move old ones; so size decides in one way only: a group of more than `largest` pictures lies in the split
of the largest share.  It can leave a held-out split by growing, and nothing ever leaves training by growth.

What else can move a picture is stated here: a new picture that links two groups makes them one, a new largest picture
of a group gives it its key, and a split that would stay empty borrows a group until it has its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np

SPLITS = ("train", "val", "test")


class Forest:
    """Which of so many items are connected (union-find)."""

    def __init__(self, count: int) -> None:
        """Begin with nothing connected."""
        self.parent = list(range(count))

    def root(self, item: int) -> int:
        """Return the smallest item that this one is connected with."""
        parent = self.parent
        while parent[item] != item:
            parent[item] = item = parent[parent[item]]
        return item

    def unite(self, one: int, other: int) -> None:
        """Connect two items."""
        low, high = sorted((self.root(one), self.root(other)))
        self.parent[high] = low


def united(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each of `count` items the smallest item that pairs connect it with."""
    forest = Forest(count)
    for one, other in pairs:
        forest.unite(one, other)
    return [forest.root(item) for item in range(count)]


def split_position(key: str, seed: int) -> float:
    """Return the place in [0, 1) that a group has by its key and the seed alone."""
    digest = hashlib.blake2b(f"{seed}:{key}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def split_groups(
    places: np.ndarray,
    sizes: np.ndarray,
    shares: Sequence[float],
    largest: int | None = None,
    pinned: np.ndarray | None = None,
) -> np.ndarray:
    """Return the number of every group's split, (N,): of the interval of [0, 1) that holds its place.

    places: (N,) positions.  sizes: (N,) pictures.  An interval is as long as its split's share; groups of more than
    `largest` pictures lie in that of the largest share.  With at least as many groups as splits of positive share,
    no such split stays empty: it borrows the group that lies nearest to its interval from a split that has more than
    one, if it can one that is not too large.  pinned: (N,) the split that a group must lie in, -1 where it is free.
    """
    bounds = np.concatenate([[0.0], np.cumsum(shares)])
    wanted = [index for index in range(len(SPLITS)) if shares[index] > 0]
    ends = bounds[[index + 1 for index in wanted]]
    ends[-1] = np.inf  # where rounding leaves a gap before 1
    split = np.array(wanted)[np.searchsorted(ends, places, side="right")]
    held = np.zeros(len(places), bool) if largest is None else sizes > largest
    split[held] = int(np.argmax(shares))
    fixed = np.zeros(len(places), bool) if pinned is None else pinned >= 0
    split = split if pinned is None else np.where(fixed, pinned, split)
    for index in wanted:
        counts = np.bincount(split, minlength=len(SPLITS))
        spare = (counts[split] > 1) & ~fixed
        if counts[index] or len(places) < len(wanted) or not spare.any():
            continue
        spare = spare & ~held if (spare & ~held).any() else spare
        distance = np.maximum(bounds[index] - places, places - bounds[index + 1])
        split[np.lexsort((places, distance, ~spare))[0]] = index
    return split
