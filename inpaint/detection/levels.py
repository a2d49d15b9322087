"""A picture in the levels 0..255 that detection counts in.

Detection takes tensors and arrays alike, and works on arrays: where no network runs, torch is never imported, which
takes a second and more memory than a large picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

CACHED_ROWS = 32  # of a tile, that are worked on at once
SearchedImage: TypeAlias = Union[np.ndarray, "Tensor"]  # (3, H, W), uint8 or floating point in [0, 1]


def as_array(image: SearchedImage) -> np.ndarray:
    """Return the same numbers as an array, without a copy where they lie in the memory of the processor."""
    return image if isinstance(image, np.ndarray) else image.cpu().numpy()


def as_levels(image: SearchedImage) -> np.ndarray:
    """Return a picture (3, H, W) as (H, W, 3) uint8."""
    levels = as_array(image)
    if levels.dtype != np.uint8:
        levels = (levels.clip(0, 1) * 255).round().astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(1, 2, 0))


def luma_of(image: SearchedImage) -> np.ndarray:
    """Return the luma of a picture (3, H, W), uint8 or in [0, 1], as (H, W) float32 in levels 0..255."""
    levels = as_array(image)
    luma = np.empty(levels.shape[1:], np.float32)
    for rows in row_bands(len(luma)):
        red, green, blue = (channel.astype(np.float32) for channel in levels[:, rows])
        band = 0.299 * red + 0.587 * green + 0.114 * blue
        luma[rows] = band if levels.dtype == np.uint8 else band * 255
    return luma


def row_bands(height: int) -> Iterator[slice]:
    """Yield rows that are worked on at once, few enough for the cache: large arrays are slow to make and to fill."""
    return (slice(top, top + CACHED_ROWS) for top in range(0, height, CACHED_ROWS))
