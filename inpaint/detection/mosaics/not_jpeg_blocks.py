"""Tells the blocks of a JPEG that was rescaled from the cells of a mosaic.

What: the blocks of a strongly compressed JPEG are eight pixels wide, or, where the picture was enlarged after it, so
many times more, and they lie all over the picture.  A grid that steps elsewhere follow as well is theirs, unless its
cells are clear.
Source: our own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inpaint.detection.mosaics.proposals import TINY
from inpaint.detection.mosaics.regions import Found
from inpaint.detection.mosaics.rescaled_proposals import BESIDE, soft_steps

CLEAR = 0.75  # score of cells that no blocks of JPEG have
SIDES = (8.2, 26.0)  # px of blocks that show after rescaling
SQUARE = 0.08  # share by which the sides of blocks may differ from a square's, or from several squares'
NEAR, MOVED = 0.05, 0.5  # of the side that it is sought within; px that the last line moves by in a step
FOLLOWED = 0.012  # of all steps, that stand on the lines beyond chance
ELSEWHERE = 0.25  # of the picture that must be left to tell


def without_blocks(luma: np.ndarray, found: Sequence[Found]) -> list[Found]:
    """Return the regions of a picture (H, W), levels 0..255, that are no blocks of JPEG."""
    doubtful = [region for region in found if region.score < CLEAR and like_block(region)]
    if not doubtful:
        return list(found)
    elsewhere = np.ones(luma.shape, bool)
    for region in found:
        region.within(elsewhere)[:] &= ~region.pixels()
    if elsewhere.mean() < ELSEWHERE:
        return list(found)
    profiles = profile(luma.T, elsewhere.T), profile(luma, elsewhere)
    blocks = [region for region in doubtful if followed(profiles, float(min(region.grid.block)))]
    return [region for region in found if not any(region is block for block in blocks)]


def like_block(region: Found) -> bool:
    """Tell whether the cells of a region may be blocks of JPEG by their shape, or several in a row."""
    low, high = sorted(region.grid.block)
    return SIDES[0] < low < SIDES[1] and abs(high / low - round(high / low)) < SQUARE * high / low


def profile(luma: np.ndarray, elsewhere: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how much stands out in every column of a part of a picture (H, W), and how large the part is there."""
    steps = soft_steps(np.ascontiguousarray(luma)) * elsewhere
    return np.convolve(steps.sum(0), BESIDE, "same"), elsewhere.sum(0).astype(float)


def followed(profiles: Sequence[tuple[np.ndarray, np.ndarray]], side: float) -> bool:
    """Tell whether steps along both axes stand on lines about so many px apart."""
    longest = max(len(steps) for steps, _ in profiles)
    widths = np.linspace(side * (1 - NEAR), side * (1 + NEAR), max(9, int(2 * NEAR * longest / MOVED)))
    return bool(np.minimum(*(gains(*each, widths) for each in profiles)).max() > FOLLOWED)


def gains(steps: np.ndarray, sizes: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return for every width what the best lines so far apart hold of the steps beyond chance."""
    places, best = np.arange(len(steps)), []
    for width in widths:
        lines = np.arange(0.0, width, 0.5)[:, None] + width * np.arange(int(len(steps) / width))  # (phases, lines)
        held, size = (np.interp(lines, places, one).sum(1) / (one.sum() + TINY) for one in (steps, sizes))
        best.append((held - size).max())
    return np.array(best)
