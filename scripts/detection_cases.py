"""Pictures for the benchmark of detection: clean ones with mosaics and bars put in, and drawn traps that hold neither.

A mosaic covers whole cells of a rectangle or an ellipse, at least four by four of them, and lies where the picture has
contrast in all four quarters: a mosaic of a clear sky hides nothing that shows.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image

from inpaint.mosaic.grid import Grid, pixelate

LARGEST = 900  # px along a side
APART = 25  # px between regions, at least half of it on each side
CONTRAST = 10.0  # standard deviation, levels
TRIES = 60


class Truth(NamedTuple):
    """One censored region."""

    block: tuple[float, float]  # height and width of a cell; (0, 0) for a bar
    phase: tuple[float, float]
    mask: np.ndarray  # (H, W) bool


class Case(NamedTuple):
    """A picture, and what is censored in it."""

    picture: np.ndarray  # (H, W, 3) uint8
    truths: list[Truth]


def clean(file: Path) -> np.ndarray:
    """Read a picture on white, made smaller where a side is above LARGEST; (H, W, 3) uint8."""
    opened = Image.open(file).convert("RGBA")
    picture = np.asarray(Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened).convert("RGB"))
    scale = LARGEST / max(picture.shape[:2])
    return picture if scale >= 1 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def with_mosaics(picture: np.ndarray, count: int, rng: np.random.Generator) -> Case:
    """Put up to `count` mosaics into a picture, blocks 4 to 40, each apart from the others."""
    case = Case(picture.copy(), [])
    for _ in range(count):
        for _ in range(TRIES):
            side = round(math.exp(rng.uniform(math.log(4), math.log(40))))
            wide = side if rng.random() < 0.8 else max(4, int(side * rng.uniform(1.1, 1.6)))
            if put_mosaic(picture, case, (side, wide), rng):
                break
    return case


def put_mosaic(picture: np.ndarray, case: Case, block: tuple[int, int], rng: np.random.Generator) -> bool:
    """Put one mosaic into a case, in place; tell whether it fitted where it was tried."""
    size = picture.shape[:2]
    phase = int(rng.integers(block[0])), int(rng.integers(block[1]))
    sides = [
        min(max(int(rng.integers(5 * cell, 14 * cell)), 40), whole // 2)
        for cell, whole in zip(block, size, strict=True)
    ]
    if sides[0] < 5 * block[0] or sides[1] < 5 * block[1]:
        return False
    top, left = (int(rng.integers(whole - side)) for side, whole in zip(sides, size, strict=True))
    if flat_somewhere(picture[top : top + sides[0], left : left + sides[1]]):
        return False
    shape = np.zeros(size, np.uint8)
    if rng.random() < 0.5:
        shape[top : top + sides[0], left : left + sides[1]] = 1
    else:
        middle, radii = (left + sides[1] // 2, top + sides[0] // 2), (sides[1] // 2, sides[0] // 2)
        cv2.ellipse(shape, middle, radii, 0, 0, 360, 1, -1)
    rows, columns = ((np.arange(size[axis]) - phase[axis]) // block[axis] + 1 for axis in (0, 1))
    cells = rows[:, None] * (columns.max() + 1) + columns  # (H, W), the number of each pixel's cell
    counts = np.maximum(np.bincount(cells.ravel()), 1)
    inside = (np.bincount(cells.ravel(), shape.ravel()) > counts / 2)[cells]
    if touches(inside, case):
        return False
    for channel in range(3):
        means = np.bincount(cells.ravel(), picture[..., channel].ravel().astype(np.float64)) / counts
        case.picture[..., channel][inside] = np.round(means[cells][inside])
    case.truths.append(Truth(block, phase, inside))
    return True


def with_cut_mosaic(picture: np.ndarray, rng: np.random.Generator) -> Case:
    """Put one mosaic into the middle of a picture whose outline, an ellipse, cuts cells, as a selection does."""
    height, width = picture.shape[:2]
    side, short = int(rng.integers(7, 25)), min(height, width)
    grid = Grid((side, side), (int(rng.integers(side)), int(rng.integers(side))))
    shape = np.zeros((height, width), np.uint8)
    axes = int(short * rng.uniform(0.15, 0.3)), int(short * rng.uniform(0.15, 0.3))
    cv2.ellipse(shape, (width // 2, height // 2), axes, float(rng.uniform(0, 90)), 0, 360, 1, -1)
    cells = pixelate(torch.from_numpy(np.array(picture)).permute(2, 0, 1).double(), grid).round().byte()
    censored = np.where(shape[..., None] > 0, cells.permute(1, 2, 0).numpy(), picture)
    return Case(censored, [Truth(grid.block, grid.phase, shape > 0)])


def flat_somewhere(part: np.ndarray) -> bool:
    """Tell whether a quarter of a picture's part has hardly any contrast."""
    grey, (y, x) = part.mean(2), (part.shape[0] // 2, part.shape[1] // 2)
    return min(quarter.std() for quarter in (grey[:y, :x], grey[y:, :x], grey[:y, x:], grey[y:, x:])) < CONTRAST


def touches(inside: np.ndarray, case: Case) -> bool:
    """Tell whether a region comes too near another one of the case."""
    if not case.truths:
        return False
    grown = cv2.dilate(inside.astype(np.uint8), np.ones((APART, APART), np.uint8)) > 0
    return any((grown & truth.mask).any() for truth in case.truths)


COLOURS = ((0, 0, 0), (255, 255, 255), (255, 105, 180), (20, 20, 20), (128, 128, 128), (200, 30, 40), (60, 90, 200))


def with_bars(picture: np.ndarray, count: int, rng: np.random.Generator) -> Case:
    """Put up to `count` bars and blobs of one colour into a picture: straight, tilted, or round, with soft edges."""
    case = Case(picture.copy(), [])
    for _ in range(count * TRIES):
        if len(case.truths) == count:
            break
        height, width = picture.shape[:2]
        length, thick = rng.uniform(40, min(height, width) / 2), rng.uniform(12, 60)
        centre = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
        colour = np.array(COLOURS[int(rng.integers(len(COLOURS)))], np.float64)
        tilt = 0.0 if rng.random() < 0.5 else float(rng.uniform(-60, 60))
        big = np.zeros((height, width), np.uint8)
        if rng.random() < 0.7:
            corners = cv2.boxPoints((centre, (length, thick), tilt))
            cv2.fillConvexPoly(big, (corners * 16).round().astype(np.int32), 255, cv2.LINE_AA, 4)
        else:
            axes = int(length / 3), int(max(thick, length / 4) / 1.5)
            cv2.ellipse(big, (int(centre[0]), int(centre[1])), axes, tilt, 0, 360, 255, -1, cv2.LINE_AA)
        inside = big > 127
        under = picture[inside].astype(np.float64)
        if touches(inside, case) or not len(under) or np.abs(under.mean(0) - colour).max() < 60 or inside.sum() < 400:
            continue
        share = big[..., None] / 255
        case.picture[:] = np.round(case.picture * (1 - share) + colour * share)
        case.truths.append(Truth((0, 0), (0, 0), inside))
    return case


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """Return a picture as a JPEG of this quality holds it; 0 = as it is."""
    if quality == 0:
        return picture
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def rescaled(case: Case, factor: float, way: int) -> Case:
    """Return a case made larger or smaller, so that its cells are no longer whole pixels; way: of interpolation."""
    height, width = (round(side * factor) for side in case.picture.shape[:2])
    scales = height / case.picture.shape[0], width / case.picture.shape[1]
    truths = []
    for truth in case.truths:
        mask = cv2.resize(truth.mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
        block, phase = (tuple(np.multiply(pair, scales).tolist()) for pair in (truth.block, truth.phase))
        truths.append(Truth(block, phase, mask))
    return Case(cv2.resize(case.picture, (width, height), interpolation=way), truths)


def overlaps(found: Sequence[np.ndarray], truths: Sequence[Truth]) -> list[int | None]:
    """Return for every truth which found mask covers it with an IoU of at least 0.5, None for none."""
    return [
        next(
            (
                index
                for index, mask in enumerate(found)
                if 2 * (mask & truth.mask).sum() >= (mask | truth.mask).sum() > 0
            ),
            None,
        )
        for truth in truths
    ]
