"""Find the pictures that show the same thing, also cropped, turned, mirrored, inverted, framed or written on."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from inpaint.builders.likeness.candidates import FeatureIndex
from inpaint.builders.likeness.features import LocalFeatures, as_variant, features_from_bytes
from inpaint.builders.likeness.geometry import LEAST_INLIERS, agreeing_features
from inpaint.builders.likeness.groups import Forest

FEATURES_AT_HAND = 2000  # pictures whose features are in memory: 60 KB each


def pairs_showing_the_same(
    count: int,
    read: Callable[[int], bytes],
    known: np.ndarray,
    *,
    compared: int | None = None,
    inliers: int = LEAST_INLIERS,
) -> np.ndarray:
    """Return pairs of pictures, (M, 2), that connect all that show the same thing.

    read: gives the features of picture 0 to count - 1.  known: pairs that belong together anyway, (K, 2); what is
    connected already is not compared again.  compared: those from this one on are not compared with each other.
    """

    @lru_cache(FEATURES_AT_HAND)
    def features(number: int) -> LocalFeatures:
        return features_from_bytes(read(number))

    index = FeatureIndex(count, lambda number: features_from_bytes(read(number)))
    forest, found = Forest(count), []
    for one, other in known.tolist():
        forest.unite(one, other)
    for number in range(count):
        ours = features(number)
        for other, variant in index.candidates(number):
            if compared is not None and other >= compared:
                continue
            if forest.root(number) == forest.root(other):
                continue
            if agreeing_features(as_variant(ours, variant), features(other), least=inliers):
                forest.unite(number, other)
                found.append((other, number))
    return np.array(found, np.int64).reshape(-1, 2)
