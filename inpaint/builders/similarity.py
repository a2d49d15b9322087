"""Recognise a picture again: rescaled, recompressed, slightly cropped (a twin), or redrawn in part (kin).

A 64-bit perceptual hash proposes pairs, the correlation of two thumbnails confirms them, because hashes of pictures
that have only their layout in common come near each other too.  Source: the DCT hash of Zauner, "Implementation and
Benchmarking of Perceptual Image Hash Functions" (2010).

The four bounds were set on 292 wallpapers, landscapes and portraits.  Of copies cropped by 2 % a side, shrunk to
0.7 and saved as JPEG of quality 70, 99 % lie within TWIN_BITS and 98.5 % above TWIN_CORRELATION.  Pairs within KIN_BITS
and above KIN_CORRELATION were all variants of one picture (day and night, another dress); the nearest strangers
differed in 16 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

HASHED = 32  # side that the hash sees, pixels
SIDE = 16  # of the thumbnail, pixels: at 32, a crop of 2 % shifts fine texture out of step
FREQUENCIES = 8  # kept per axis: 8 * 8 = 64 bits
KIN_BITS, KIN_CORRELATION = 14, 0.75
TWIN_BITS, TWIN_CORRELATION = 10, 0.95
BLOCK = 4096  # hashes compared at once with as many: bounds the memory


class Look(NamedTuple):
    """What a picture looks like from afar."""

    bits: bytes  # 8 bytes, the perceptual hash
    thumbnail: bytes  # 16 * 16 bytes, gray


class Likeness(NamedTuple):
    """Which of many pictures look alike: sorted index pairs, first < second."""

    kin: list[tuple[int, int]]  # one picture or variants of it, twins included
    twins: list[tuple[int, int]]  # one picture


def look_at(gray: np.ndarray) -> Look:
    """Return the perceptual hash and the thumbnail of a gray picture, (H, W) uint8."""
    seen = cv2.resize(gray, (HASHED, HASHED), interpolation=cv2.INTER_AREA)
    low = cv2.dct(seen.astype(np.float32))[1 : FREQUENCIES + 1, 1 : FREQUENCIES + 1]
    thumbnail = cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return Look(np.packbits(low > np.median(low)).tobytes(), thumbnail.tobytes())


def likeness(looks: Sequence[Look]) -> Likeness:
    """Compare all with all: quadratic in time, by matrix products in blocks, linear in memory."""
    found = Likeness([], [])
    if not looks:
        return found
    bits = np.unpackbits(np.frombuffer(b"".join(look.bits for look in looks), np.uint8).reshape(-1, 8), axis=1)
    signs = bits.astype(np.float32) * 2 - 1  # (N, 64): the product of two rows is 64 - 2 * differing bits
    thumbnails = np.frombuffer(b"".join(look.thumbnail for look in looks), np.uint8).reshape(len(looks), -1)
    for top in range(0, len(looks), BLOCK):
        for left in range(top, len(looks), BLOCK):
            products = signs[top : top + BLOCK] @ signs[left : left + BLOCK].T
            rows, columns = np.nonzero(products >= bits.shape[1] - 2 * KIN_BITS)
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
                if row + top >= column + left:
                    continue
                pair = row + top, column + left
                correlation = _correlation(*thumbnails[list(pair)])
                if correlation > KIN_CORRELATION:
                    found.kin.append(pair)
                if correlation > TWIN_CORRELATION and products[row, column] >= bits.shape[1] - 2 * TWIN_BITS:
                    found.twins.append(pair)
    return Likeness(sorted(found.kin), sorted(found.twins))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the normalised correlation of two thumbnails; 0 when one of them is a single tone."""
    one, other = one - one.mean(), other - other.mean()
    power = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / power if power > 0 else 0.0
