"""What detection must not take for a mosaic: JPEG's blocks of eight by eight pixels, each a little off in colour."""

from __future__ import annotations

import numpy as np

JPEG_BLOCK = 8  # px, side of a block
EDGE_STEP = 20  # levels; more is an edge of the picture, and counts no more than this
BLOCKS_STAND_OUT = 0.1  # share by which steps between blocks must exceed those of other columns
LEAST_BLOCK_STEP = 0.05  # levels by which they must exceed them besides


def jpeg_blocks_show(across: np.ndarray, down: np.ndarray) -> bool:
    """Tell whether most lines between blocks of JPEG stand out along both axes; steps (H, W) each.

    Of shapes a few lines stand out, which may lie so by chance in a small picture.
    """
    return all(most_lines_stand_out(steps) for steps in (across, down.T))


def most_lines_stand_out(plain: np.ndarray) -> bool:
    """Tell whether the usual step over the lines between blocks is larger than over others; plain: steps (H, W)."""
    first = first_block_column(plain)
    if first is None:
        return False
    mean = np.minimum(plain, EDGE_STEP).mean(0)[JPEG_BLOCK:]
    own = np.arange(len(mean)) % JPEG_BLOCK == first
    return bool(np.median(mean[own]) > (1 + BLOCKS_STAND_OUT) * np.median(mean[~own]) + LEAST_BLOCK_STEP)


def first_block_column(plain: np.ndarray) -> int | None:
    """Return at which of eight columns the blocks of JPEG begin, None where none stands out; plain: steps (H, W)."""
    mean = np.minimum(plain, EDGE_STEP).mean(0)[JPEG_BLOCK:]
    if len(mean) < 2 * JPEG_BLOCK:
        return None
    columns = np.array([mean[start::JPEG_BLOCK].mean() for start in range(JPEG_BLOCK)])
    first = int(columns.argmax())
    others = (columns.sum() - columns[first]) / (JPEG_BLOCK - 1)
    return first if columns[first] - others > BLOCKS_STAND_OUT * others + LEAST_BLOCK_STEP else None
