"""Tells the blocks of a JPEG that was rescaled from the cells of a mosaic.

What: the blocks of a strongly compressed JPEG are eight pixels wide, or, where the picture was enlarged after it, so
many times more, and they lie all over the picture.  A grid whose lines go on elsewhere in the picture is theirs, unless
its cells are clear.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts clean rescaled`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inpaint.detection.mosaics.found_region import FoundRegion
from inpaint.detection.mosaics.grid_fitting import SOFT_LINE_WEIGHTS
from inpaint.detection.mosaics.proposals import LEAST_SHARPNESS_SUM
from inpaint.detection.mosaics.rescaled_proposals import soft_steps

CLEARER_THAN_BLOCKS = 0.75  # score of cells that no blocks of JPEG have
BLOCK_SIDES = (8.2, 26.0)  # px, least and largest side of blocks that show after rescaling
BLOCK_SHAPE_ERROR = 0.08  # share by which the sides of blocks may differ from a square's, or from several squares'
BLOCK_SIDE_ERROR = 0.05  # share by which the side of blocks may differ from that of the cells
LAST_LINE_MOVE = 0.5  # px that the last line moves by from one side that is tried to the next
FEWEST_SIDES_TRIED = 9
LEAST_STEPS_ON_LINES = 0.012  # of all steps, that stand on the lines beyond what chance puts there
LEAST_ELSEWHERE = 0.25  # of the picture, that must lie outside all regions to tell


def without_jpeg_blocks(luma: np.ndarray, found: Sequence[FoundRegion]) -> list[FoundRegion]:
    """Return the regions of a picture (H, W), levels 0..255, that are no blocks of JPEG."""
    doubtful = [region for region in found if region.score < CLEARER_THAN_BLOCKS and block_sides(region)]
    if not doubtful:
        return list(found)
    elsewhere = np.ones(luma.shape, bool)
    for region in found:
        region.within(elsewhere)[:] &= ~region.pixels()
    if elsewhere.mean() < LEAST_ELSEWHERE:
        return list(found)
    profiles = column_profile(luma.T, elsewhere.T), column_profile(luma, elsewhere)
    blocks = [it for it in doubtful if any(lines_go_on(profiles, side) for side in block_sides(it))]
    return [region for region in found if not any(region is it for it in blocks)]


def block_sides(region: FoundRegion) -> list[float]:
    """Return the sides of the blocks of JPEG that cells may be: one, several in a row, or a part of one."""
    low, high = (float(side) for side in sorted(region.grid.block))
    if abs(high / low - round(high / low)) > BLOCK_SHAPE_ERROR * high / low:
        return []
    return [side for side in dict.fromkeys((low, high)) if BLOCK_SIDES[0] < side < BLOCK_SIDES[1]]


def column_profile(luma: np.ndarray, elsewhere: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps of every column of a part of a picture, summed and smoothed, and how many px of it the part has.

    luma, elsewhere: (H, W), the picture and the part of it.
    """
    steps = soft_steps(np.ascontiguousarray(luma)) * elsewhere
    return np.convolve(steps.sum(0), SOFT_LINE_WEIGHTS, "same"), elsewhere.sum(0).astype(float)


def lines_go_on(profiles: Sequence[tuple[np.ndarray, np.ndarray]], side: float) -> bool:
    """Tell whether the steps along both axes stand on lines about `side` px apart."""
    longest = max(len(steps) for steps, _ in profiles)
    widths = np.linspace(
        side * (1 - BLOCK_SIDE_ERROR),
        side * (1 + BLOCK_SIDE_ERROR),
        max(FEWEST_SIDES_TRIED, int(2 * BLOCK_SIDE_ERROR * longest / LAST_LINE_MOVE)),
    )
    return bool(np.minimum(*(line_gains(*each, widths) for each in profiles)).max() > LEAST_STEPS_ON_LINES)


def line_gains(steps: np.ndarray, sizes: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return for every width the share of the steps that the best lines so far apart hold beyond chance.

    steps: of every column.  sizes: how many px of it count.  widths: px.
    """
    places, best = np.arange(len(steps)), []
    for width in widths:
        lines = np.arange(0.0, width, 0.5)[:, None] + width * np.arange(int(len(steps) / width))  # (phases, lines)
        held, size = (
            np.interp(lines, places, one).sum(1) / (one.sum() + LEAST_SHARPNESS_SUM) for one in (steps, sizes)
        )
        best.append((held - size).max())
    return np.array(best)
