"""Find which pictures may show the same thing, without comparing all with all.

Every feature falls into a cell of an inverted multi-index (Babenko and Lempitsky, 2012): the two halves of its
descriptor are each replaced by the nearest of K centres, so K * K cells.  K grows with the root of the number of
features, so that a cell holds a few of strangers.  A picture looks up the cells of its own features, also as they would
be if it were mirrored or inverted; every feature met there votes for a picture together with a similarity (Lowe, 2004),
and pictures with several votes for one similarity are candidates.  Only pictures that come before are found, each pair
once.  Of a cell that very many pictures share, the first and the last before the picture vote.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from inpaint.builders.likeness.features import (
    DESCRIPTOR_BINS,
    FEATURE_SIDE,
    VARIANTS,
    LocalFeatures,
    Variant,
    as_variant,
    root_descriptors,
)

INDEXED_FEATURES = 200  # of a picture, the strongest
FEATURES_PER_CELL = 0.5  # on average: finer cells find as many pictures, and fewer strangers
CENTRES_ALLOWED = (16, 1536)  # K
LEARNING_FEATURES = 20_000  # of which centres are learnt
LEARNING_ROUNDS = 6
FIRST_VOTERS, LAST_VOTERS = 4, 12  # in a cell
LEAST_VOTES = 2  # for one similarity
CANDIDATES_COMPARED = 8  # of a picture
TURN_BIN, SCALE_BIN, SHIFT_BIN = 40.0, 1.0, FEATURE_SIDE / 4  # degrees, octaves, px
HALF_BINS = DESCRIPTOR_BINS // 2
PROBES = ((0, 0), (0, 1), (1, 0), (1, 1))  # nearest centres of both halves that make the cells asked
BIN_BITS, FEATURE_BITS = 23, 8  # of a similarity with its variant, and of a feature's number; a picture has the rest

ReadFeatures = Callable[[int], LocalFeatures]


class FeatureIndex:
    """The features of many pictures, to be asked for one picture after the other."""

    def __init__(self, count: int, read: ReadFeatures) -> None:
        """Take in the features of pictures 0 to count - 1; each is read twice."""
        self.centres = _learnt(count, read)  # (2, K, 64)
        keys, places, turns = [np.zeros(0, np.uint64)], [np.zeros((0, 4), np.float16)], [np.zeros(0, np.uint8)]
        for number in range(count):
            features = _strongest(read(number))
            keys.append((self._cells(features)[:, 0] << np.uint64(32) | np.uint64(number)).astype(np.uint64))
            places.append(features.places.astype(np.float16))
            turns.append(np.arange(len(features.bins), dtype=np.uint8))
        keys, places = np.concatenate(keys), np.concatenate(places)
        order = np.argsort(keys, kind="stable")
        self.keys, self.places = keys[order], places[order]  # cell << 32 | picture
        self.turns = np.concatenate(turns)[order]

    def candidates(self, number: int, features: LocalFeatures) -> list[tuple[int, Variant]]:
        """Return pictures before this one that may show the same, most votes first, with how this one would show it."""
        features = _strongest(features)
        if not len(features.bins):
            return []
        votes = [self._votes(as_variant(features, variant), number, index) for index, variant in enumerate(VARIANTS)]
        bins, counts = _counted(np.concatenate(votes, axis=1))
        strong = counts >= LEAST_VOTES
        pictures, counts = (bins[strong] >> np.uint64(BIN_BITS)).astype(np.int64), counts[strong]
        variants = (bins[strong] & np.uint64(len(VARIANTS) - 1)).astype(np.int64)
        chosen: dict[int, Variant] = {}
        for place in np.lexsort((pictures, -counts)).tolist():
            chosen.setdefault(int(pictures[place]), VARIANTS[variants[place]])
            if len(chosen) == CANDIDATES_COMPARED:
                break
        return list(chosen.items())

    def _cells(self, features: LocalFeatures) -> np.ndarray:
        """Return the nearest cell of each feature and the three next to it in both halves, (N, 4) uint64."""
        descriptors = root_descriptors(features.bins)
        first, second = (
            _nearest(descriptors[:, half * HALF_BINS :][:, :HALF_BINS], self.centres[half]) for half in (0, 1)
        )
        width = np.uint64(self.centres.shape[1])
        return np.stack([first[one] * width + second[other] for one, other in PROBES], axis=1)

    def _votes(self, features: LocalFeatures, number: int, variant: int) -> np.ndarray:
        """Return what is met in the cells of these features, (3, V): picture and similarity, our feature, theirs."""
        cells = self._cells(features)
        start = np.searchsorted(self.keys, cells.ravel() << np.uint64(32))
        end = np.searchsorted(self.keys, cells.ravel() << np.uint64(32) | np.uint64(number))
        first = np.minimum(end, start + FIRST_VOTERS)
        met = [_ranges(start, first), _ranges(np.maximum(first, end - LAST_VOTERS), end)]
        rows = np.concatenate([rows for rows, _ in met])
        asking = np.concatenate([owner for _, owner in met]) // cells.shape[1]
        similar = _similarities(self.places[rows].astype(np.float32), features.places[asking])  # (2, V)
        known = similar >= 0
        bins = (self.keys[rows] << np.uint64(32)) >> np.uint64(32 - BIN_BITS) | (
            similar.astype(np.uint64) << np.uint64(2) | np.uint64(variant)
        )
        both = [np.broadcast_to(it.astype(np.uint64), similar.shape)[known] for it in (asking, self.turns[rows])]
        return np.stack([bins[known], *both])


def _counted(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what was voted for, and how many features of ours and of theirs vote for it, the fewer of both.

    So a texture, in which all looks like all, has no more to say than its features.
    """
    counts = []
    for ours in votes[1:]:
        once = np.unique(votes[0] << np.uint64(FEATURE_BITS) | ours)
        bins, count = np.unique(once >> np.uint64(FEATURE_BITS), return_counts=True)
        counts.append(count)
    return bins, np.minimum(*counts)


def _similarities(theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """Return the bins of the similarities that take our features to theirs, on two grids half a bin apart, (2, V).

    A bin is -1 where the scale is not plausible.
    """
    turn, octave = theirs[:, 3] - ours[:, 3], theirs[:, 2] - ours[:, 2]
    factor, angle = np.exp2(octave), np.radians(turn)
    x = theirs[:, 0] - factor * (np.cos(angle) * ours[:, 0] - np.sin(angle) * ours[:, 1])
    y = theirs[:, 1] - factor * (np.sin(angle) * ours[:, 0] + np.cos(angle) * ours[:, 1])
    plausible = np.abs(octave) < 1.75
    steps = np.stack([(turn % 360) / TURN_BIN, octave / SCALE_BIN + 3, x / SHIFT_BIN + 16, y / SHIFT_BIN + 16])
    found = []
    for grid in (0, 1):
        turns, octaves, columns, rows = np.floor(steps + grid / 2).astype(np.int64)
        turns %= round(360 / TURN_BIN)
        packed = (((turns * 8 + octaves) * 64 + columns.clip(0, 63)) * 64 + rows.clip(0, 63)) * 2 + grid
        found.append(np.where(plausible, packed, -1))
    return np.stack(found)


def _strongest(features: LocalFeatures) -> LocalFeatures:
    return LocalFeatures(features.places[:INDEXED_FEATURES], features.bins[:INDEXED_FEATURES])


def _ranges(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all numbers from each start to before its end, and for each the row that it comes from."""
    lengths = np.maximum(end - start, 0)
    owner = np.repeat(np.arange(len(start)), lengths)
    before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.arange(len(owner)) - before[owner] + start[owner], owner


def _nearest(halves: np.ndarray, centres: np.ndarray) -> list[np.ndarray]:
    """Return the numbers of the nearest centre, the second nearest, ..., (N,) uint64 each."""
    distance = (centres**2).sum(axis=1) - 2 * halves @ centres.T
    found = []
    for _ in range(1 + max(map(max, PROBES))):
        found.append(distance.argmin(axis=1).astype(np.uint64))
        distance[np.arange(len(halves)), found[-1].astype(np.int64)] = np.inf
    return found


def _learnt(count: int, read: ReadFeatures) -> np.ndarray:
    """Return the centres of both halves, (2, K, 64): k-means from evenly chosen features, so nothing is random."""
    each = max(1, math.ceil(LEARNING_FEATURES / max(count, 1)))
    asked = range(0, count, max(1, count * each // LEARNING_FEATURES))
    parts, total = [np.zeros((1, DESCRIPTOR_BINS), np.float32)], 0
    for number in asked:
        features = _strongest(read(number))
        total += len(features.bins)
        parts.append(root_descriptors(features.bins[:: max(1, len(features.bins) // each)]))
    sample = np.concatenate(parts)
    total = total * count // max(len(asked), 1)
    wanted = math.isqrt(max(int(total / FEATURES_PER_CELL), 1))
    size = min(max(wanted, CENTRES_ALLOWED[0]), CENTRES_ALLOWED[1], len(sample))
    return np.stack([_means(sample[:, half * HALF_BINS :][:, :HALF_BINS], size) for half in (0, 1)])


def _means(points: np.ndarray, size: int) -> np.ndarray:
    centres = points[:: max(1, len(points) // size)][:size].copy()
    for _ in range(LEARNING_ROUNDS):
        nearest = ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
        counts = np.bincount(nearest, minlength=size)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, points)
        centres[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return centres
