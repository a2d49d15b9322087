"""Gaussian and Laplacian pyramids: a picture as bands of detail, each half as fine as the one before.

Source: Burt and Adelson, "The Laplacian pyramid as a compact image code", 1983; OpenCV's filter of 5 x 5 px.  A band is
what a level has and the next coarser one, enlarged, has not, so that adding all up gives the picture back exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inpaint.metrics import PSNR_CAP

Picture64 = NDArray[Any]  # (H, W) or (H, W, 3) float64 in [0, 1]
SMALLEST_LEVEL = 4  # px, the shorter side of the coarsest level


class BandNumbers(NamedTuple):
    """What is left of one band of a picture."""

    energy: float  # mean square, as a share of the original's
    psnr: float  # dB, of the band against the original's


def gaussian_pyramid(picture: Picture64, levels: int) -> list[Picture64]:
    """Return a picture and its halvings, so many in all.  Raises ValueError where the last would be too small."""
    if min(picture.shape[:2]) < SMALLEST_LEVEL * 2 ** (levels - 1):
        raise ValueError(
            f"a picture of {picture.shape[1]} x {picture.shape[0]} px has no {levels} levels: its shorter side must be "
            f"at least {SMALLEST_LEVEL * 2 ** (levels - 1)} px"
        )
    pyramid = [picture]
    for _ in range(levels - 1):
        pyramid.append(cv2.pyrDown(pyramid[-1]))
    return pyramid


def laplacian_pyramid(picture: Picture64, levels: int) -> list[Picture64]:
    """Return the bands of a picture, the finest first; the last is the coarsest level itself."""
    pyramid = gaussian_pyramid(picture, levels)
    return [fine - finer_level(coarse, fine) for fine, coarse in pairwise(pyramid)] + pyramid[-1:]


def from_bands(bands: Sequence[Picture64]) -> Picture64:
    """Return the picture of which these are the bands."""
    picture = bands[-1]
    for band in reversed(bands[:-1]):
        picture = finer_level(picture, band) + band
    return picture


def finer_level(coarse: Picture64, fine: Picture64) -> Picture64:
    """Enlarge a level to the size of the next finer one."""
    return cv2.pyrUp(coarse, dstsize=(fine.shape[1], fine.shape[0]))


def bands_left(picture: Picture64, original: Picture64, levels: int) -> list[BandNumbers]:
    """Return for every band, the finest first, what a picture has left of the original's."""
    numbers = []
    for ours, theirs in zip(laplacian_pyramid(picture, levels), laplacian_pyramid(original, levels), strict=True):
        whole, error = float((theirs**2).mean()), float(((ours - theirs) ** 2).mean())
        energy = float((ours**2).mean()) / whole if whole else 1.0
        numbers.append(BandNumbers(energy, min(PSNR_CAP, -10 * np.log10(error)) if error else PSNR_CAP))
    return numbers
