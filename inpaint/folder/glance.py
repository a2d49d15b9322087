"""Pictures of pictures: what a dry run found, drawn over it, and the thumbnails of a report."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from inpaint import images
from inpaint.images.writing import encode
from inpaint.mosaic.lattice import sides_in_words
from inpaint.restoring.repair import Window
from inpaint.tiling import Box

HOLE, MOSAIC = (255, 0, 160), (0, 160, 255)  # colours that pictures seldom hold
AROUND = 48  # px of context in a thumbnail
SIDE = 240  # px, of a thumbnail at most


def overlay(picture: images.Picture, windows: Sequence[Window]) -> images.Picture:
    """Return the picture (8-bit RGB) with every damaged place tinted and outlined, a mosaic named by its block."""
    drawn = levels(picture.colour)
    for window in windows:
        part = drawn[window.box.slices]
        for damage in window.damage:
            mask = damage.mask[0].numpy().astype(np.uint8)  # (h, w)
            colour = HOLE if damage.censor == "hole" else MOSAIC
            tinted = (part.astype(np.float32) * 0.6 + np.array(colour, np.float32) * 0.4).astype(np.uint8)
            part[mask > 0] = tinted[mask > 0]
            outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            canvas = part.copy()  # OpenCV wants its own memory
            cv2.drawContours(canvas, outlines, -1, colour, 1)
            if damage.grid is not None:
                name(canvas, mask, sides_in_words(damage.grid).replace(" ", ""), colour)
            part[:] = canvas
    return images.Picture(drawn)


def name(canvas: np.ndarray, mask: np.ndarray, text: str, colour: tuple[int, int, int]) -> None:
    """Write a word at the upper left corner of what is masked."""
    y, x = (int(places.min()) for places in np.nonzero(mask))
    cv2.putText(canvas, text, (x, max(y - 4, 12)), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)


def thumbnail(picture: images.Picture, windows: Sequence[Window]) -> bytes:
    """Return the surroundings of the largest damaged place as a small JPEG."""
    largest = max(windows, key=lambda window: float(window.mask.sum()))
    rows, columns = (np.nonzero(largest.mask[0].numpy().any(axis))[0] for axis in (1, 0))
    top, left = largest.box.top + int(rows[0]), largest.box.left + int(columns[0])
    box = Box(top, left, largest.box.top + int(rows[-1]) + 1, largest.box.left + int(columns[-1]) + 1)
    part = levels(picture.colour[box.grown(AROUND, picture.size).slices])
    scale = min(1.0, SIDE / max(part.shape[:2]))
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    return encode(images.Picture(cv2.resize(part, size, interpolation=cv2.INTER_AREA)), "JPEG", 80)[0]


def levels(colour: np.ndarray) -> np.ndarray:
    """Return colours (H, W, 1 or 3) as 8-bit RGB of their own memory."""
    eight = images.eight_bits(colour)
    return np.ascontiguousarray(np.broadcast_to(eight, (*eight.shape[:2], 3)).copy())
