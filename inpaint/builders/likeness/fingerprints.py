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

from typing import NamedTuple

import cv2
import numpy as np

HASHED_SIDE = 32  # side that the hash sees, pixels
FINGERPRINT_SIDE = 16  # of the thumbnail, pixels: at 32, a crop of 2 % shifts fine texture out of step
FINGERPRINTED_PARTS = 5  # that are looked at: the whole and its quarters
FREQUENCIES = 8  # kept per axis: 8 * 8 = 64 bits
PLAIN_DEVIATION = 12.0  # standard deviation, gray levels, below which a quarter shows too little to be recognised


class Fingerprint(NamedTuple):
    """What a picture looks like from afar."""

    bits: bytes  # 8 bytes, the perceptual hash
    thumbnail: bytes  # 16 * 16 bytes, gray


class Bound(NamedTuple):
    """How near two looks must be."""

    bits: int  # that differ, at most
    correlation: float  # of the thumbnails, above


TWIN, KIN, QUARTER = Bound(10, 0.95), Bound(14, 0.75), Bound(8, 0.97)


def fingerprint_of(gray: np.ndarray) -> Fingerprint:
    """Return the perceptual hash and the thumbnail of a gray picture, (H, W) uint8."""
    seen = cv2.resize(gray, (HASHED_SIDE, HASHED_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(seen.astype(np.float32))[1 : FREQUENCIES + 1, 1 : FREQUENCIES + 1]
    thumbnail = cv2.resize(seen, (FINGERPRINT_SIDE, FINGERPRINT_SIDE), interpolation=cv2.INTER_AREA)
    return Fingerprint(np.packbits(low > np.median(low)).tobytes(), thumbnail.tobytes())


def quarter_fingerprints(gray: np.ndarray) -> tuple[Fingerprint, ...]:
    """Return the looks of the four quarters, so that a picture redrawn in part is known by the rest.

    A plain quarter gets an empty thumbnail, which resembles nothing.
    """
    y, x = gray.shape[0] // 2, gray.shape[1] // 2
    quarters = gray[:y, :x], gray[:y, x:], gray[y:, :x], gray[y:, x:]
    return tuple(
        look
        if quarter.std() >= PLAIN_DEVIATION
        else look._replace(thumbnail=bytes(FINGERPRINT_SIDE * FINGERPRINT_SIDE))
        for quarter, look in ((quarter, fingerprint_of(quarter)) for quarter in quarters)
    )


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the normalised correlation of thumbnails, (N,); 0 where one of them is a single tone.  (N, pixels)."""
    one, other = (it - it.mean(axis=1, keepdims=True, dtype=np.float64) for it in (one, other))
    power = np.sqrt((one * one).sum(axis=1) * (other * other).sum(axis=1))
    return np.divide((one * other).sum(axis=1), power, out=np.zeros(len(power)), where=power > 0)
