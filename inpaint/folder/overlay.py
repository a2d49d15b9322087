"""Pictures of pictures: what was found or marked, drawn over a picture, and the thumbnails of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from inpaint import images
from inpaint.detection.censored import Censored
from inpaint.images.writing import encode
from inpaint.mosaic.lattice import Lattice, sides_in_words
from inpaint.mosaic.whole_grid import Grid
from inpaint.tiling import Box

if TYPE_CHECKING:
    from inpaint.restoring.repair import RepairWindow

COLOUR_OF = {
    "mosaic": (0, 160, 255),
    "blur": (255, 160, 0),
    "layer": (160, 255, 0),
    "hole": (255, 0, 160),
}  # that pictures seldom hold
THUMBNAIL_CONTEXT = 48  # px around the place that a thumbnail shows
REGION_THUMBNAIL_SIDE = 240  # px, at most
TINT = 0.4  # share of the colour that a damaged place is tinted with
LOWEST_BASELINE = 12  # px; a word higher up would leave the picture


def levels(picture: images.Picture) -> np.ndarray:
    """Return a picture's colours as (3, H, W) uint8, without a copy where they have 8 bits."""
    channels = images.eight_bits(picture.colour).transpose(2, 0, 1)
    return np.broadcast_to(channels, (3, *channels.shape[1:]))


def canvas_of(picture: images.Picture) -> np.ndarray:
    """Return a picture's colours as (H, W, 3) uint8 of their own memory, to draw on."""
    return np.array(levels(picture).transpose(1, 2, 0), order="C")


def draw_found(canvas: np.ndarray, found: Sequence[Censored]) -> None:
    """Outline regions on a picture (H, W, 3) in place, mosaics with their block, as wide as suits its size."""
    wide = max(1, max(canvas.shape[:2]) // 600)
    for region in found:
        outlines = [np.array(outline)[:, None, ::-1].astype(np.int32) for outline in outlines_of(region)]
        cv2.drawContours(canvas, outlines, -1, COLOUR_OF[region.censor], wide)
        draw_word(canvas, word_for(region.grid) or "bar", (region.top, region.left), region.censor, wide)


def outlines_of(region: Censored) -> list[list[list[int]]]:
    """Return the outlines of a region in its picture, each a list of [y, x]; corners only."""
    outlines, _ = cv2.findContours(region.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [[[int(y) + region.top, int(x) + region.left] for x, y in outline[:, 0]] for outline in outlines]


def overlay(picture: images.Picture, windows: Sequence[RepairWindow]) -> images.Picture:
    """Return the picture (8-bit RGB) with every damaged place tinted and outlined, a mosaic named by its block."""
    drawn = canvas_of(picture)
    for window in windows:
        part = drawn[window.box.slices]
        for damage in window.damage:
            mask, colour = damage.mask[0].numpy().astype(np.uint8), COLOUR_OF[damage.censor]  # (h, w)
            tinted = (part.astype(np.float32) * (1 - TINT) + np.array(colour, np.float32) * TINT).astype(np.uint8)
            part[mask > 0] = tinted[mask > 0]
            outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
            canvas = part.copy()  # OpenCV wants its own memory
            cv2.drawContours(canvas, outlines, -1, colour, 1)
            if damage.grid is not None:
                y, x = (int(places.min()) for places in np.nonzero(mask))
                draw_word(canvas, word_for(damage.grid), (y, x), damage.censor)
            part[:] = canvas
    return images.Picture(drawn)


def word_for(grid: Grid | Lattice | None) -> str:
    """Return the sides of a mosaic's cell in short, "" for none."""
    return sides_in_words(grid).replace(" ", "") if grid else ""


def draw_word(canvas: np.ndarray, word: str, corner: tuple[int, int], censor: str, wide: int = 1) -> None:
    """Write a word above the upper left corner (y, x) of a place, in place."""
    place = corner[1], max(corner[0] - 4 * wide, LOWEST_BASELINE)
    cv2.putText(canvas, word, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * wide, COLOUR_OF[censor], wide, cv2.LINE_AA)


def thumbnail(picture: images.Picture, windows: Sequence[RepairWindow]) -> bytes:
    """Return the surroundings of the largest damaged place as a small JPEG."""
    largest = max(windows, key=lambda window: float(window.mask.sum()))
    rows, columns = (np.nonzero(largest.mask[0].numpy().any(axis))[0] for axis in (1, 0))
    top, left = largest.box.top + int(rows[0]), largest.box.left + int(columns[0])
    box = Box(top, left, largest.box.top + int(rows[-1]) + 1, largest.box.left + int(columns[-1]) + 1)
    part = canvas_of(images.Picture(picture.colour[box.grown(THUMBNAIL_CONTEXT, picture.size).slices]))
    scale = min(1.0, REGION_THUMBNAIL_SIDE / max(part.shape[:2]))
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    return encode(images.Picture(cv2.resize(part, size, interpolation=cv2.INTER_AREA)), "JPEG", 80)[0]
