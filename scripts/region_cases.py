"""Regions of pictures as a network learns to judge them: what was done to them, and whether they still tell something.

Every case is a picture, a region in it, a class of `inpaint.detection.region_network.CLASSES` and the side of the
cells.  Nothing here is what `shape_cases` measures with: shapes, sizes, angles and strengths are drawn at random.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

WINDOW = 112  # px, side of a case
SIDES = 4.0, 18.0  # px, of cells
LEAST_CELLS_THICK = 3.0  # cells, that a region is thick
QUALITIES = 40, 97
LEAST_CHANGE = 2.5  # levels, on average, that a censor changes
SHARES = {"hole": 0.45, "cells": 0.27, "soft": 0.12, "other": 0.16}


class RegionCase(NamedTuple):
    """A region and what it is."""

    picture: np.ndarray  # (WINDOW, WINDOW, 3) uint8
    inside: np.ndarray  # (WINDOW, WINDOW) bool
    kind: int
    side: float  # of the cells, px; 0 where there are none


def drawn_region(rng: np.random.Generator) -> np.ndarray:
    """Draw a box, an ellipse or a blob with unmarked pixels around it, (WINDOW, WINDOW) bool."""
    height, width = rng.integers(32, WINDOW - 20, 2)
    top, left = (int(rng.integers(6, WINDOW - 6 - size)) for size in (height, width))
    mask = np.zeros((WINDOW, WINDOW), np.uint8)
    middle, half = (int(left + width // 2), int(top + height // 2)), (int(width // 2), int(height // 2))
    shape = rng.integers(3)
    if shape == 0:
        mask[top : top + height, left : left + width] = 1
    elif shape == 1:
        cv2.ellipse(mask, middle, half, 0, 0, 360, 1, -1)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        points = np.stack([np.cos(angles), np.sin(angles)], 1) * np.array(half) * rng.uniform(0.6, 1, (9, 1)) + middle
        cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    return mask > 0 if thickness(mask > 0) >= LEAST_CELLS_THICK * SIDES[0] else drawn_region(rng)


def thickness(inside: np.ndarray) -> float:
    """Return how thick a region is where it is thickest, px."""
    return 2 * float(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5).max())


def cell_numbers(side: float, rng: np.random.Generator) -> np.ndarray:
    """Number the cells of a random shape, (WINDOW, WINDOW) int."""
    rows, columns = np.mgrid[:WINDOW, :WINDOW] + 0.5
    shape = rng.choice(["lattice", "upright", "hexagons", "triangles", "crystals"], p=[0.2, 0.15, 0.15, 0.2, 0.3])
    if shape == "crystals":
        step, loose = side, rng.uniform(0.2, 1.0)
        y, x = np.mgrid[-1 : WINDOW / step + 1, -1 : WINDOW / step + 1]
        centres = np.stack([y, x], -1).reshape(-1, 2) * step + loose * rng.uniform(0, step, (y.size, 2))
        return nearest_numbers(centres)
    angle = 0 if shape == "upright" or rng.random() < 0.4 else rng.uniform(0, np.pi)
    aspect = float(np.exp(rng.uniform(-0.4, 0.4))) * (1.52 if shape == "triangles" else 1)
    down, across = rows * np.cos(angle) - columns * np.sin(angle), rows * np.sin(angle) + columns * np.cos(angle)
    down, across = (axis / size + rng.uniform(0, 1) for axis, size in ((down, side * aspect), (across, side / aspect)))
    if shape == "hexagons":
        y, x = np.mgrid[-2 * WINDOW // side : 3 * WINDOW // side, -2 * WINDOW // side : 3 * WINDOW // side]
        centres = np.stack([y * 0.93, (x + y % 2 / 2) * 1.075], -1).reshape(-1, 2) * side
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return nearest_numbers(centres @ turn + rng.uniform(0, side, 2))
    if shape == "triangles":
        across = across - rng.choice([0, 0.5]) * down
    row, column = np.floor(down), np.floor(across)
    if shape == "lattice" and rng.random() < 0.3:  # bricks
        column = np.floor(across + row % 2 / 2)
    half = (down - row > across - column) if shape == "triangles" else 0
    return np.unique((row - row.min()) * 20_000 + (column - column.min()) * 2 + half, return_inverse=True)[1].reshape(
        rows.shape
    )


def nearest_numbers(centres: np.ndarray) -> np.ndarray:
    """Number every pixel by the nearest centre (y, x) that lies in the window."""
    seeds, places = np.ones((WINDOW, WINDOW), np.uint8), np.round(centres).astype(int)
    places = places[((places >= 0) & (places < WINDOW)).all(1)]
    seeds[places[:, 0], places[:, 1]] = 0
    return cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)[1]


def averaged(picture: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Give every cell its mean."""
    counts = np.maximum(np.bincount(numbers.ravel()), 1)
    sums = np.stack([np.bincount(numbers.ravel(), channel.ravel()) for channel in np.moveaxis(picture, 2, 0)], 1)
    return (sums / counts[:, None])[numbers]


def cells(picture: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """Average cells of a shape; some are drawn softly, some as dots on one colour."""
    shown = averaged(picture, cell_numbers(side, rng))
    if rng.random() < 0.12:
        ground = rng.choice([0, 255, int(rng.integers(256))]) * np.ones(3)
        share = dot_shares(side, rng)
        shown = averaged(picture, cell_numbers(side, rng)) * share + ground * (1 - share)
    return cv2.GaussianBlur(shown, (0, 0), rng.uniform(0.3, 0.6)) if rng.random() < 0.2 else shown


def dot_shares(side: float, rng: np.random.Generator) -> np.ndarray:
    """Return how much of a dot or a small square each pixel of a lattice shows, (WINDOW, WINDOW, 1)."""
    rows, columns = ((np.arange(WINDOW) + rng.uniform(0, side)) % side - side / 2 for _ in range(2))
    away = np.hypot(rows[:, None], columns) if rng.random() < 0.8 else np.maximum(*np.abs(np.meshgrid(rows, columns)))
    return np.clip(side * rng.uniform(0.33, 0.5) - away + 0.5, 0, 1)[..., None]


def soft(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur by a Gaussian, a box or a disc, enlarge a small copy, or blur a mosaic."""
    sigma = float(np.exp(rng.uniform(np.log(1.2), np.log(7))))
    kind = rng.integers(5)
    if kind == 1:
        return cv2.blur(picture, (2 * round(sigma) + 1,) * 2)
    if kind == 2:
        reach = max(round(1.5 * sigma), 1)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2).astype(float)
        return cv2.filter2D(picture, -1, disc / disc.sum())
    if kind == 3:
        small = cv2.resize(
            picture, None, fx=1 / (1.5 * sigma + 1), fy=1 / (1.5 * sigma + 1), interpolation=cv2.INTER_AREA
        )
        how = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
        return cv2.resize(small, (WINDOW, WINDOW), interpolation=how)
    if kind == 4:
        picture = averaged(picture, cell_numbers(2 * sigma + 2, rng))
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def other(picture: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """Smear along a line, take medians, shuffle neighbours, or lay cells or dots over the picture."""
    kind = rng.integers(6)
    if kind == 0:
        length, angle = int(rng.integers(5, 22)), rng.uniform(0, np.pi)
        line = np.zeros((length, length), np.uint8)
        reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        ends = [tuple(int(v) for v in np.round(length / 2 - 0.5 + way * reach)) for way in (-1, 1)]
        cv2.line(line, ends[0], ends[1], 255, 1, cv2.LINE_AA)
        return cv2.filter2D(picture, -1, line / line.sum())
    if kind == 1:
        return cv2.medianBlur(picture.clip(0, 255).astype(np.uint8), 2 * int(rng.integers(2, 9)) + 1).astype(float)
    if kind == 2:
        away = rng.uniform(-1, 1, (2, WINDOW, WINDOW)) * rng.uniform(1.5, 6)
        rows, columns = np.clip(np.mgrid[:WINDOW, :WINDOW] + away, 0, WINDOW - 1).round().astype(int)
        return picture[rows, columns]
    if kind == 3:
        opacity = rng.uniform(0.35, 0.85)
        return opacity * averaged(picture, cell_numbers(side, rng)) + (1 - opacity) * picture
    share = dot_shares(side, rng)
    return share * averaged(picture, cell_numbers(side, rng)) + (1 - share) * picture


def hole(picture: np.ndarray, beside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Leave a picture as it is, write, draw or paste upon it, or lay a patterned bar over it."""
    kind = rng.choice(6, p=[0.38, 0.18, 0.22, 0.07, 0.05, 0.1])
    drawn = picture.clip(0, 255).astype(np.uint8).copy()
    if kind == 1:
        for _ in range(int(rng.integers(1, 10))):
            colour, at = tuple(int(v) for v in rng.integers(0, 256, 3)), rng.integers(0, WINDOW, (2, 2))
            if rng.random() < 0.5:
                word = "".join(chr(int(code)) for code in rng.integers(65, 122, 7))
                size = float(rng.uniform(0.3, 1.5))
                cv2.putText(
                    drawn, word, at[0].tolist(), int(rng.integers(7)), size, colour, int(rng.integers(1, 4)), 16
                )
            else:
                cv2.line(drawn, at[0].tolist(), at[1].tolist(), colour, int(rng.integers(1, 9)), cv2.LINE_AA)
    elif kind == 2:
        share = cv2.GaussianBlur(drawn_region(rng).astype(np.float64), (0, 0), rng.uniform(0.4, 3))[..., None]
        return share * beside + (1 - share) * picture
    elif kind == 3:
        period, angle = rng.uniform(2, 20, 2), rng.uniform(0, np.pi)
        rows, columns = np.mgrid[:WINDOW, :WINDOW]
        wave = (rows * np.cos(angle) + columns * np.sin(angle)) / period[0] % 1 < 0.5
        if rng.random() < 0.5:
            wave = wave ^ ((rows * np.sin(angle) - columns * np.cos(angle)) / period[1] % 1 < 0.5)
        return np.where(wave[..., None], *rng.integers(0, 256, (2, 3)).astype(float))
    elif kind == 4:
        ends = rng.integers(0, 256, (2, 3)).astype(float)
        return ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, WINDOW)[:, None, None] + np.zeros_like(picture)
    elif kind == 5:
        shape = (WINDOW, WINDOW, int(rng.choice([1, 3])))
        if rng.random() < 0.4:
            return rng.uniform(0, 255, shape) + np.zeros_like(picture)
        return rng.integers(0, 256, 3) + rng.normal(0, rng.uniform(3, 120), shape)
    return drawn.astype(np.float64)


def whole_picture(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, enlarge or pixelate a picture as a whole, which says nothing of a region of it."""
    kind = rng.integers(3)
    if kind == 0:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 2.5))
    factor = rng.uniform(1.3, 3)
    size = round(WINDOW / factor)
    how = (cv2.INTER_CUBIC, cv2.INTER_LINEAR) if kind == 1 else (cv2.INTER_NEAREST, cv2.INTER_NEAREST)
    return cv2.resize(picture[:size, :size], (WINDOW, WINDOW), interpolation=how[int(rng.integers(2))])


def as_file(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a picture as a lossless file, a JPEG or a WebP holds it."""
    if rng.random() < 0.2:
        return picture
    file, form = io.BytesIO(), "WEBP" if rng.random() < 0.12 else "JPEG"
    more = {"subsampling": int(rng.choice([0, 2, 2]))} if form == "JPEG" else {"method": 0}
    Image.fromarray(picture).save(file, form, quality=int(rng.integers(*QUALITIES)), **more)
    return np.asarray(Image.open(file).convert("RGB"))


def region_case(pictures: list[np.ndarray], rng: np.random.Generator) -> RegionCase:
    """Draw a case from pictures (H, W, 3) uint8 that are larger than a window."""
    picture, beside = (window_of(pictures[int(rng.integers(len(pictures)))], rng) for _ in range(2))
    inside, kind = drawn_region(rng), int(rng.choice(len(SHARES), p=list(SHARES.values())))
    largest = min(SIDES[1], thickness(inside) / LEAST_CELLS_THICK)
    side = float(np.exp(rng.uniform(np.log(SIDES[0]), np.log(largest))))
    if rng.random() < (0.25 if kind == 0 else 0.1):
        picture = whole_picture(picture, rng)
    draw = (
        lambda: hole(picture, beside, rng),
        lambda: cells(picture, side, rng),
        lambda: soft(picture, rng),
        lambda: other(picture, side, rng),
    )[kind]
    shown = draw()
    if kind != 0 and np.abs(shown - picture)[inside].mean() < LEAST_CHANGE:
        return region_case(pictures, rng)  # nobody could tell
    done = inside
    if rng.random() < 0.2:  # marked with some room around it
        done = cv2.erode(inside.astype(np.uint8), np.ones((2 * int(rng.integers(1, 5)) + 1,) * 2)) > 0
    file = np.where(done[..., None], shown, picture).round().clip(0, 255).astype(np.uint8)
    return RegionCase(as_file(file, rng), inside, kind, side if kind == 1 else 0.0)


def window_of(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Cut a window out of a picture, mirrored at random, (WINDOW, WINDOW, 3) float."""
    top, left = (int(rng.integers(side - WINDOW + 1)) for side in picture.shape[:2])
    cut = picture[top : top + WINDOW, left : left + WINDOW].astype(np.float64)
    return np.ascontiguousarray(cut[:, ::-1] if rng.random() < 0.5 else cut)
