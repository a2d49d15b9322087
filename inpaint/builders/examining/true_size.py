"""How much of a picture's size is filled with detail: enlarged copies of a picture are known by having too little."""

from __future__ import annotations

import cv2
import numpy as np

DETAIL_LEVELS = 3  # halvings at which enlargement is looked for
ENLARGED_RATIO = 0.4  # enlarged twice or more at most 0.37, of 180 photographs at least 0.46
THIRD_ENLARGED, THIRD_GENUINE = 0.58, 0.68  # enlarged by 1.5 mostly up to 0.55; of 33 pictures at least 0.68
SMALLEST_SIDE = 64  # px at which detail is looked for
BUSY_SHARE = 0.25  # of a picture, where there is most detail
REPEATS_SOUGHT = (8, 7, 6, 5, 4, 3, 2)  # px of a cell of pictures that were enlarged by repeating pixels
REPEATED_STEPS = 0.2  # of the steps between cells, those within them at most: JPEG leaves some
LEAST_STEPS = 0.5  # grey levels between cells, on average


def detail_share(gray: np.ndarray) -> float:
    """Return the share of a picture's sides that would hold all of its detail, 1 for most; gray: (H, W) uint8.

    What is lost by shrinking a picture is compared with what is lost by shrinking it again, where there is most
    detail: photographs and drawings lose about as much, enlarged ones next to nothing.
    """
    repeats = repeated_pixels(gray)
    share, level = 1.0 / repeats, np.ascontiguousarray(gray[repeats // 2 :: repeats, repeats // 2 :: repeats])
    for _ in range(DETAIL_LEVELS):
        if min(level.shape) < SMALLEST_SIDE:
            return share
        if _loss_ratio(level, 1 / 2) >= ENLARGED_RATIO:
            rise = (_loss_ratio(level, 2 / 3) - THIRD_ENLARGED) / (THIRD_GENUINE - THIRD_ENLARGED)
            return share * (2 + min(max(rise, 0.0), 1.0)) / 3
        share, level = share / 2, _shrunk(level.astype(np.float32), 1 / 2)
    return share


def repeated_pixels(gray: np.ndarray) -> int:
    """Return the factor by which a picture was enlarged by repeating its pixels; 1 where it was not."""
    for repeats in REPEATS_SOUGHT:
        if all(_is_repeated(level, repeats) for level in (gray, gray.T)):
            return repeats
    return 1


def _is_repeated(gray: np.ndarray, repeats: int) -> bool:
    steps = np.abs(np.diff(gray.astype(np.int16), axis=1)).mean(axis=0)
    if len(steps) < 8 * repeats:
        return False
    phases = np.array([steps[phase::repeats].mean() for phase in range(repeats)])
    largest = int(phases.argmax())
    return phases[largest] >= LEAST_STEPS and float(np.delete(phases, largest).max()) < REPEATED_STEPS * phases[largest]


def _loss_ratio(gray: np.ndarray, factor: float) -> float:
    """Return what shrinking by a factor loses to what doing so again loses, as root mean squares where most is lost."""
    level = gray.astype(np.float32)
    smaller = _shrunk(level, factor)
    lost, lost_next = _lost(level, smaller), _lost(smaller, _shrunk(smaller, factor))
    cells = max(4, min(smaller.shape) // 32)
    one, other = (cv2.resize(it, (cells, cells), interpolation=cv2.INTER_AREA) for it in (lost, lost_next))
    busy = other >= np.quantile(other, 1 - BUSY_SHARE)
    return float(np.sqrt(one[busy].mean() / max(float(other[busy].mean()), 1e-6)))


def _shrunk(level: np.ndarray, factor: float) -> np.ndarray:
    shape = max(int(level.shape[1] * factor), 1), max(int(level.shape[0] * factor), 1)
    return cv2.resize(level, shape, interpolation=cv2.INTER_AREA)


def _lost(level: np.ndarray, smaller: np.ndarray) -> np.ndarray:
    """Return the squares of what a smaller version does not hold."""
    return (level - cv2.resize(smaller, level.shape[::-1], interpolation=cv2.INTER_CUBIC)) ** 2
