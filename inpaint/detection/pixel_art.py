"""Tells whether a whole picture is pixel art: drawn at a low resolution and enlarged without smoothing.

What: all its edges lie on the lines of one grid, so its flat parts are its own and no bars that were laid over it.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts traps pages`.
"""

from __future__ import annotations

import numpy as np

EDGE_LEVELS = 24  # levels between pixels that touch, that make an edge
SMALLEST_PIXEL, LARGEST_PIXEL = 3, 16  # px
LEAST_ON_LINES = 0.75  # share of the edges, along each axis


def is_pixel_art(levels: np.ndarray) -> bool:
    """Tell whether the edges of a picture (H, W, 3) uint8 lie on the lines of one grid, in both directions."""
    return all(most_on_lines(levels, axis) >= LEAST_ON_LINES for axis in (0, 1))


def most_on_lines(levels: np.ndarray, axis: int) -> float:
    """Return the share of the edges across an axis that lie on the lines of the best grid, 0 where there are none."""
    steps = np.abs(np.diff(levels.astype(np.int16), axis=axis)).max(2) >= EDGE_LEVELS
    edges = steps.sum(1 - axis)
    total = int(edges.sum())
    if not total:
        return 0.0
    periods = range(SMALLEST_PIXEL, min(LARGEST_PIXEL, len(edges)) + 1)
    return max(int(edges[first::period].sum()) for period in periods for first in range(period)) / total
