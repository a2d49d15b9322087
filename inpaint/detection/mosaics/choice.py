"""Chooses between regions that share their place: the one that explains more of the picture's steps stays.

Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts mosaics rescaled`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inpaint.detection.mosaics.cells_explain import explained_as_well
from inpaint.detection.mosaics.found_region import FoundRegion

MOST_SHARED = 0.3  # of a region, that a better one may cover
MOST_COVERED = 0.7  # of a rescaled region, that one of whole pixels must cover to be as good an explanation
RESCALED_ADVANTAGE = 1.3  # times as much as cells of whole pixels must rescaled ones explain


def disjoint_regions(found: Sequence[FoundRegion], size: tuple[int, ...]) -> list[FoundRegion]:
    """Return the regions without those that lie mostly in a better one, the best first; size: of the picture."""
    kept: list[FoundRegion] = []
    covered = np.zeros(size, bool)
    for region in sorted(found, key=lambda region: -region.weight):
        pixels, part = region.pixels(), region.within(covered)
        if (part & pixels).sum() < MOST_SHARED * pixels.sum():
            part |= pixels
            kept.append(region)
    return kept


def better_regions(
    luma: np.ndarray, whole: Sequence[FoundRegion], rescaled: Sequence[FoundRegion]
) -> list[FoundRegion]:
    """Return regions of cells of whole pixels and rescaled ones; of those that share their place, the better.

    luma: (H, W), levels 0..255.  Cells of whole pixels are the likelier ones, so a rescaled region must explain clearly
    more than they do.
    """
    kept, left = list(whole), []
    for region in rescaled:
        own = np.zeros(luma.shape, bool)
        region.within(own)[:] = region.pixels()
        rivals = [other for other in kept if (other.within(own) & other.pixels()).any()]
        covering = [it for it in rivals if (it.within(own) & it.pixels()).sum() > MOST_COVERED * own.sum()]
        if any(explained_as_well(luma, region, it.grid) for it in covering):
            continue
        if region.weight > RESCALED_ADVANTAGE * sum(rival.weight for rival in rivals):
            left.append(region)
            kept = [other for other in kept if not any(other is rival for rival in rivals)]
    return kept + left
