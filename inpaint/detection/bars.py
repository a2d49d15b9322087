"""Finds bars and blobs of one colour that nobody marked: black, white, pink or any other, straight, tilted or round.

What: parts of one exact colour are kept where their outline is that of something laid over the picture: convex, with
a sharp step to the surround all around, over surroundings that vary.  Skies, clipped lights and shadows fade into what
is beside them; flat areas of drawings have an outline of one colour, and letterboxes lie along a whole side.
Source: our own.  What it cannot find: bars thinner than 9 px, gradients, concave scribbles, and bars of the colour of
what is beside them.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

LARGEST = 4_000_000  # px; what has more is looked at in every second, third, ... pixel, and outlined in all of them
FLAT = 3  # levels that neighbouring pixels of a bar may differ by, which JPEG makes of none
EXACT, NEAR, SOFT = 2, 6, 32  # levels from the bar's colour: its middle; surely in it; taken in at its soft edge
JPEG_BLOCK = 8  # px; as far from its edge a bar rings
LEAST, THICK = 300, 4.0  # px: area, and from the edge to the middle
CONVEX, STRAIGHT = 0.93, 0.93  # share of the convex hull, and of the closest rectangle, that is filled
EVEN = 0.9  # of its pixels must be of its colour
CORE, CORE_BLOB = 0.1, 0.3  # of its pixels must be like their neighbours, of a rectangle and of another shape
STEP, STEPPED, STEPPED_BLOB = 24, 0.85, 0.92  # levels to the surround, and how much of the outline must show them
AWAY = 4  # px from the outline to where the surround is looked at
SHADE = 8  # levels that make two shades of the surround one
VARIED, VARIED_BLOB = 1.5, 3.5  # shades of the surround, of a rectangle and of another shape
BLOBS = 3  # with more the picture is a drawing, and its flat shapes are its own
COLOURS, SHADES_OF_ONE = 6, 32  # bars of more colours are a drawing's own parts; levels that make one colour
ALIKE = 10  # more parts than this of the same size are a pattern; each bar is seen twice, sharp and blurred
SHADOW, BLACK = 24, 2  # levels under which what is dark may be a shadow, and under which it is black paint
PAINTED = 0.3  # of a dark part's inside must be exactly even; shadows have noise
CORNERED = 0.97  # of its box that a part in a corner of the picture must fill: clipped skies end anyhow
HIDDEN = 0.2  # of a bar that a mosaic may cover
SIDE = 0.9  # of a side of the picture that a letterbox covers


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
    every = int(np.ceil(np.sqrt(max(1.0, image.shape[-2] * image.shape[-1] / LARGEST))))
    levels = as_levels(image[:, ::every, ::every])
    found, taken = [], np.zeros(levels.shape[:2], bool)
    hidden = None if mosaics is None else mosaics[::every, ::every]
    for part in without_patterns([part for part in flat_parts(levels) if hidden is None or not covered(part, hidden)]):
        if shadow(levels, part) or clipped(levels, part):
            continue
        score, here = outlined(levels, part), taken[part.top :, part.left :][: part.mask.shape[0], : part.mask.shape[1]]
        if score is not None and not here[part.mask > 0].any():
            here |= part.mask > 0
            found.append((part, score))
    if len({tuple(part.colour // SHADES_OF_ONE) for part, _ in found}) > COLOURS:
        return []
    drawing = sum(not part.straight for part, _ in found) > BLOBS
    bars = [whole(image, part, every, score) for part, score in found if part.straight or not drawing]
    return sorted(bars, key=lambda bar: -int(bar.mask.sum()))


def as_levels(image: Tensor) -> np.ndarray:
    """Return a picture (3, H, W) as (H, W, 3) uint8."""
    if image.dtype != torch.uint8:
        image = (image.clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())


class Part(NamedTuple):
    """A part of one colour."""

    colour: np.ndarray  # (3,) uint8
    top: int
    left: int
    mask: np.ndarray  # (h, w) uint8
    straight: bool


def flat_parts(levels: np.ndarray) -> list[Part]:
    """Return the convex parts of one colour of a picture (H, W, 3), the likeliest first; they may overlap."""
    element = np.ones((3, 3), np.uint8)
    spread = cv2.subtract(cv2.dilate(levels, element), cv2.erode(levels, element)).max(2)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((spread <= FLAT).astype(np.uint8), connectivity=4)
    parts = []
    for index, (left, top, width, height, area) in enumerate(stats.tolist()):
        if index == 0 or area < LEAST / 4 or min(width, height) < THICK or framing(left, top, width, height, levels):
            continue
        inside = labels[top : top + height, left : left + width] == index
        colour = np.median(levels[top : top + height, left : left + width][inside], 0)
        reach = JPEG_BLOCK + max(width, height)  # JPEG may have cut a thin bar's even core in two
        box = max(top - reach, 0), max(left - reach, 0), top + height + reach, left + width + reach
        parts += parts_of(levels, labels, index, box, colour)
    return sorted(parts, key=lambda part: (part.straight, int(part.mask.sum())), reverse=True)


def framing(left: int, top: int, width: int, height: int, levels: np.ndarray) -> bool:
    """Tell whether a box lies along a whole side of the picture, as letterboxes and grounds do."""
    wide, high = width > SIDE * levels.shape[1], height > SIDE * levels.shape[0]
    above, beside = top <= 1 or top + height >= levels.shape[0] - 1, left <= 1 or left + width >= levels.shape[1] - 1
    return (wide and above) or (high and beside)


def parts_of(
    levels: np.ndarray, labels: np.ndarray, index: int, box: tuple[int, ...], colour: np.ndarray
) -> list[Part]:
    """Return what has the colour in and around a flat component, as far as its shape is a bar's or a blob's."""
    rows, columns = slice(box[0], box[2]), slice(box[1], box[3])
    core = (labels[rows, columns] == index).astype(np.uint8)
    distance = np.abs(levels[rows, columns].astype(np.int16) - colour).max(2)
    parts = []
    if (distance[core > 0] <= EXACT).mean() < EVEN:
        return parts
    beside = cv2.dilate(core, np.ones((5, 5), np.uint8)) > 0
    for near, allowed in ((NEAR, beside), (SOFT, True)):  # as it was drawn, or with what JPEG made of its edge
        mask = cv2.morphologyEx(((distance <= near) & allowed).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
        _, connected = cv2.connectedComponents(mask, connectivity=4)
        mask = (connected == np.bincount(connected[core > 0]).argmax()).astype(np.uint8) & mask
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        if not outlines:
            continue
        outline = max(outlines, key=cv2.contourArea)
        mask = cv2.drawContours(np.zeros_like(mask), [outline], -1, 1, -1)
        hull = cv2.fillConvexPoly(np.zeros_like(mask), cv2.convexHull(outline), 1)
        thick = cv2.distanceTransform(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 3).max()
        area, (_, sides, _) = float(mask.sum()), cv2.minAreaRect(outline)
        even = (distance[mask > 0] <= near).mean() >= EVEN
        if even and area >= LEAST and area >= CONVEX * hull.sum() and thick >= THICK:
            straight = area > STRAIGHT * (sides[0] + 1) * (sides[1] + 1)
            if (labels[rows, columns] > 0)[mask > 0].mean() >= (CORE if straight else CORE_BLOB):
                parts.append(Part(colour.astype(np.uint8), box[0], box[1], mask, straight))
    return parts


def covered(part: Part, hidden: np.ndarray) -> bool:
    """Tell whether something else (H, W) covers much of a part."""
    height, width = part.mask.shape
    here = hidden[part.top : part.top + height, part.left : part.left + width]
    return here[part.mask > 0].sum() > HIDDEN * part.mask.sum()


def without_patterns(parts: list[Part]) -> list[Part]:
    """Leave out parts that come many times in the same size: tiles, windows, the modules of a code."""
    sizes = np.array([(part.mask.any(1).sum(), part.mask.any(0).sum()) for part in parts], np.float64).reshape(-1, 2)
    return [
        part for part, size in zip(parts, sizes, strict=True) if (np.abs(sizes / size - 1).max(1) < 0.1).sum() <= ALIKE
    ]


def shadow(levels: np.ndarray, part: Part) -> bool:
    """Tell whether a part is nearly black without being even: the dark inside of something, not paint."""
    if not BLACK < int(part.colour.max()) < SHADOW:
        return False
    height, width = part.mask.shape
    seen = levels[part.top : part.top + height, part.left : part.left + width]
    element = np.ones((3, 3), np.uint8)
    inside = cv2.erode(np.pad(part.mask, 1), np.ones((7, 7), np.uint8))[1:-1, 1:-1] > 0
    even = (cv2.dilate(seen, element) == cv2.erode(seen, element)).all(2)
    return bool(inside.any()) and float(even[inside].mean()) < PAINTED


def clipped(levels: np.ndarray, part: Part) -> bool:
    """Tell whether a part lies in a corner of the picture and is no upright rectangle."""
    rows, columns = np.flatnonzero(part.mask.any(1)), np.flatnonzero(part.mask.any(0))
    top, left, bottom, right = part.top + rows[0], part.left + columns[0], part.top + rows[-1], part.left + columns[-1]
    cornered = (top <= 1 or bottom >= levels.shape[0] - 2) and (left <= 1 or right >= levels.shape[1] - 2)
    return bool(cornered) and float(part.mask.sum()) < CORNERED * (bottom - top + 1) * (right - left + 1)


def outlined(levels: np.ndarray, part: Part) -> float | None:
    """Return how much of a part's outline is a sharp step to surroundings that vary, None where that is too little."""
    bottom, right = part.top + part.mask.shape[0] + AWAY, part.left + part.mask.shape[1] + AWAY
    top, left = max(part.top - AWAY, 0), max(part.left - AWAY, 0)
    around = levels[top:bottom, left:right]
    mask = np.zeros(around.shape[:2], np.uint8)
    mask[part.top - top :, part.left - left :][: part.mask.shape[0], : part.mask.shape[1]] = part.mask
    inner = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * AWAY - 1, 2 * AWAY - 1)))
    ring = cv2.dilate(inner, np.ones((3, 3), np.uint8)) > inner
    if not ring.any():
        return None
    beyond = around[ring].astype(np.int16)  # (N, 3)
    stepped = float((np.abs(beyond - part.colour).max(1) >= STEP).mean())
    shares = np.unique(beyond.mean(1) // SHADE, return_counts=True)[1] / len(beyond)
    varied = 1 / (shares**2).sum()
    least = (STEPPED, VARIED) if part.straight else (STEPPED_BLOB, VARIED_BLOB)
    return stepped if stepped >= least[0] and varied >= least[1] else None


def whole(image: Tensor, part: Part, every: int, score: float) -> Bar:
    """Return a part as a bar of the whole picture, with its soft edge."""
    top, left = max((part.top - 2) * every, 0), max((part.left - 2) * every, 0)
    bottom = min((part.top + part.mask.shape[0] + 2) * every, image.shape[-2])
    right = min((part.left + part.mask.shape[1] + 2) * every, image.shape[-1])
    levels = as_levels(image[:, top:bottom, left:right])
    mask = np.zeros((bottom - top, right - left), np.uint8)
    big, y, x = part.mask.repeat(every, 0).repeat(every, 1), part.top * every - top, part.left * every - left
    mask[y : y + len(big), x : x + big.shape[1]] = big[: len(mask) - y, : mask.shape[1] - x]
    distance = np.abs(levels.astype(np.int16) - part.colour).max(2)
    edge = cv2.dilate(mask, np.ones((2 * every + 1, 2 * every + 1), np.uint8)) > 0
    taken: np.ndarray = (mask > 0) | (edge & (distance <= SOFT))
    rows, columns = np.flatnonzero(taken.any(1)), np.flatnonzero(taken.any(0))
    inside = taken[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    red, green, blue = part.colour.tolist()
    return Bar((red, green, blue), top + int(rows[0]), left + int(columns[0]), inside, score)
