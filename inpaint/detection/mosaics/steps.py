"""How much every pixel of a picture differs from the pixels beside it: what all that follows is measured in.

A step is the difference, in levels 0..255, between a pixel and the one to its left (or above).  It is sharp where it
stands out from the steps beside it, as on the line between two flat cells; a soft edge of a natural picture is not.
Source: our own.  The levels of noise below were chosen with `scripts/bench_detection.py --parts mosaics clean`.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.jpeg import JPEG_BLOCK, first_block_column
from inpaint.detection.levels import row_bands

NOISE_STEP = 2.0  # levels; a step as faint as this counts half
JPEG_NOISE_STEP = 5.0  # levels; the same where the picture shows blocks of JPEG
JPEG_BLOCK_STEP = 8.0  # levels; blocks of JPEG may differ by that much from their neighbours


class Steps(NamedTuple):
    """How every pixel differs from the one to its left (or above), each (H, W) float32."""

    plain: np.ndarray  # in levels
    sharp: np.ndarray  # in [0, 1]: how far the step stands out from those beside it


class SearchedPicture(NamedTuple):
    """The luma of a picture, or of a tile of it, and its steps, each (H, W) in levels 0..255."""

    luma: np.ndarray
    across: np.ndarray  # step from the pixel to the left
    down: np.ndarray  # step from the pixel above
    across_sums: np.ndarray  # (H + 1, W + 1) of all steps above and to the left of a place: a box is four of them
    down_sums: np.ndarray


def with_sums(luma: np.ndarray, across: np.ndarray, down: np.ndarray) -> SearchedPicture:
    """Return a picture and its steps with their sums; all (H, W)."""
    return SearchedPicture(luma, across, down, cv2.integral(across), cv2.integral(down))


def searched_picture(luma: np.ndarray) -> tuple[SearchedPicture, tuple[Steps, Steps]]:
    """Return a picture with its steps, and these once more: along rows, and along columns, which are transposed.

    luma: (H, W), levels 0..255.
    """
    across, down = steps_along_rows(luma), steps_along_rows(cv2.transpose(luma))
    return with_sums(luma, across.plain, cv2.transpose(down.plain)), (across, down)


def steps_along_rows(luma: np.ndarray) -> Steps:
    """Return the steps along rows.  luma: (H, W) float32, levels 0..255."""
    plain, isolated = np.zeros_like(luma), np.zeros_like(luma)
    for rows in row_bands(len(luma)):
        np.subtract(luma[rows, 1:], luma[rows, :-1], out=plain[rows, 1:])
        np.abs(plain[rows], out=plain[rows])
    column = first_block_column(plain)
    for rows in row_bands(len(luma)):
        steps, stands_out = plain[rows], isolated[rows]
        inner = stands_out[:, 1:-1]
        np.maximum(steps[:, :-2], steps[:, 2:], out=inner)
        np.subtract(steps[:, 1:-1], inner, out=inner)
        np.maximum(inner, 0, out=inner)
        if column is not None:
            on_blocks = stands_out[:, column::JPEG_BLOCK]
            on_blocks[:] = np.maximum(on_blocks - JPEG_BLOCK_STEP, 0)
        stands_out /= steps + (NOISE_STEP if column is None else JPEG_NOISE_STEP)
    return Steps(plain, isolated)
