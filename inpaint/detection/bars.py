"""Finds bars and blobs of one colour that nobody marked: black, white, pink or any other, straight, tilted or round.

What: parts of one exact colour are kept where their outline is that of something laid over the picture: convex, with
a sharp step to the surround all around, over surroundings that vary, or in a line of text or of a drawing.  Skies,
clipped lights and shadows fade into what is beside them; flat areas of drawings have an outline of one colour, and
letterboxes lie along a whole side.
What it cannot find: bars thinner than 4 px, or than 9 px in a JPEG, translucent ones, gradients, concave scribbles, and
bars of the colour of what is beside them.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts bars pages clean traps`.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from torch import Tensor

from inpaint.detection.flat_ground import hides_something
from inpaint.detection.flat_parts import (
    LEAST_THICKNESS,
    NEAR_COLOUR,
    SOFT_EDGE_COLOUR,
    FlatPart,
    distance_from,
    flat_parts,
    spread_of,
)
from inpaint.detection.levels import as_levels

SEARCHED_PIXELS = 4_000_000  # of more only every second, third, ... is looked at, along rows and columns
MOST_HIDDEN = 0.2  # of a bar, that a mosaic may cover
# The outline and what lies around it:
SURROUND_DISTANCE = 4  # px from the outline to where the surround is looked at
OUTLINE_STEP = 24  # levels between the bar and its surround
LEAST_OUTLINE_OF_BAR, LEAST_OUTLINE_OF_BLOB = 0.85, 0.92  # share of the outline that shows such a step
SURROUND_SHADE = 8  # levels that make two shades of the surround one
LEAST_SHADES_AROUND_BAR, LEAST_SHADES_AROUND_BLOB = 1.5, 3.5  # weighed by how common each is
SHADES_AROUND_LIVELY = 9.0
# The inside, away from the outline; of what is not as even as paint is:
LEAST_NEAR_INSIDE = 0.7  # share within NEAR_COLOUR
LEAST_EXACT_IN_UNEVEN = 0.05  # share of exactly its colour, but for bars with
LEAST_STEP_OF_UNEVEN_BAR = 64  # levels to what lies around, of 85 % of it
# Over a ground of few shades, what is painted is even where the picture is not:
MOST_EVEN_PICTURE = 0.2  # share of a photograph's pixels that are like all beside them; drawings have more
LEAST_EXACT_OVER_PHOTO = 0.4  # share of its inside
LEAST_EXACT_OVER_DRAWING, LEAST_ROUGH_AROUND = 0.995, 0.3  # the same, and share of what lies around that is uneven
# What is no bar:
MOST_BLOBS = 3  # with more the picture is a drawing, and its flat shapes are its own
MOST_BAR_COLOURS = 6  # bars of more colours are a drawing's own parts
LEVELS_OF_ONE_COLOUR = 32  # of each channel, that make one colour in that count
SAME_SIZE = 0.1  # share by which the sides of parts of one size may differ
MOST_OF_ONE_SIZE = 10  # places; more parts of one size are a pattern, but for bars that were laid over the picture:
LEAST_ASPECT_OF_MANY = 2.0  # their length over their thickness
LEAST_OF_ONE_PAINT = 0.8  # share of the parts of one size that have one colour
MOST_LAID_OVER = 400  # parts
LEAST_DIFFERENCE_AROUND = 10  # levels, standard deviation of what lies around each of them
BLACK_PAINT_LEVEL = 2  # up to this level black is paint
SHADOW_LEVEL = 24  # between these two levels what is dark may be a shadow
LEAST_EVEN_IN_PAINT = 0.3  # share of a dark part's inside that must be exactly even; shadows have noise
LEAST_FILL_OF_CORNER = 0.97  # of its box, that a part in a corner of the picture must fill: clipped skies end anyhow


class Bar(NamedTuple):
    """One bar or blob."""

    colour: tuple[int, int, int]  # 8-bit levels
    top: int  # of the mask in the picture
    left: int
    mask: np.ndarray  # (h, w) bool
    score: float  # in (0, 1]: how much of its outline is a sharp step


def find_bars(image: Tensor, mosaics: np.ndarray | None = None) -> list[Bar]:
    """Return the bars of a picture (3, H, W), uint8 or in [0, 1], the largest first.

    mosaics: (H, W) bool, where mosaics are known to be, whose cells are flat themselves.
    """
    every = int(np.ceil(np.sqrt(max(1.0, image.shape[-2] * image.shape[-1] / SEARCHED_PIXELS))))
    levels = as_levels(image[:, ::every, ::every])
    found, taken, even = [], np.zeros(levels.shape[:2], bool), float((spread_of(levels) == 0).mean())
    hidden = None if mosaics is None else mosaics[::every, ::every]
    seen = [part for part in flat_parts(levels) if hidden is None or not much_hidden(part, hidden)]
    for part in without_patterns(levels, seen):
        if is_shadow(levels, part) or is_clipped_corner(levels, part):
            continue
        score = stepped_outline(levels, part, even)
        here = taken[part.top :, part.left :][: part.mask.shape[0], : part.mask.shape[1]]
        if score is not None and not here[part.mask > 0].any():
            here |= part.mask > 0
            found.append((part, score))
    if len({tuple(part.colour // LEVELS_OF_ONE_COLOUR) for part, _ in found}) > MOST_BAR_COLOURS:
        return []
    drawing = sum(not part.straight for part, _ in found) > MOST_BLOBS
    bars = [bar_of_part(image, part, every, score) for part, score in found if part.straight or not drawing]
    return sorted(bars, key=lambda bar: -int(bar.mask.sum()))


def much_hidden(part: FlatPart, hidden: np.ndarray) -> bool:
    """Tell whether a mosaic covers much of a part; hidden: (H, W) bool, where mosaics are."""
    height, width = part.mask.shape
    here = hidden[part.top : part.top + height, part.left : part.left + width]
    return here[part.mask > 0].sum() > MOST_HIDDEN * part.mask.sum()


def without_patterns(levels: np.ndarray, parts: list[FlatPart]) -> list[FlatPart]:
    """Leave out parts of which there are many of one size: tiles, windows, the modules of a code.

    Many long bars of one size and one colour are kept where what lies around them differs: they were laid over it.
    """
    boxes = np.array([box_of(part) for part in parts], np.float64).reshape(-1, 4)
    sizes, middles = boxes[:, 2:] - boxes[:, :2], (boxes[:, 2:] + boxes[:, :2]) / 2
    kept, judged = [], {}
    for index, size in enumerate(sizes):
        same = np.flatnonzero(np.abs(sizes / size - 1).max(1) < SAME_SIZE)
        if len(same) > MOST_OF_ONE_SIZE:
            group = tuple(same.tolist())
            if group not in judged:
                few = distinct_places(middles[same], float(size.min())) <= MOST_OF_ONE_SIZE
                judged[group] = few or laid_over(levels, [parts[other] for other in group], size)
            if not judged[group]:
                continue
        kept.append(parts[index])
    return kept


def box_of(part: FlatPart) -> tuple[int, int, int, int]:
    """Return top, left, bottom and right of a part in its picture."""
    rows, columns = np.flatnonzero(part.mask.any(1)), np.flatnonzero(part.mask.any(0))
    return (
        part.top + int(rows[0]),
        part.left + int(columns[0]),
        part.top + int(rows[-1]) + 1,
        part.left + int(columns[-1]) + 1,
    )


def distinct_places(middles: np.ndarray, near: float) -> int:
    """Count the places (n, 2) that lie at least half so far apart: a bar may be seen twice, sharp and blurred."""
    left, count = middles, 0
    while len(left):
        left, count = left[np.abs(left - left[0]).max(1) > near / 2], count + 1
    return count


def laid_over(levels: np.ndarray, parts: list[FlatPart], size: np.ndarray) -> bool:
    """Tell whether parts of one size are long bars of one colour over different surroundings."""
    colours = np.array([part.colour for part in parts], np.int16)
    alike = (np.abs(colours - np.median(colours, 0)).max(1) <= NEAR_COLOUR).mean()
    if size.max() < LEAST_ASPECT_OF_MANY * size.min() or alike < LEAST_OF_ONE_PAINT or len(parts) > MOST_LAID_OVER:
        return False
    around = np.array([surround_of(levels, part)[1].mean(0) for part in parts])
    return float(around.std(0).max()) >= LEAST_DIFFERENCE_AROUND


def is_shadow(levels: np.ndarray, part: FlatPart) -> bool:
    """Tell whether a part is nearly black but uneven: a shadow, not paint."""
    if not BLACK_PAINT_LEVEL < int(part.colour.max()) < SHADOW_LEVEL:
        return False
    height, width = part.mask.shape
    seen = levels[part.top : part.top + height, part.left : part.left + width]
    element = np.ones((3, 3), np.uint8)
    inside = cv2.erode(np.pad(part.mask, 1), np.ones((7, 7), np.uint8))[1:-1, 1:-1] > 0
    even = (cv2.dilate(seen, element) == cv2.erode(seen, element)).all(2)
    return bool(inside.any()) and float(even[inside].mean()) < LEAST_EVEN_IN_PAINT


def is_clipped_corner(levels: np.ndarray, part: FlatPart) -> bool:
    """Tell whether a part lies in a corner of the picture and is no upright rectangle, as a clipped sky."""
    rows, columns = np.flatnonzero(part.mask.any(1)), np.flatnonzero(part.mask.any(0))
    top, left, bottom, right = part.top + rows[0], part.left + columns[0], part.top + rows[-1], part.left + columns[-1]
    cornered = (top <= 1 or bottom >= levels.shape[0] - 2) and (left <= 1 or right >= levels.shape[1] - 2)
    return bool(cornered) and float(part.mask.sum()) < LEAST_FILL_OF_CORNER * (bottom - top + 1) * (right - left + 1)


def stepped_outline(levels: np.ndarray, part: FlatPart, even: float = 1.0) -> float | None:
    """Return how much of a part's outline is a sharp step to surroundings that vary, None where that is too little.

    even: the share of the picture's pixels that are like all beside them.
    """
    beyond = surround_of(levels, part)[1].astype(np.int16)  # (N, 3)
    if not len(beyond) or is_too_uneven(levels, part, beyond):
        return None
    stepped = float((np.abs(beyond - part.colour).max(1) >= OUTLINE_STEP).mean())
    shares = np.unique(beyond.mean(1) // SURROUND_SHADE, return_counts=True)[1] / len(beyond)
    varied = 1 / (shares**2).sum()
    lively = varied >= SHADES_AROUND_LIVELY  # what is as dark as a blob may well touch it there
    if stepped < (LEAST_OUTLINE_OF_BAR if part.exact and (part.straight or lively) else LEAST_OUTLINE_OF_BLOB):
        return None
    thick = min(part.mask.any(1).sum(), part.mask.any(0).sum()) >= LEAST_THICKNESS
    if varied >= (LEAST_SHADES_AROUND_BAR if part.straight and thick else LEAST_SHADES_AROUND_BLOB):
        return stepped
    hides = part.straight and hides_something(levels, part, np.median(beyond, 0))
    return stepped if hides or (stepped >= LEAST_OUTLINE_OF_BLOB and is_paint_over_grain(levels, part, even)) else None


def distances_inside(levels: np.ndarray, part: FlatPart) -> np.ndarray:
    """Return by how many levels pixels of a part, away from its outline, are off its colour, (N,)."""
    height, width = part.mask.shape
    inside = cv2.erode(np.pad(part.mask, 1), np.ones((5, 5), np.uint8))[1:-1, 1:-1] > 0
    return distance_from(levels[part.top : part.top + height, part.left : part.left + width], part.colour)[inside]


def is_too_uneven(levels: np.ndarray, part: FlatPart, beyond: np.ndarray) -> bool:
    """Tell whether a part is no paint, not even after a JPEG; beyond: (N, 3), the colours around it."""
    inside = distances_inside(levels, part)
    if not len(inside):
        return False
    if (inside <= NEAR_COLOUR).mean() < LEAST_NEAR_INSIDE:
        return True
    step = np.percentile(np.abs(beyond - part.colour).max(1), 15)
    clear = part.straight and step >= LEAST_STEP_OF_UNEVEN_BAR
    return not part.exact and not clear and float((inside == 0).mean()) < LEAST_EXACT_IN_UNEVEN


def is_paint_over_grain(levels: np.ndarray, part: FlatPart, even: float) -> bool:
    """Tell whether a part is exactly even, and its picture is not; even: the share of the picture that is."""
    inside = distances_inside(levels, part)
    exact = float((inside == 0).mean()) if len(inside) else 0.0
    if even <= MOST_EVEN_PICTURE and exact >= LEAST_EXACT_OVER_PHOTO:
        return True
    margin, (height, width) = SURROUND_DISTANCE + 2, part.mask.shape
    top, left = max(part.top - margin, 0), max(part.left - margin, 0)
    near = levels[top : part.top + height + margin, left : part.left + width + margin]
    moved = part._replace(top=part.top - top, left=part.left - left)
    ring, _ = surround_of(near, moved)
    down, right = max(moved.top - SURROUND_DISTANCE, 0), max(moved.left - SURROUND_DISTANCE, 0)
    rough = spread_of(near)[down : down + ring.shape[0], right : right + ring.shape[1]][ring] > 0
    return exact >= LEAST_EXACT_OVER_DRAWING and float(rough.mean()) >= LEAST_ROUGH_AROUND


def surround_of(levels: np.ndarray, part: FlatPart) -> tuple[np.ndarray, np.ndarray]:
    """Return where around a part its surroundings are looked at, (h, w) bool near it, and their colours, (N, 3)."""
    margin, (height, width) = SURROUND_DISTANCE, part.mask.shape
    top, left = max(part.top - margin, 0), max(part.left - margin, 0)
    near = levels[top : part.top + height + margin, left : part.left + width + margin]
    mask = np.zeros(near.shape[:2], np.uint8)
    mask[part.top - top :, part.left - left :][:height, :width] = part.mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin - 1, 2 * margin - 1))
    inner = cv2.dilate(mask, disc)
    ring: np.ndarray = cv2.dilate(inner, np.ones((3, 3), np.uint8)) > inner
    return ring, near[ring]


def bar_of_part(image: Tensor, part: FlatPart, every: int, score: float) -> Bar:
    """Return a part as a bar of the whole picture, with its soft edge.

    every: of so many rows and columns of the picture one was searched.  score: how much of the outline is a sharp step.
    """
    top, left = max((part.top - 2) * every, 0), max((part.left - 2) * every, 0)
    bottom = min((part.top + part.mask.shape[0] + 2) * every, image.shape[-2])
    right = min((part.left + part.mask.shape[1] + 2) * every, image.shape[-1])
    levels = as_levels(image[:, top:bottom, left:right])
    mask = np.zeros((bottom - top, right - left), np.uint8)
    big, y, x = part.mask.repeat(every, 0).repeat(every, 1), part.top * every - top, part.left * every - left
    mask[y : y + len(big), x : x + big.shape[1]] = big[: len(mask) - y, : mask.shape[1] - x]
    distance = np.abs(levels.astype(np.int16) - part.colour).max(2)
    edge = cv2.dilate(mask, np.ones((2 * every + 1, 2 * every + 1), np.uint8)) > 0
    taken: np.ndarray = (mask > 0) | (edge & (distance <= SOFT_EDGE_COLOUR))
    rows, columns = np.flatnonzero(taken.any(1)), np.flatnonzero(taken.any(0))
    inside = taken[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    red, green, blue = part.colour.tolist()
    return Bar((red, green, blue), top + int(rows[0]), left + int(columns[0]), inside, score)
