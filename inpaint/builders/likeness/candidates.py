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
    FEATURE_SIDE,
    VARIANTS,
    LocalFeatures,
    Variant,
    places_as,
)
from inpaint.builders.likeness.vocabulary import WORDS_OF_HALF, learnt_vocabulary, words_as, words_of_features

INDEXED_FEATURES = 200  # of a picture, the strongest
FEATURES_PER_CELL = 0.5  # on average: finer cells find as many pictures, and fewer strangers
LEARNING_PICTURES = 2000  # of which the vocabulary is learnt
FIRST_VOTERS, LAST_VOTERS = 4, 12  # in a cell
LEAST_VOTES = 2  # for one similarity
# Of a picture.  Of 72 photographs among 5,600 pictures all were among the first 4, in 28 relations.
CANDIDATES_COMPARED = 6
TURN_BIN, SCALE_BIN, SHIFT_BIN = 40.0, 1.0, FEATURE_SIDE / 4  # degrees, octaves, px
BIN_BITS, FEATURE_BITS = 23, 8  # of a similarity with its variant, and of a feature's number; a picture has the rest

ReadFeatures = Callable[[int], LocalFeatures]


class FeatureIndex:
    """The features of many pictures, to be asked for one picture after the other."""

    def __init__(self, count: int, read: ReadFeatures) -> None:
        """Take in the features of pictures 0 to count - 1; a part of them is read twice."""
        sample, total = _sampled(count, read)
        self.centres = learnt_vocabulary(sample, math.isqrt(int(total / FEATURES_PER_CELL)))
        words, places, lengths = [np.zeros((0, 2, WORDS_OF_HALF), np.uint16)], [np.zeros((0, 4), np.float16)], [0]
        for number in range(count):
            features = _strongest(read(number))
            words.append(words_of_features(features, self.centres))
            places.append(features.places.astype(np.float16))
            lengths.append(len(features.bins))
        self.words, self.places, self.begins = np.concatenate(words), np.concatenate(places), np.cumsum(lengths)
        keys = self._cells(self.words[:, :, :1])[:, 0] << np.uint64(32)
        keys |= np.repeat(np.arange(count, dtype=np.uint64), lengths[1:])
        self.rows = np.argsort(keys, kind="stable")
        self.keys = keys[self.rows]  # cell << 32 | picture

    def candidates(self, number: int) -> list[tuple[int, Variant]]:
        """Return pictures before this one that may show the same, most votes first, with how this one would show it."""
        bins, counts = _counted(np.concatenate([self._votes(number, it) for it in range(len(VARIANTS))], axis=1))
        pictures = (bins >> np.uint64(BIN_BITS)).astype(np.int64)
        variants = (bins & np.uint64(len(VARIANTS) - 1)).astype(np.int64)
        chosen: dict[int, Variant] = {}
        for place in np.lexsort((pictures, -counts)).tolist():
            chosen.setdefault(int(pictures[place]), VARIANTS[variants[place]])
            if len(chosen) == CANDIDATES_COMPARED:
                break
        return list(chosen.items())

    def _cells(self, words: np.ndarray) -> np.ndarray:
        """Return the cells that words of the first and of the second half make, (N, words * words) uint64."""
        first, second = (words[:, half].astype(np.uint64) for half in (0, 1))
        cells = first[:, :, None] * np.uint64(len(self.centres)) + second[:, None]
        return cells.reshape(len(words), words.shape[2] ** 2)

    def _votes(self, number: int, variant: int) -> np.ndarray:
        """Return what is met in the cells of a picture's features, (3, V): picture and similarity, our feature, theirs.

        variant: of VARIANTS, as which the picture is taken.
        """
        ours = slice(self.begins[number], self.begins[number + 1])
        cells = self._cells(words_as(self.words[ours], VARIANTS[variant], len(self.centres)))
        start = np.searchsorted(self.keys, cells.ravel() << np.uint64(32))
        end = np.searchsorted(self.keys, cells.ravel() << np.uint64(32) | np.uint64(number))
        first = np.minimum(end, start + FIRST_VOTERS)
        met = [_ranges(start, first), _ranges(np.maximum(first, end - LAST_VOTERS), end)]
        found = np.concatenate([rows for rows, _ in met])
        asking = np.concatenate([owner for _, owner in met]) // cells.shape[1]
        rows, pictures = self.rows[found], self.keys[found] & np.uint64(0xFFFFFFFF)
        places = places_as(self.places[ours].astype(np.float32), VARIANTS[variant])
        similar = _similarities(self.places[rows].astype(np.float32), places[asking])  # (2, V)
        known = similar >= 0
        bins = pictures << np.uint64(BIN_BITS) | similar.astype(np.uint64) << np.uint64(2) | np.uint64(variant)
        both = (asking, rows - self.begins[pictures.astype(np.int64)])
        return np.stack([bins[known], *(np.broadcast_to(it, similar.shape)[known].astype(np.uint64) for it in both)])


def _counted(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what has enough votes, and how many features of ours and of theirs vote for it, the fewer of both.

    So a texture, in which all looks like all, has no more to say than its features.
    """
    order = np.sort(votes[0])
    repeated = np.unique(order[1:][order[1:] == order[:-1]])  # the others have one vote
    votes = votes[:, np.isin(votes[0], repeated)]
    counts = []
    for ours in votes[1:]:
        once = np.unique(votes[0] << np.uint64(FEATURE_BITS) | ours)
        bins, count = np.unique(once >> np.uint64(FEATURE_BITS), return_counts=True)
        counts.append(count)
    count = np.minimum(*counts)
    return bins[count >= LEAST_VOTES], count[count >= LEAST_VOTES]


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


def _sampled(count: int, read: ReadFeatures) -> tuple[list[LocalFeatures], int]:
    """Return the indexed features of evenly chosen pictures, and about how many all pictures have."""
    asked = range(0, count, max(1, math.ceil(count / LEARNING_PICTURES)))
    sample = [_strongest(read(number)) for number in asked]
    return sample, sum(len(it.bins) for it in sample) * count // max(len(asked), 1)
