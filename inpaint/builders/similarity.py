"""Recognise a picture again: rescaled, recompressed, slightly cropped (a twin), or redrawn in part (kin).

A 64-bit perceptual hash proposes pairs, the correlation of two thumbnails confirms them, because hashes of pictures
that have only their layout in common come near each other too.  Source: the DCT hash of Zauner, "Implementation and
Benchmarking of Perceptual Image Hash Functions" (2010).

The bounds were set on 614 wallpapers, landscapes and portraits.  Of copies cropped by 2 % of each side, shrunk to 0.7
and saved as JPEG of quality 70, TWIN finds 98.7 % and KIN all; no two different pictures were TWIN.  KIN takes some
portraits of one posture for kin, which costs nothing: they share a split.  QUARTER found only variants of one
picture.  What is drawn anew or moved by more than a few per cent is not recognised: name its folder a group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

HASHED = 32  # side that the hash sees, pixels
SIDE = 16  # of the thumbnail, pixels: at 32, a crop of 2 % shifts fine texture out of step
FREQUENCIES = 8  # kept per axis: 8 * 8 = 64 bits
PLAIN = 12.0  # standard deviation, gray levels, below which a quarter shows too little to be recognised
BLOCK = 4096  # hashes compared at once with as many: bounds the memory


class Look(NamedTuple):
    """What a picture looks like from afar."""

    bits: bytes  # 8 bytes, the perceptual hash
    thumbnail: bytes  # 16 * 16 bytes, gray


class Bound(NamedTuple):
    """How near two looks must be."""

    bits: int  # that differ, at most
    correlation: float  # of the thumbnails, above


TWIN, KIN, QUARTER = Bound(10, 0.95), Bound(14, 0.75), Bound(8, 0.97)


def look_at(gray: np.ndarray) -> Look:
    """Return the perceptual hash and the thumbnail of a gray picture, (H, W) uint8."""
    seen = cv2.resize(gray, (HASHED, HASHED), interpolation=cv2.INTER_AREA)
    low = cv2.dct(seen.astype(np.float32))[1 : FREQUENCIES + 1, 1 : FREQUENCIES + 1]
    thumbnail = cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return Look(np.packbits(low > np.median(low)).tobytes(), thumbnail.tobytes())


def look_at_quarters(gray: np.ndarray) -> tuple[Look, ...]:
    """Return the looks of the four quarters, so that a picture redrawn in part is known by the rest.

    A plain quarter gets an empty thumbnail, which resembles nothing.
    """
    y, x = gray.shape[0] // 2, gray.shape[1] // 2
    quarters = gray[:y, :x], gray[:y, x:], gray[y:, :x], gray[y:, x:]
    return tuple(
        look if quarter.std() >= PLAIN else look._replace(thumbnail=bytes(SIDE * SIDE))
        for quarter, look in ((quarter, look_at(quarter)) for quarter in quarters)
    )


def alike(looks: Sequence[Look], bound: Bound) -> list[tuple[int, int]]:
    """Return, sorted, the index pairs (first < second) of looks that are as near as the bound asks.

    Compares all with all: quadratic in time, by matrix products in blocks, linear in memory.
    """
    if not looks:
        return []
    pairs = []
    bits = np.unpackbits(np.frombuffer(b"".join(look.bits for look in looks), np.uint8).reshape(-1, 8), axis=1)
    signs = bits.astype(np.float32) * 2 - 1  # (N, 64): the product of two rows is 64 - 2 * differing bits
    thumbnails = np.frombuffer(b"".join(look.thumbnail for look in looks), np.uint8).reshape(len(looks), -1)
    for top in range(0, len(looks), BLOCK):
        for left in range(top, len(looks), BLOCK):
            products = signs[top : top + BLOCK] @ signs[left : left + BLOCK].T
            rows, columns = np.nonzero(products >= bits.shape[1] - 2 * bound.bits)
            near = zip((rows + top).tolist(), (columns + left).tolist(), strict=True)
            pairs += [
                (one, other)
                for one, other in near
                if one < other and _correlation(thumbnails[one], thumbnails[other]) > bound.correlation
            ]
    return sorted(pairs)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the normalised correlation of two thumbnails; 0 when one of them is a single tone."""
    one, other = one - one.mean(), other - other.mean()
    power = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / power if power > 0 else 0.0
