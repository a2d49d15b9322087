"""Finds bars and blobs of one colour that nobody marked: black, white, pink or any other, straight, tilted or round.

What: parts of one exact colour are kept where their outline is that of something laid over the picture: convex, with
a sharp step to the surround all around, over surroundings that vary, or in a line of text or of a drawing.  Skies,
clipped lights and shadows fade into what is beside them; flat areas of drawings have an outline of one colour, and
letterboxes lie along a whole side.  In a drawing only ellipses count as blobs.
What it cannot find: bars thinner than 4 px (in a JPEG of quality 75 about 6), translucent ones, gradients, concave
scribbles, and bars of the colour of what is beside them.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts bars pages clean traps`.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.flat_ground import hides_something, is_ink_on_paper, lies_over_lines
from inpaint.detection.flat_parts import (
    LEAST_THICKNESS,
    NEAR_COLOUR,
    SOFT_EDGE_COLOUR,
    FlatPart,
    flat_parts,
    spread_of,
)
from inpaint.detection.levels import SearchedImage, as_levels
from inpaint.detection.paint_of_part import (
    MOST_EVEN_PICTURE,
    is_paint_over_grain,
    is_shadow,
    is_too_uneven,
    stands_out,
    surround_of,
)
from inpaint.detection.pixel_art import is_pixel_art
from inpaint.detection.round_parts import is_ellipse

SEARCHED_PIXELS = 4_000_000  # of more only every second, third, ... is looked at, along rows and columns
MOST_HIDDEN = 0.2  # of a bar, that a mosaic may cover
# The outline and what lies around it:
OUTLINE_STEP = 24  # levels between the bar and its surround
LEAST_OUTLINE_OF_BAR, LEAST_OUTLINE_OF_BLOB = 0.85, 0.92  # share of the outline that shows such a step
SURROUND_SHADE = 8  # levels that make two shades of the surround one
LEAST_SHADES_AROUND_BAR, LEAST_SHADES_AROUND_BLOB = 1.5, 3.5  # weighed by how common each is
SHADES_AROUND_LIVELY = 9.0
# What is no bar:
MOST_EVEN_WITH_RINGS = 0.06  # of a picture is like all beside it, or its thin parts in a JPEG are a drawing's lines
MOST_BLOBS = 3  # with more the picture is a drawing, and its flat shapes are its own
MOST_BAR_COLOURS = 6  # bars of more colours are a drawing's own parts
LEVELS_OF_ONE_COLOUR = 32  # of each channel, that make one colour in that count
SAME_SIZE = 0.1  # share by which the sides of parts of one size may differ
MOST_OF_ONE_SIZE = 10  # places; more parts of one size are a pattern, but for bars that were laid over the picture:
LEAST_ASPECT_OF_MANY = 2.0  # their length over their thickness
LEAST_OF_ONE_PAINT = 0.8  # share of the parts of one size that have one colour
MOST_LAID_OVER = 400  # parts
LEAST_DIFFERENCE_AROUND = 10  # levels, standard deviation of what lies around each of them
GROUND_STEP, LEVELS_OF_GROUND, LEAST_OF_GROUND = 4, 16, 0.3  # px and levels apart; share of a drawing
LEAST_FILL_OF_CORNER = 0.97  # of its box, that a part in a corner of the picture must fill: clipped skies end anyhow


class Bar(NamedTuple):
    """One bar or blob."""

    colour: tuple[int, int, int]  # 8-bit levels
    top: int  # of the mask in the picture
    left: int
    mask: np.ndarray  # (h, w) bool
    score: float  # in (0, 1]: how much of its outline is a sharp step


def find_bars(image: SearchedImage, mosaics: np.ndarray | None = None) -> list[Bar]:
    """Return the bars of a picture (3, H, W), uint8 or in [0, 1], the largest first.

    mosaics: (H, W) bool, where mosaics are known to be, whose cells are flat themselves.
    """
    every = int(np.ceil(np.sqrt(max(1.0, image.shape[-2] * image.shape[-1] / SEARCHED_PIXELS))))
    levels = as_levels(image[:, ::every, ::every])
    found, taken, even = [], np.zeros(levels.shape[:2], bool), float((spread_of(levels) == 0).mean())
    hidden = None if mosaics is None else mosaics[::every, ::every]
    drawn, ground = even > MOST_EVEN_PICTURE, ground_of(levels)
    inked = drawn and is_ink_on_paper(levels, ground)
    if drawn and is_pixel_art(levels):
        return []
    seen = [
        part for part in flat_parts(levels, drawn=drawn, inked=inked) if hidden is None or not much_hidden(part, hidden)
    ]
    if drawn:
        seen = [part for part in seen if is_thick(part) and not near_colour(part, ground)]
    if even > MOST_EVEN_WITH_RINGS:
        seen = [part for part in seen if not part.rings]
    for part in without_patterns(levels, seen):
        if is_shadow(levels, part) or is_clipped_corner(levels, part):
            continue
        score = stepped_outline(levels, part, even, inked=inked)
        here = taken[part.top :, part.left :][: part.mask.shape[0], : part.mask.shape[1]]
        if score is not None and not here[part.mask > 0].any():
            here |= part.mask > 0
            found.append((part, score))
    if len({tuple(part.colour // LEVELS_OF_ONE_COLOUR) for part, _ in found}) > MOST_BAR_COLOURS:
        return []
    drawing = sum(not part.straight for part, _ in found) > MOST_BLOBS
    laid = [it for it in found if it[0].straight or not drawing]
    laid = [it for it in laid if not drawn or it[0].straight or is_ellipse(levels, it[0])]
    bars = [bar_of_part(image, part, every, score) for part, score in laid]
    return sorted(bars, key=lambda bar: -int(bar.mask.sum()))


def ground_of(levels: np.ndarray) -> np.ndarray | None:
    """Return the colour (3,) that most of a picture has, such as that of paper; None where there is none."""
    coarse = levels[::GROUND_STEP, ::GROUND_STEP].reshape(-1, 3)
    shades, counts = np.unique(coarse // LEVELS_OF_GROUND, axis=0, return_counts=True)
    most = int(counts.argmax())
    return shades[most] * LEVELS_OF_GROUND if counts[most] >= LEAST_OF_GROUND * len(coarse) else None


def near_colour(part: FlatPart, ground: np.ndarray | None) -> bool:
    """Tell whether a part has the colour of the ground: lines enclose it, and nothing was laid there."""
    return ground is not None and bool((np.abs(part.colour.astype(int) - ground) < 2 * LEVELS_OF_GROUND).all())


def is_thick(part: FlatPart) -> bool:
    """Tell whether a part is no line."""
    return min(part.mask.any(1).sum(), part.mask.any(0).sum()) >= LEAST_THICKNESS


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


def is_clipped_corner(levels: np.ndarray, part: FlatPart) -> bool:
    """Tell whether a part lies in a corner of the picture and is no upright rectangle, as a clipped sky."""
    rows, columns = np.flatnonzero(part.mask.any(1)), np.flatnonzero(part.mask.any(0))
    top, left, bottom, right = part.top + rows[0], part.left + columns[0], part.top + rows[-1], part.left + columns[-1]
    cornered = (top <= 1 or bottom >= levels.shape[0] - 2) and (left <= 1 or right >= levels.shape[1] - 2)
    return bool(cornered) and float(part.mask.sum()) < LEAST_FILL_OF_CORNER * (bottom - top + 1) * (right - left + 1)


def stepped_outline(levels: np.ndarray, part: FlatPart, even: float = 1.0, *, inked: bool = False) -> float | None:
    """Return how much of a part's outline is a sharp step to surroundings that vary, None where that is too little.

    even: the share of the picture's pixels that are like all beside them.  inked: it is a drawing of ink on paper.
    """
    beyond = surround_of(levels, part)[1].astype(np.int16)  # (N, 3)
    if not len(beyond) or is_too_uneven(levels, part, beyond) or (part.rings and not stands_out(part, beyond)):
        return None
    stepped = float((np.abs(beyond - part.colour).max(1) >= OUTLINE_STEP).mean())
    shares = np.unique(beyond.mean(1) // SURROUND_SHADE, return_counts=True)[1] / len(beyond)
    varied = 1 / (shares**2).sum()
    lively = varied >= SHADES_AROUND_LIVELY  # what is as dark as a blob may well touch it there
    if stepped < (LEAST_OUTLINE_OF_BAR if part.exact and (part.straight or lively) else LEAST_OUTLINE_OF_BLOB):
        return stepped if inked and lies_over_lines(levels, part, beyond, stepped) else None
    if varied >= (LEAST_SHADES_AROUND_BAR if part.straight and is_thick(part) else LEAST_SHADES_AROUND_BLOB):
        return stepped
    hides = part.straight and hides_something(levels, part, np.median(beyond, 0))
    return stepped if hides or (stepped >= LEAST_OUTLINE_OF_BLOB and is_paint_over_grain(levels, part, even)) else None


def bar_of_part(image: SearchedImage, part: FlatPart, every: int, score: float) -> Bar:
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
