"""Visual words (Sivic and Zisserman, 2003): what the two halves of a descriptor look most like.

Mirroring or inverting a picture permutes the bins of a descriptor and takes its halves for each other.  So both halves
are turned the same way and share one vocabulary, which holds the mirror image of each of its centres: the words of a
changed picture follow from those of the picture itself, and nothing is looked up again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from inpaint.builders.likeness.features import DESCRIPTOR_BINS, LocalFeatures, Variant, root_descriptors

WORDS_OF_HALF = 2  # nearest centres
CENTRES_ALLOWED = (16, 8192)
LEARNING_FEATURES = 20_000  # of which centres are learnt
LEARNING_ROUNDS = 6
HALF_BINS = DESCRIPTOR_BINS // 2
POINTS_AT_ONCE = 4096  # whose distances are in memory
INVERTED_HALF = np.arange(HALF_BINS).reshape(2, 4, 8)[::-1, ::-1].ravel()  # turned by 180 degrees
MIRRORED_HALF = np.arange(HALF_BINS).reshape(2, 4, 8)[:, ::-1, -np.arange(8) % 8].ravel()  # left and right changed


def learnt_vocabulary(sample: Sequence[LocalFeatures], wanted: int) -> np.ndarray:
    """Return about so many centres, (K, 64) float32; the second half of them mirrors the first.

    They are k-means from evenly chosen features of the sample, so nothing is random.
    """
    each = max(1, LEARNING_FEATURES // max(len(sample), 1))
    parts = [root_descriptors(it.bins[:: math.ceil(len(it.bins) / each)]) for it in sample if len(it.bins)]
    points = halves_of(np.concatenate([np.zeros((1, DESCRIPTOR_BINS), np.float32), *parts])).reshape(-1, HALF_BINS)
    size = min(max(wanted, CENTRES_ALLOWED[0]), CENTRES_ALLOWED[1], len(points)) // 2
    centres = points[:: max(1, len(points) // size)][:size].copy()
    for _ in range(LEARNING_ROUNDS):
        nearest = nearest_words(points, _with_mirrored(centres), 1)[:, 0]
        turned = np.where((nearest < size)[:, None], points, points[:, MIRRORED_HALF])
        order = np.argsort(nearest % size, kind="stable")
        met, begins = np.unique((nearest % size)[order], return_index=True)
        counts = np.diff(np.append(begins, len(order)))
        centres[met] = np.add.reduceat(turned[order], begins) / counts[:, None]
    return _with_mirrored(centres)


def words_of_features(features: LocalFeatures, centres: np.ndarray) -> np.ndarray:
    """Return the nearest centres of both halves of each descriptor, nearest first, (N, 2, WORDS_OF_HALF) uint16."""
    halves = halves_of(root_descriptors(features.bins))
    return nearest_words(halves.reshape(-1, HALF_BINS), centres, WORDS_OF_HALF).reshape(-1, 2, WORDS_OF_HALF)


def words_as(words: np.ndarray, variant: Variant, size: int) -> np.ndarray:
    """Return the words that the mirrored or inverted picture has, of those of the picture; size: of the vocabulary."""
    if variant.mirrored:
        words = (words + size // 2) % size
    return words if variant.mirrored == variant.inverted else words[:, ::-1]


def halves_of(descriptors: np.ndarray) -> np.ndarray:
    """Return both halves of (N, 128), the second turned by 180 degrees, (N, 2, 64)."""
    halves = descriptors.reshape(-1, 2, HALF_BINS).copy()
    halves[:, 1] = halves[:, 1, INVERTED_HALF]
    return halves


def nearest_words(points: np.ndarray, centres: np.ndarray, count: int) -> np.ndarray:
    """Return the numbers of the nearest centres of each point, (N, count) uint16."""
    words, lengths = np.empty((len(points), count), np.uint16), (centres**2).sum(axis=1)
    for start in range(0, len(points), POINTS_AT_ONCE):
        distance = lengths - points[start : start + POINTS_AT_ONCE] @ (2 * centres.T)
        for rank in range(count):
            words[start : start + len(distance), rank] = nearest = distance.argmin(axis=1)
            distance[np.arange(len(distance)), nearest] = np.inf
    return words


def _with_mirrored(centres: np.ndarray) -> np.ndarray:
    return np.concatenate([centres, centres[:, MIRRORED_HALF]])
