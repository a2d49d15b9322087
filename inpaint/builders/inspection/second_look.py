"""Look a second time for pictures of different splits that show the same, by nothing that groups were made by.

Corners and binary descriptors (ORB: Rublee et al., "ORB: An Efficient Alternative to SIFT or SURF", 2011) are found,
looked up by sampled bits, and must agree in one affine map.  No descriptor, index or bound is shared with the first
look, so what the first one is blind to need not be hidden from this one.  WHAT_IT_CANNOT_SEE says what is.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.builders.work.records import text_from_bytes
from inpaint.builders.work.store import Store

CORNER_SIDE = 288  # px; pictures are resized to so many pixels squared
MOST_CORNERS = 250
CORNER_BYTES, CORNER_BITS = 32, 256  # of a descriptor
TABLES = 4
BITS_SAMPLED = (12, 24)  # of 256, growing with the number of corners
MOST_IN_BUCKET = 32
LEAST_CORNER_VOTES, MOST_PARTNERS = 4, 6
FARTHEST_BITS = 64  # that the descriptors of one corner may differ in
LEAST_AGREEING, AGREEING_SHARE = 12, 0.25
CORNER_DISTANCE = 4.0  # px
WHAT_IT_CANNOT_SEE = (
    "it does not see what shares less than about half of a picture, is turned and mirrored at once, inverted, drawn "
    "anew, or has hardly a corner"
)


class Corners(NamedTuple):
    """The corners of a picture."""

    places: np.ndarray  # (N, 2) float32, x and y in px
    bits: np.ndarray  # (N, 32) uint8


class Look(NamedTuple):
    """A picture or patch as the second look sees it."""

    split: str
    picture: str  # what it was cut from; parts of one picture are not compared
    corners: bytes  # of it and of its mirror image


def corners_to_bytes(gray: np.ndarray) -> bytes:
    """Return the corners of a gray picture, (H, W) uint8, and of its mirror image, as they are kept."""
    factor = CORNER_SIDE / math.sqrt(gray.shape[0] * gray.shape[1])
    shape = max(round(gray.shape[1] * factor), 1), max(round(gray.shape[0] * factor), 1)
    small = cv2.resize(gray, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    finder = cv2.ORB.create(MOST_CORNERS, fastThreshold=8, edgeThreshold=20, patchSize=24)
    kept = b""
    for level in (small, cv2.flip(small, 1)):
        found, bits = finder.detectAndCompute(level, None)
        places = np.array([it.pt for it in found], np.float32).reshape(-1, 2)
        kept += len(places).to_bytes(2, "little") + places.astype("<f2").tobytes()
        kept += b"" if bits is None else bits.tobytes()
    return kept


def corners_from_bytes(data: bytes) -> tuple[Corners, Corners]:
    """Return the corners of a picture and those of its mirror image."""
    found, start = [], 0
    for _ in range(2):
        count = int.from_bytes(data[start : start + 2], "little")
        places = np.frombuffer(data, "<f2", 2 * count, start + 2).reshape(count, 2).astype(np.float32)
        bits = np.frombuffer(data, np.uint8, CORNER_BYTES * count, start + 2 + 4 * count)
        found.append(Corners(places, bits.reshape(count, CORNER_BYTES)))
        start += 2 + (4 + CORNER_BYTES) * count
    return found[0], found[1]


def pairs_across(count: int, look: Callable[[int], Look], home: str = "train") -> Iterator[tuple[int, int]]:
    """Yield pairs of 0 to count - 1, held out and not, or in different held-out splits, that show the same.

    look: gives each; those of the split `home` are read once and indexed, the others are looked up in them and in
    those of the held-out splits before them.
    """
    splits = [look(number).split for number in range(count)]
    held = [number for number in range(count) if splits[number] != home]
    if not held or len(set(splits)) < 2:
        return
    buckets = _Buckets(count, look)
    for number in held:
        ours = look(number)
        plain, mirrored = corners_from_bytes(ours.corners)
        for other, turned in buckets.partners(number, (plain, mirrored)):
            theirs = look(other)
            if theirs.split == ours.split or theirs.picture == ours.picture:
                continue
            if theirs.split != home and other > number:
                continue  # it asks for us
            if _agree((plain, mirrored)[turned], corners_from_bytes(theirs.corners)[0]):
                yield other, number


def straddling_pairs(store: Store) -> Iterator[tuple[str, str]]:
    """Yield the names of kept pictures that show the same and lie in different splits, of a store that was judged."""
    query = (
        "SELECT verdicts.id, verdicts.split, sources.name FROM verdicts JOIN sources USING (id) "
        "WHERE verdicts.rule = '' ORDER BY sources.name"
    )
    rows = store.database.execute(query).fetchall()

    def look(place: int) -> Look:
        return Look(rows[place][1], str(rows[place][0]), store.features(rows[place][0], "corners"))

    yield from (
        (text_from_bytes(rows[one][2]), text_from_bytes(rows[other][2])) for one, other in pairs_across(len(rows), look)
    )


class _Buckets:
    """The corners of all pictures, by sampled bits."""

    def __init__(self, count: int, look: Callable[[int], Look]) -> None:
        bits, owners = [np.zeros((0, CORNER_BYTES), np.uint8)], [np.zeros(0, np.int64)]
        for number in range(count):
            corners = corners_from_bytes(look(number).corners)[0]
            bits.append(corners.bits)
            owners.append(np.full(len(corners.bits), number))
        bits, owners = np.concatenate(bits), np.concatenate(owners)
        sampled = min(max(math.ceil(math.log2(max(len(bits), 1))), BITS_SAMPLED[0]), BITS_SAMPLED[1])
        self.chosen = [_sample(table, sampled) for table in range(TABLES)]
        self.tables = []
        for chosen in self.chosen:
            keys = _keys(bits, chosen)
            order = np.argsort(keys, kind="stable")
            self.tables.append((keys[order], owners[order].astype(np.int32)))

    def partners(self, number: int, looks: Sequence[Corners]) -> list[tuple[int, bool]]:
        """Return the pictures that share most buckets with a picture or its mirror image, and with which of both."""
        found = []
        for turned, corners in enumerate(looks):
            met = [np.zeros(0, np.int64)]
            for chosen, (keys, owners) in zip(self.chosen, self.tables, strict=True):
                wanted = _keys(corners.bits, chosen)
                start, end = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, side="right")
                fit = (end > start) & (end - start <= MOST_IN_BUCKET)
                met += [np.unique(owners[low:high]) for low, high in zip(start[fit], end[fit], strict=True)]
            others, votes = np.unique(np.concatenate(met), return_counts=True)
            strong = (votes >= LEAST_CORNER_VOTES) & (others != number)
            found += [
                (-count, other, bool(turned))
                for count, other in zip(votes[strong].tolist(), others[strong].tolist(), strict=True)
            ]
        return [(other, turned) for _, other, turned in sorted(found)[:MOST_PARTNERS]]


def _sample(table: int, count: int) -> np.ndarray:
    drawn = hashlib.shake_256(f"second look {table}".encode()).digest(2 * CORNER_BITS)
    return np.argsort(np.frombuffer(drawn, "<u2"), kind="stable")[:count]


def _keys(bits: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    values = np.unpackbits(bits, axis=1)[:, chosen].astype(np.int64)
    return values @ (1 << np.arange(len(chosen), dtype=np.int64))


def _agree(one: Corners, other: Corners) -> bool:
    """Say whether enough mutual neighbours agree in one affine map that neither folds nor flattens."""
    if min(len(one.bits), len(other.bits)) < LEAST_AGREEING:
        return False
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(one.bits, other.bits)
    matches = [it for it in matches if it.distance <= FARTHEST_BITS]
    if len(matches) < LEAST_AGREEING:
        return False
    source, target = one.places[[it.queryIdx for it in matches]], other.places[[it.trainIdx for it in matches]]
    found, kept = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=CORNER_DISTANCE)
    if found is None or not 0.1 < np.linalg.det(found[:, :2]) < 10:
        return False
    spots = len(np.unique(np.rint(source[kept.ravel() > 0] / CORNER_DISTANCE), axis=0))
    return spots >= LEAST_AGREEING and spots >= AGREEING_SHARE * len(matches)
