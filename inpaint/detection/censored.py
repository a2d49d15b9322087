"""Finds everything in a picture that is censored and that nobody marked: mosaics, bars, blobs, and translucent bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from inpaint.detection.bars import find_bars
from inpaint.detection.layers import TranslucentLayer
from inpaint.detection.levels import SearchedImage
from inpaint.detection.mosaics.search import place_mosaics
from inpaint.detection.translucent_bars import find_layered_bars
from inpaint.mosaic.lattice import Lattice
from inpaint.mosaic.whole_grid import Grid

if TYPE_CHECKING:
    from torch import Tensor


class Censored(NamedTuple):
    """One censored region."""

    censor: str  # "mosaic", "hole" or "layer", as restorers call them
    grid: Grid | Lattice | None  # of a mosaic; a lattice where its cells are no whole pixels
    colour: tuple[int, int, int] | None  # of a bar, 8-bit levels
    top: int  # of the mask in the picture
    left: int
    mask: np.ndarray  # (h, w) bool
    score: float  # in (0, 1]
    layer: TranslucentLayer | None = None  # that lets the picture be seen


def find_censored(image: SearchedImage, *, progress: Callable[[int, int], None] | None = None) -> list[Censored]:
    """Return the censored regions of a picture (3, H, W), uint8 or in [0, 1]: mosaics first; masks are disjoint.

    progress gets the number of parts of the picture that were searched, and of all.
    """
    mosaics = place_mosaics(image, progress=progress)
    taken = np.zeros(image.shape[-2:], bool)
    found = []
    for mosaic in mosaics:
        taken[mosaic.top :, mosaic.left :][: mosaic.mask.shape[0], : mosaic.mask.shape[1]] |= mosaic.mask
        found.append(Censored("mosaic", mosaic.grid, None, mosaic.top, mosaic.left, mosaic.mask, mosaic.score))
    for bar in find_bars(image, taken):
        here = taken[bar.top : bar.top + bar.mask.shape[0], bar.left : bar.left + bar.mask.shape[1]]
        own = bar.mask & ~here
        here |= own
        found.append(Censored("hole", None, bar.colour, bar.top, bar.left, own, bar.score))
    for bar in find_layered_bars(image, taken):
        mask = np.ones(bar.size, bool)
        found.append(Censored("layer", None, None, bar.top, bar.left, mask, bar.score, bar.layer))
    return found


def mask_of(found: Sequence[Censored], size: tuple[int, int]) -> Tensor:
    """Return one mask (1, H, W) of all regions in a picture of (height, width)."""
    import torch

    mask = torch.zeros(1, *size)
    for region in found:
        height, width = region.mask.shape
        part = mask[0, region.top : region.top + height, region.left : region.left + width]
        part[torch.from_numpy(region.mask)] = 1
    return mask
