"""Tell from samples alone how strongly a picture was once compressed as JPEG, whatever file they lie in now.

What a JPEG keeps are multiples of the steps of its table, so the cosine coefficients of its samples lie near multiples
still (Fan and de Queiroz, "Identification of Bitmap Compression History", 2003).  The grid must begin at the picture's
corner: of a crop or an enlargement no trace is found.
"""

from __future__ import annotations

import numpy as np

TRACED_BLOCK = 8  # px
JPEG_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as JPEG takes them
LOW_FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0))  # the lowest: of most blocks
STANDARD_STEPS = (11, 12, 12, 10, 14, 14, 13, 16, 14)  # of ISO 10918-1, annex K, luminance, at quality 50
SOUGHT_STEPS = np.arange(3, 122)  # sought; below, rounding to 8 bits hides them
FEWEST_VALUES, MOST_VALUES = 60, 400  # of a frequency, farther from 0 than half a step
NEAR_MULTIPLE = 0.12  # mean distance in steps; 0.25 by chance
FEWEST_FOUND = 4  # frequencies with a step
BLOCKS_LOOKED_AT = 3000
ENOUGH_BLOCKS, MOST_CUT_OFF = 300, 6  # where there are fewer, some pixels of a block may be cut off
COSINES = np.array(
    [
        [
            np.sqrt((1 if row == 0 else 2) / TRACED_BLOCK) * np.cos(np.pi * row * (2 * place + 1) / (2 * TRACED_BLOCK))
            for place in range(TRACED_BLOCK)
        ]
        for row in range(TRACED_BLOCK)
    ],
    np.float32,
)


def traced_quality(rgb: np.ndarray) -> float:
    """Return the quality, 1 to 100, of the JPEG that a picture, (H, W, 3) uint8, once was; 100 where none is traced."""
    blocks = _blocks(rgb)
    if len(blocks) < FEWEST_VALUES:
        return 100.0
    coefficients = COSINES @ blocks @ COSINES.T  # (N, 8, 8)
    scales = []
    for (row, column), standard in zip(LOW_FREQUENCIES, STANDARD_STEPS, strict=True):
        step = _step(np.abs(coefficients[:, row, column]))
        if step:
            scales.append(100 * step / standard)
    if len(scales) < FEWEST_FOUND:
        return 100.0
    scale = float(np.median(scales))
    return round(min(max(5000 / scale if scale > 100 else (200 - scale) / 2, 1.0), 99.0), 1)


def _blocks(rgb: np.ndarray) -> np.ndarray:
    """Return the luma of blocks that are not plain, evenly chosen, (N, 8, 8) float32.

    Blocks of which a colour is cut off at 0 or 255 are left out where there are enough others: what lay beyond is lost.
    """
    height, width = (side // TRACED_BLOCK for side in rgb.shape[:2])
    tiles = (
        rgb[: height * TRACED_BLOCK, : width * TRACED_BLOCK]
        .reshape(height, TRACED_BLOCK, width, TRACED_BLOCK, 3)
        .swapaxes(1, 2)
    )
    tiles = tiles.reshape(-1, TRACED_BLOCK, TRACED_BLOCK, 3)
    tiles = tiles[:: max(1, len(tiles) // BLOCKS_LOOKED_AT)]
    luma = tiles.astype(np.float32) @ np.array(JPEG_LUMA, np.float32)
    busy = np.ptp(luma, axis=(1, 2)) > 2
    cut_off = ((tiles < 2) | (tiles > 253)).any(axis=3).sum(axis=(1, 2))
    chosen = busy & (cut_off == 0)
    return luma[chosen if chosen.sum() >= ENOUGH_BLOCKS else busy & (cut_off <= MOST_CUT_OFF)] - 128


def _step(values: np.ndarray) -> int:
    """Return the largest step of whose multiples the values lie near; 0 where there is none."""
    values = values[values > SOUGHT_STEPS[0] / 2]
    values = values[:: max(1, len(values) // (4 * MOST_VALUES))]
    for step in SOUGHT_STEPS[::-1].tolist():
        told = values[values > step / 2][:MOST_VALUES] / step
        if len(told) >= FEWEST_VALUES and float(np.abs(told - np.rint(told)).mean()) < NEAR_MULTIPLE:
            return step
    return 0
