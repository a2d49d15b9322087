"""Measures how well a region is explained by pieces of one colour, once what a lossy file adds is smoothed away.

Source: our own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inpaint.detection.mosaics.cells_of_any_shape import (
    compactness,
    grown_pieces,
    joined_pixels,
    neighbours,
    piece_means,
    piece_outlines,
)
from inpaint.detection.mosaics.l0_smoothing import l0_smoothed
from inpaint.detection.mosaics.repeating_cells import WEIGHTS_OF_LUMA

JOINED_STEP = 2  # levels, that neighbouring pixels of a piece may differ by once they are smoothed
LEAST_SMOOTHED_PIECE = 5  # px
FILLING_ROUNDS = 6  # px that pieces grow into what belongs to none
LARGEST_PIECE_SIDE = 24  # px; what is larger is ground, which tells nothing
FEWEST_SMOOTHED_PIECES = 40
LEAST_SMOOTHED_COMPACT = 0.3  # on average; stripes are less
ALIKE_SIZES = 2.5  # times as large or as small as the middle one
FEWEST_CORE_PIXELS = 30


class PieceFacts(NamedTuple):
    """What the pieces of a region tell; large ones are left out."""

    left: float  # how far pixels inside pieces are from their means, of the steps between pieces
    inner: float  # share of the pixels that no other piece touches
    side: float  # px, of a square as large as the middle one
    alike: float  # share of their area in pieces about as large as the middle one


def facts_of_pieces(levels: np.ndarray, inside: np.ndarray) -> PieceFacts | None:
    """Measure the pieces of a region, None where there are few.  levels: (h, w, 3) uint8.  inside: (h, w) bool."""
    smooth = l0_smoothed(levels).clip(0, 255).round().astype(np.uint8)
    numbers = joined_pixels(smooth, inside, JOINED_STEP)
    areas = np.bincount(numbers.ravel())
    kept = (areas >= LEAST_SMOOTHED_PIECE) & (np.arange(len(areas)) > 0)
    if kept.sum() < FEWEST_SMOOTHED_PIECES:
        return None
    cores = np.where(kept, kept.cumsum() - 1, -1)[numbers]
    pieces = grown_pieces(smooth, inside, cores, piece_means(smooth, cores), FILLING_ROUNDS)
    areas = np.bincount(pieces[pieces >= 0], minlength=int(kept.sum()))
    small = areas <= LARGEST_PIECE_SIDE**2
    sizes = np.sort(areas[small])
    compact = compactness(pieces + 1, np.append(0, areas))[1:]
    if len(sizes) < FEWEST_SMOOTHED_PIECES or compact[small] @ areas[small] < LEAST_SMOOTHED_COMPACT * sizes.sum():
        return None
    own = (pieces >= 0) & small[pieces]
    inner = own & ~piece_outlines(pieces)
    if inner.sum() < FEWEST_CORE_PIXELS:
        return None
    means = piece_means(levels, pieces) @ np.array(WEIGHTS_OF_LUMA)
    away = np.abs(levels @ np.array(WEIGHTS_OF_LUMA) - means[pieces])[inner].mean()
    steps = np.concatenate(
        [np.abs(means[one] - means[other])[small[one] | small[other]] for one, other in neighbours(pieces)]
    )
    middle = float(sizes[np.searchsorted(sizes.cumsum(), sizes.sum() / 2)])
    alike = sizes[(sizes * ALIKE_SIZES >= middle) & (sizes <= middle * ALIKE_SIZES)].sum() / sizes.sum()
    return PieceFacts(float(away / max(steps.mean(), 1e-6)), float(inner.sum() / own.sum()), middle**0.5, float(alike))
