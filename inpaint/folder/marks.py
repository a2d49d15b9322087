"""What to say of paint: where there is none, or where some of it was left."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inpaint import images
from inpaint.detection.colour import has_hue, likely_paint, near_misses
from inpaint.folder.paint import SAME_PAINT, visible_colours

# Fewer near misses than this share of the painted pixels are not worth a word.
NOTED_SHARE = 0.01


def nothing_painted(file: Path, picture: images.Picture, colour: tuple[int, int, int], tolerance: int) -> str:
    """Say that nothing has the marking colour, and what nearly has, or what else looks like paint."""
    rule = "exactly" if tolerance == 0 else f"within tolerance {tolerance} of"
    sentence = f"no pixel of {file} is {rule} {colour}"
    shown = visible_colours(picture, colour)
    near = near_misses(shown, colour, tolerance=tolerance)
    likely = likely_paint(shown, colour) if near is None or near.tolerance > SAME_PAINT else None
    if likely is not None:
        flag = f"--colour {','.join(map(str, likely.colour))}"
        flag += f" --tolerance {likely.tolerance}" if likely.tolerance else ""
        return f"{sentence}, but {likely.count} pixels look like paint of {likely.colour}: if so, use {flag}"
    if near is not None:
        return (
            f"{sentence}; {near.count} pixels are within tolerance {near.tolerance}, most often {near.colour}: "
            f"use --tolerance {near.tolerance}"
        )
    return f"{sentence}, nor near it: paint what shall be restored in that colour, without soft edges"


def half_painted(
    picture: images.Picture, colour: tuple[int, int, int], tolerance: int, marked: np.ndarray, *, beside: int = 0
) -> str | None:
    """Say where paint was left out because it is only nearly of the colour, as JPEG and soft brushes make it.

    marked: (H, W) bool.  beside: px around it in which nothing is left, for holes grow as far as paint reaches.
    """
    taken = marked
    if beside:
        taken = cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, 5) <= beside
    near = near_misses(visible_colours(picture, colour), colour, tolerance=tolerance, marked=taken)
    count = int(marked.sum())
    if near is None or near.count < NOTED_SHARE * count or (beside and not has_hue(colour)):
        return None  # shadows and lights are nearly black and white, and no paint
    return (
        f"{count} pixels are marked, but {near.count} more nearly are, most often {near.colour}, and were kept: "
        f"--tolerance {near.tolerance} restores them too"
    )
