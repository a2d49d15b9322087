"""Annotations of pictures that EXIF turns: some tools show the stored pixels, some the turned ones.

Which of both was annotated is told by the size that the annotations give.  Where that cannot tell it is asked for.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from inpaint.builders.annotations.region import AnnotatedRegion, Runs
from inpaint.builders.annotations.runs import mask_from_runs, runs_from_mask

ORIENTATION_TAG = 0x0112
SIDES_SWAPPED = (5, 6, 7, 8)  # orientations that make a portrait of a landscape


def exif_orientation(data: bytes) -> int:
    """Return the orientation, 1 to 8, that a picture file asks for; 1 where it says nothing."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            found = opened.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # decoders raise nearly everything when a file is damaged; reading it will tell
        return 1
    return found if found in range(1, 9) else 1


def as_shown(
    regions: Sequence[AnnotatedRegion], orientation: int, size: tuple[int, int], frame: str
) -> list[AnnotatedRegion]:
    """Return regions as they lie on the picture that is shown, (height, width).

    frame: "shown" or "stored", what the annotations are for, or "auto", which their sizes tell.  Raises ValueError
    where these do not.
    """
    if orientation == 1 or not regions or frame == "shown":
        return list(regions)
    if frame == "auto":
        told = {_told(region, orientation, size) for region in regions}
        if told == {"shown"}:
            return list(regions)
        if told != {"stored"}:
            raise ValueError(
                f"its EXIF orientation is {orientation}, and its annotations do not tell whether they are for the "
                "stored or for the turned picture: set annotations.frame to stored or to shown"
            )
    stored = (size[1], size[0]) if orientation in SIDES_SWAPPED else size
    return [_turned(region, orientation, stored) for region in regions]


def _told(region: AnnotatedRegion, orientation: int, size: tuple[int, int]) -> str:
    frame = region.pixels.size if isinstance(region.pixels, Runs) else region.frame
    if frame is None or frame == (1.0, 1.0) or orientation not in SIDES_SWAPPED or frame[0] == frame[1]:
        return "unknown"
    return "shown" if (frame[0] > frame[1]) == (size[0] > size[1]) else "stored"


def _turned(region: AnnotatedRegion, orientation: int, stored: tuple[int, int]) -> AnnotatedRegion:
    if isinstance(region.pixels, Runs):
        mask = mask_from_runs(region.pixels)
        turned = {
            2: mask[:, ::-1],
            3: mask[::-1, ::-1],
            4: mask[::-1],
            5: mask.T,
            6: np.rot90(mask, -1),
            7: mask[::-1, ::-1].T,
            8: np.rot90(mask),
        }[orientation]
        return region._replace(pixels=runs_from_mask(turned))
    if region.pixels is not None:
        return region  # a mask image has EXIF, or the size, of its own
    height, width = region.frame or (float(stored[0]), float(stored[1]))
    rings = tuple(tuple(_point(y, x, orientation, height, width) for y, x in ring) for ring in region.rings)
    if region.kind == "box":
        (y0, x0), (y1, x1) = rings[0]
        rings = (((min(y0, y1), min(x0, x1)), (max(y0, y1), max(x0, x1))),)
    frame = (width, height) if orientation in SIDES_SWAPPED else (height, width)
    return region._replace(rings=rings, frame=frame)


def _point(y: float, x: float, orientation: int, height: float, width: float) -> tuple[float, float]:
    """Return where a point of the stored frame is shown.  Source: EXIF 2.3, tag 0x0112."""
    return {
        2: (y, width - x),
        3: (height - y, width - x),
        4: (height - y, x),
        5: (x, y),
        6: (x, height - y),
        7: (width - x, height - y),
        8: (width - x, y),
    }[orientation]
