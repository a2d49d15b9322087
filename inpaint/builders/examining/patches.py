"""Cut the informative places of a picture into square patches, at several scales.

Every scale is laid out on its own grid whose cells are at least as large as a patch; the patch sits at a random
place within its cell, so patches of one scale never overlap.  The scales take turns, best place first.  A place
is worth the mean of log(1 + gradient) over its cells: detail that is spread over the patch counts for more than
one strong edge on a flat ground.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.builders.likeness.fingerprints import TWIN, fingerprint_of

DETAIL_CELLS = 16  # per side of a patch, in which detail is counted
DETAILED_GRADIENT = (
    2.0  # mean gradient of a cell, gray levels per pixel, above which it is not flat; JPEG noise stays below
)
DETAILED_SHARE = 0.4  # of the cells that a patch needs
RAISED_SCALE = 0.75  # of the scale before, up to which a raised scale shows something else


class CutPatch(NamedTuple):
    """A patch and where it was cut."""

    pixels: np.ndarray  # (size, size, 3) uint8 RGB
    box: tuple[int, int, int, int]  # y, x, height, width in pixels of the picture
    scale: float  # of the picture when it was cut
    worth: float


def cut_patches(picture: np.ndarray, *, size: int, most: int, scales: Sequence[float], key: tuple) -> list[CutPatch]:
    """Return at most `most` patches, the scales taking turns; none where the picture has no detail.

    picture: (H, W, 3) uint8 RGB.  `key` decides the places.  Places that are flat or look like one already taken
    are passed over.
    """
    ranked = [
        sorted(_places(picture, size, scale, key), key=lambda place: -place.worth)
        for scale in _fitting(scales, least=size / min(picture.shape[:2]))
    ]
    taken: list[CutPatch] = []
    looks: list[int] = []
    while any(ranked) and len(taken) < most:
        for places in ranked:
            while places and len(taken) < most:
                place = places.pop(0)
                look = int.from_bytes(fingerprint_of(_gray(place.pixels)).bits, "big")
                if all((look ^ other).bit_count() > TWIN.bits for other in looks):
                    taken.append(place)
                    looks.append(look)
                    break
    return taken


def _fitting(scales: Sequence[float], least: float) -> list[float]:
    """Return the scales, largest first; one at which no patch fits is raised to `least`, where just one does.

    So a portrait of twice the patch size is also seen as a whole.  A raised scale that is nearly the one before it
    would only repeat its patches and is left out.
    """
    fitting: list[float] = []
    for scale in sorted(scales, reverse=True):
        if scale >= least or least <= RAISED_SCALE * min(fitting, default=1.0):
            fitting.append(max(scale, least))
    return fitting


def _places(picture: np.ndarray, size: int, scale: float, key: tuple) -> Iterator[CutPatch]:
    """Yield every place with detail on the jittered grid of one scale."""
    from inpaint.randomness import rng_for  # brings in torch, which takes a second: a wrong folder is told before that

    height, width = (round(side * scale) for side in picture.shape[:2])
    scaled = _resized(picture, (height, width))
    rng = rng_for(*key, str(scale))
    for y, x in _corners((height, width), size, rng):
        pixels = scaled[y : y + size, x : x + size]
        share, worth = _detail(pixels)
        if share >= DETAILED_SHARE:
            yield CutPatch(pixels, _box(y, x, size, (height, width), picture.shape), scale, worth)


def _corners(shape: tuple[int, int], size: int, rng) -> Iterator[tuple[int, int]]:
    """Yield the top left corner of a patch at a random place in each cell of the grid."""
    from inpaint.randomness import integer

    rows, columns = shape[0] // size, shape[1] // size
    for row in range(rows):
        top, below = row * shape[0] // rows, (row + 1) * shape[0] // rows
        for column in range(columns):
            left, right = column * shape[1] // columns, (column + 1) * shape[1] // columns
            yield integer(rng, top, below - size), integer(rng, left, right - size)


def _box(y: int, x: int, size: int, scaled: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return y, x, height, width in pixels of the picture; both edges are rounded, so the box stays inside."""
    top, bottom = (round(edge * shape[0] / scaled[0]) for edge in (y, y + size))
    left, right = (round(edge * shape[1] / scaled[1]) for edge in (x, x + size))
    return top, left, bottom - top, right - left


def _detail(pixels: np.ndarray) -> tuple[float, float]:
    """Return the share of cells with detail, and the worth of the place."""
    gray = _gray(pixels).astype(np.float32)
    gradient = np.abs(np.diff(gray, axis=0, append=gray[-1:])) + np.abs(np.diff(gray, axis=1, append=gray[:, -1:]))
    cells = cv2.resize(gradient, (DETAIL_CELLS, DETAIL_CELLS), interpolation=cv2.INTER_AREA)
    return float((cells > DETAILED_GRADIENT).mean()), float(np.log1p(cells).mean())


def _gray(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)


def _resized(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the picture shrunk by area averaging, or itself at its own size."""
    if picture.shape[:2] == shape:
        return picture
    return cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_AREA)
