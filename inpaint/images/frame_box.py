"""The part of an animation that a frame draws: the box around what differs from the frame before."""

from __future__ import annotations

import numpy as np

FrameBox = tuple[int, int, int, int]  # left, top, width, height; px


def box_around_pixels(chosen: np.ndarray) -> FrameBox:
    """Return the box around the chosen pixels (H, W) bool; one pixel where there are none."""
    if not chosen.any():
        return 0, 0, 1, 1
    rows, columns = np.flatnonzero(chosen.any(axis=1)), np.flatnonzero(chosen.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1


def box_around_changes(before: np.ndarray, after: np.ndarray) -> FrameBox:
    """Return the box around what differs between two frames of samples (H, W) or (H, W, C); one pixel at least."""
    if before.shape != after.shape:
        return 0, 0, after.shape[1], after.shape[0]
    different = before != after
    return box_around_pixels(different.any(axis=2) if different.ndim == 3 else different)


def pixels_in_box(box: FrameBox) -> tuple[slice, slice]:
    """Return the rows and columns of a box."""
    left, top, width, height = box
    return slice(top, top + height), slice(left, left + width)
