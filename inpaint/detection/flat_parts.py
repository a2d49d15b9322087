"""Finds the parts of a picture that have one colour and the shape of a bar or a blob: the candidates of `bars`.

A bar is a rectangle, upright or tilted; a blob is any other convex shape.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts bars clean traps`.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.jpeg import JPEG_BLOCK

LETTERBOX_SIDE = 0.9  # of a side of the picture, that a letterbox covers
# The colour, in 8-bit levels of the channel that differs most:
# That neighbours in a bar and its middle may differ by: as it was painted, and as JPEGs leave it.
BAR_STEPS, EXACT_COLOURS = (3, 7, 14), (2, 5, 8)
EXACT_COLOUR, NEAR_COLOUR, SOFT_EDGE_COLOUR = 2, 6, 32  # from the bar's: in its middle, surely in it, at its soft edge
LINE_INSIDE, THICK_LINE_INSIDE = 5, 11  # px; lines whose even inside is thinner part nothing: in a drawing, of ink
RINGING_COLOUR = 16  # from the bar's: where a JPEG made it ring
LEAST_OF_ITS_COLOUR = 0.9  # share of a bar's pixels
LEAST_FLAT_IN_BAR, LEAST_FLAT_IN_BLOB = 0.1, 0.3  # share of pixels that are like their neighbours
# The shape:
LEAST_BAR_AREA, LEAST_BAR_DEPTH = 300, 4.0  # px, and px from the edge to the middle
LEAST_THICKNESS = 9  # px; bars that are thinner must be long, of one exact colour, and over what varies much
LEAST_THIN_AREA, LEAST_THIN_DEPTH, LEAST_THIN_ASPECT, LEAST_EXACT_IN_THIN = 160, 1.9, 5.0, 0.97
LEAST_NEAR_IN_THIN = 0.9  # share of their inside that is near their colour, where a JPEG made the outline ring
LEAST_CONVEX, LEAST_CONVEX_IF_UNEVEN = 0.93, 0.95  # share of the convex hull that is filled; of a blob in a JPEG
LEAST_RECTANGULAR = 0.89  # share of the closest rectangle, a pixel larger, that a bar fills; of thin ones .92 is all


class FlatPart(NamedTuple):
    """A part of one colour."""

    colour: np.ndarray  # (3,) uint8
    top: int
    left: int
    mask: np.ndarray  # (h, w) uint8
    straight: bool
    exact: bool = True  # as even as paint is where no JPEG has blurred it
    rings: bool = False  # thin, and of one colour but for its outline


def flat_parts(levels: np.ndarray, *, drawn: bool = False, inked: bool = False) -> list[FlatPart]:
    """Return the convex parts of one colour of a picture (H, W, 3), the likeliest first; they may overlap.

    drawn: the picture is a drawing, whose lines run into parts of their colour: these are looked for without them, too.
    inked: it is one of ink on paper, whose thick lines are left out as well.
    """
    lines = (LINE_INSIDE,) * drawn + (THICK_LINE_INSIDE,) * inked
    spread, parts = spread_of(levels), []
    for step, exact in zip(BAR_STEPS, EXACT_COLOURS, strict=True):
        even = (spread <= step).astype(np.uint8)
        parts += parts_of_map(levels, even, exact)
        for side in lines:
            parts += parts_of_map(levels, cv2.morphologyEx(even, cv2.MORPH_OPEN, np.ones((side, side))), exact)
    return sorted(parts, key=lambda part: (part.straight, int(part.mask.sum())), reverse=True)


def parts_of_map(levels: np.ndarray, even: np.ndarray, exact: int) -> list[FlatPart]:
    """Return the parts whose pixels are like their neighbours; exact: levels from the colour of their middle.

    even: (H, W) uint8, 1 where a pixel is like those around it.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4)
    parts = []
    for index, (left, top, width, height, area) in enumerate(stats.tolist()):
        small = area < LEAST_THIN_AREA / 4 or min(width, height) < LEAST_THIN_DEPTH
        if index == 0 or small or lies_along_side(left, top, width, height, levels):
            continue
        inside = labels[top : top + height, left : left + width] == index
        colour = np.median(levels[top : top + height, left : left + width][inside], 0).astype(np.uint8)
        reach = JPEG_BLOCK + max(width, height)  # JPEG may have cut a thin bar's even core in two
        box = max(top - reach, 0), max(left - reach, 0), top + height + reach, left + width + reach
        parts += bar_shaped_parts(levels, labels, index, box, colour, exact)
    return parts


def lies_along_side(left: int, top: int, width: int, height: int, levels: np.ndarray) -> bool:
    """Tell whether a box lies along a whole side of the picture, as letterboxes and plain grounds do."""
    wide, high = width > LETTERBOX_SIDE * levels.shape[1], height > LETTERBOX_SIDE * levels.shape[0]
    above, beside = top <= 1 or top + height >= levels.shape[0] - 1, left <= 1 or left + width >= levels.shape[1] - 1
    return (wide and above) or (high and beside)


def bar_shaped_parts(
    levels: np.ndarray, labels: np.ndarray, index: int, box: tuple[int, ...], colour: np.ndarray, exact: int
) -> list[FlatPart]:
    """Return the bars or blobs that a flat part belongs to: at most one with a sharp edge and one with a soft one.

    labels: (H, W), numbers of the flat parts.  index: of this part.  box: top, left, bottom and right of where its
    colour is looked for.  exact: how far its middle may be from its colour, levels.
    """
    rows, columns = slice(box[0], box[2]), slice(box[1], box[3])
    core = (labels[rows, columns] == index).astype(np.uint8)
    distance = distance_from(levels[rows, columns], colour)
    parts = []
    if (distance[core > 0] <= exact).mean() < LEAST_OF_ITS_COLOUR:
        return parts
    beside = cv2.dilate(core, np.ones((5, 5), np.uint8)) > 0
    as_drawn, ringing = (distance <= NEAR_COLOUR) & beside, distance <= RINGING_COLOUR
    with_soft_edge = distance <= SOFT_EDGE_COLOUR  # which a JPEG makes
    for near, chosen in ((NEAR_COLOUR, as_drawn), (RINGING_COLOUR, ringing), (SOFT_EDGE_COLOUR, with_soft_edge)):
        filled = filled_part(chosen, core)
        if filled is None:
            continue
        mask, outline = filled
        hull = cv2.fillConvexPoly(np.zeros_like(mask), cv2.convexHull(outline), 1)
        thick = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3).max()
        area, (_, sides, _) = float(mask.sum()), cv2.minAreaRect(outline)
        even = (distance[mask > 0] <= near).mean() >= LEAST_OF_ITS_COLOUR
        precise = (distance[mask > 0] <= EXACT_COLOUR).mean() >= LEAST_EXACT_IN_THIN
        long = max(sides) >= LEAST_THIN_ASPECT * min(sides) and thick >= LEAST_THIN_DEPTH
        thin = long and (precise or even_inside(distance, mask))
        large = area >= LEAST_BAR_AREA and thick >= LEAST_BAR_DEPTH
        if even and (large or (thin and area >= LEAST_THIN_AREA)) and area >= LEAST_CONVEX * hull.sum():
            straight = area > LEAST_RECTANGULAR * (sides[0] + 1) * (sides[1] + 1)
            painted = exact == EXACT_COLOURS[0]
            uneven = not straight and not painted and area < LEAST_CONVEX_IF_UNEVEN * hull.sum()
            flat = (labels[rows, columns] > 0)[mask > 0].mean()
            if not uneven and flat >= (LEAST_FLAT_IN_BAR if straight else LEAST_FLAT_IN_BLOB):
                rings = not (large or precise)
                parts.append(FlatPart(colour, box[0], box[1], mask, straight, painted, rings))
    return parts


def filled_part(chosen: np.ndarray, core: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the part of the chosen pixels (h, w) bool that the core lies in, without its gaps, and its outline."""
    mask = cv2.morphologyEx(chosen.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    _, connected = cv2.connectedComponents(mask, connectivity=4)
    mask = (connected == np.bincount(connected[core > 0]).argmax()).astype(np.uint8) & mask
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    outline = max(outlines, key=cv2.contourArea)
    return cv2.drawContours(np.zeros_like(mask), [outline], -1, 1, -1), np.asarray(outline)


def even_inside(distance: np.ndarray, mask: np.ndarray) -> bool:
    """Tell whether a thin part has one colour but for its outline, where a JPEG made it ring; distance: from it."""
    inside = cv2.erode(np.pad(mask, 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    return bool(inside.any()) and float((distance[inside] <= NEAR_COLOUR).mean()) >= LEAST_NEAR_IN_THIN


def spread_of(levels: np.ndarray) -> np.ndarray:
    """Return how much the pixels around each one differ, in the channel where most, (H, W, 3) uint8 -> (H, W)."""
    element = np.ones((3, 3), np.uint8)
    return largest_channel(cv2.subtract(cv2.dilate(levels, element), cv2.erode(levels, element)))


def largest_channel(levels: np.ndarray) -> np.ndarray:
    """Return the largest of the channels of every pixel, (H, W, 3) uint8 -> (H, W)."""
    red, green, blue = cv2.split(levels)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


def distance_from(levels: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return by how many levels the channel that differs most is off a colour (3,), (H, W, 3) uint8 -> (H, W)."""
    return largest_channel(cv2.absdiff(levels, np.broadcast_to(colour, levels.shape)))
