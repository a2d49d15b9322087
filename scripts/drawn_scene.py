"""Scenes of vector art on drawn grounds: clean outlines, flat areas, gradients, screentone, hatching, comic panels.

Every scene is a pure function of the art and a seed.  Vector art is rasterised by resvg at the size at which it is
shown, so that edges carry the coverage that a real renderer gives them.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

SMALLEST, LARGEST = 30, 400  # px, long side of one piece of art
WIDEST_LINE = 5.0  # px
FINER = 3  # patterns are drawn at this many times the size and area-reduced
SHAPES = "path,circle,ellipse,rect,polygon,polyline"


class Art(NamedTuple):
    """One piece of art: the text of an SVG, or the path of a picture."""

    source: str
    name: str
    svg: str = ""
    path: Path | None = None


def colour(rng: np.random.Generator, *, dark: bool = False) -> np.ndarray:
    """Return a random RGB colour, (3,) in [0, 1]; a dark one is fit for lines."""
    hue, saturation = rng.uniform(0, 360), rng.beta(1.5, 1.5)
    value = rng.uniform(0, 0.25) if dark else rng.uniform(0.35, 1) ** 0.6
    return cv2.cvtColor(np.array([[[hue, saturation, value]]], np.float32), cv2.COLOR_HSV2RGB)[0, 0]


def line_style(svg: str, width: float, ink: np.ndarray) -> str:
    """Return a style sheet that draws the contour of every shape; width is a share of the picture's longer side."""
    box = re.search(r'viewBox="[-\d.]+[ ,]+[-\d.]+[ ,]+([\d.]+)[ ,]+([\d.]+)"', svg)
    box = box or re.search(r'<svg[^>]*?\swidth="([\d.]+)[^>]*?\sheight="([\d.]+)', svg, re.DOTALL)
    unit = max(float(box[1]), float(box[2])) if box else 100.0
    red, green, blue = (int(255 * part) for part in ink)
    return f"{SHAPES}{{stroke:rgb({red},{green},{blue});stroke-width:{width * unit:.4f};stroke-linejoin:round}}"


def rendered(svg: str, width: int, style: str) -> bytes:
    """Return the PNG file that resvg draws of an SVG; ValueError if it cannot."""
    draw = importlib.import_module("resvg_py").svg_to_bytes
    return bytes(draw(svg_string=svg, width=width, style_sheet=style or None, skip_system_fonts=True))


def raster(art: Art, side: int, style: str = "") -> np.ndarray:
    """Return the art with its long side of that many px, premultiplied (h, w, 4) float32 in [0, 1], cropped to it."""
    try:
        drawn = art.path or io.BytesIO(rendered(art.svg, side, style))
    except ValueError:  # an SVG without a size, or broken
        return np.zeros((1, 1, 4), np.float32)
    with Image.open(drawn) as picture:
        rgba = np.asarray(picture.convert("RGBA"), np.float32) / 255
    rows, columns = np.flatnonzero(rgba[..., 3].max(1) > 0.02), np.flatnonzero(rgba[..., 3].max(0) > 0.02)
    if not len(rows):
        return np.zeros((1, 1, 4), np.float32)
    rgba = rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    rgba[..., :3] *= rgba[..., 3:]
    scale = side / max(rgba.shape[:2])
    if scale < 1 or scale > 1.6:
        size = [max(1, round(length * scale)) for length in rgba.shape[1::-1]]
        rgba = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return rgba


def outlined(rgba: np.ndarray, width: float, ink: np.ndarray) -> np.ndarray:
    """Return premultiplied art with a contour of that width around it."""
    margin = int(np.ceil(width)) + 2
    rgba = np.pad(rgba, ((margin, margin), (margin, margin), (0, 0)))
    finer = cv2.resize(rgba[..., 3], None, fx=FINER, fy=FINER, interpolation=cv2.INTER_LINEAR)
    distance = cv2.distanceTransform((finer < 0.5).astype(np.uint8), cv2.DIST_L2, 5) / FINER
    cover = np.clip(width + 0.5 - distance, 0, 1)
    cover = cv2.resize(cover, rgba.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    under = np.concatenate([cover * ink, cover], axis=2)
    return rgba + under * (1 - rgba[..., 3:])


def lay(canvas: np.ndarray, rgba: np.ndarray, top: int, left: int) -> None:
    """Composite premultiplied art over an RGB canvas, (H, W, 3), in place; what sticks out is cut."""
    height, width = canvas.shape[:2]
    first = max(0, -top), max(0, -left)
    piece = rgba[first[0] : height - top, first[1] : width - left]
    if piece.size:
        spot = canvas[top + first[0] :, left + first[1] :][: piece.shape[0], : piece.shape[1]]
        spot[:] = piece[..., :3] + spot * (1 - piece[..., 3:])


def turned(rgba: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the art mirrored by chance and turned by up to 30 degrees."""
    rgba = rgba[:, ::-1] if rng.random() < 0.5 else rgba
    if rng.random() < 0.5:
        return np.ascontiguousarray(rgba)
    height, width = rgba.shape[:2]
    reach = int(np.hypot(height, width)) + 2
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-30, 30), 1)
    turn[:, 2] += (reach - width) / 2, (reach - height) / 2
    return np.clip(cv2.warpAffine(rgba, turn, (reach, reach), flags=cv2.INTER_CUBIC), 0, 1)


def flat(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a ground of one colour; white is as common as in print."""
    shade = np.ones(3) if rng.random() < 0.3 else colour(rng)
    return np.broadcast_to(shade, (size, size, 3)).astype(np.float32)


def gradient(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a linear gradient of two colours."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[0:size, 0:size] / size - 0.5
    along = np.clip(0.5 + (rows * np.sin(angle) + columns * np.cos(angle)) * rng.uniform(0.6, 1.2), 0, 1)[..., None]
    return (colour(rng) * along + colour(rng) * (1 - along)).astype(np.float32)


def soft(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a soft ground like a photograph out of focus."""
    cells = int(rng.integers(3, 9))
    field = np.stack([colour(rng) for _ in range(cells * cells)]).reshape(cells, cells, 3)
    field = field * rng.uniform(0.2, 0.8) + colour(rng) * 0.3
    return np.clip(cv2.resize(field.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC), 0, 1)


def tone(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the coverage of screentone dots or of hatching, (size, size) in [0, 1]; it may fade along the ground."""
    pitch, angle = rng.uniform(4, 14), rng.uniform(0, np.pi)
    rows, columns = np.mgrid[0 : size * FINER, 0 : size * FINER].astype(np.float32) / FINER
    across = columns * np.cos(angle) + rows * np.sin(angle)
    along = rows * np.cos(angle) - columns * np.sin(angle)
    share = rng.uniform(0.1, 0.45) + (rng.uniform(-0.3, 0.3) * rows / size if rng.random() < 0.5 else 0)
    if rng.random() < 0.6:
        height = np.cos(2 * np.pi * across / pitch) + np.cos(2 * np.pi * along / pitch)
        marks = height > 2 - 4 * np.clip(share, 0.02, 0.9)
    else:
        marks = np.abs((across / pitch) % 1 - 0.5) < np.clip(share, 0.05, 0.9) / 2
    return cv2.resize(marks.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)


def toned(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a plain ground under screentone or hatching."""
    cover = tone(size, rng)[..., None]
    ground = gradient(size, rng) if rng.random() < 0.3 else flat(size, rng)
    return ground * (1 - cover) + colour(rng, dark=rng.random() < 0.7) * cover


def strewn(size: int, rng: np.random.Generator, arts: Sequence[Art]) -> np.ndarray:
    """Return a ground that one small piece of art repeats over, as wrapping paper does."""
    ground = flat(size, rng)
    step = int(rng.integers(40, 110))
    piece = raster(arts[int(rng.integers(len(arts)))], int(step * rng.uniform(0.5, 0.9)))
    for row, top in enumerate(range(-step // 2, size, step)):
        for left in range(-step // 2 * (row % 2), size, step):
            lay(ground, piece, top, left)
    return ground


def sprite(rng: np.random.Generator, arts: Sequence[Art], size: int) -> np.ndarray:
    """Return one piece of art as it is shown: its size, its lines, its contour, its turn."""
    art = arts[int(rng.integers(len(arts)))]
    largest = min(LARGEST, size * 0.8)
    least = SMALLEST if rng.random() < 0.6 else 120
    side = int(np.exp(rng.uniform(np.log(least), np.log(max(largest, least)))))
    ink = np.zeros(3) if rng.random() < 0.6 else colour(rng, dark=True)
    width = min(rng.uniform(0.8, WIDEST_LINE), side / 25)
    drawn_lines = art.svg and rng.random() < 0.4
    rgba = raster(art, side, line_style(art.svg, width / side, ink) if drawn_lines else "")
    rgba = turned(rgba, rng)
    if rng.random() < (0.8 if drawn_lines else 0.3):
        rgba = outlined(rgba, width, np.ones(3) if not drawn_lines and rng.random() < 0.2 else ink)
    return rgba


def filled(size: int, rng: np.random.Generator, arts: Sequence[Art]) -> np.ndarray:
    """Return one picture without panels, (size, size, 3) in [0, 1]."""
    grounds = [flat, gradient, soft, toned, partial(strewn, arts=arts)]
    canvas = grounds[rng.choice(5, p=(0.2, 0.2, 0.2, 0.28, 0.12))](size, rng).copy()
    for _ in range(int(rng.integers(3, 13)) * size // 512 + 1):
        rgba = sprite(rng, arts, size)
        top, left = (int(rng.uniform(-0.3 * length, size - 0.7 * length)) for length in rgba.shape[:2])
        if rng.random() < 0.15:
            shadow = cv2.GaussianBlur(np.pad(rgba[..., 3:], ((9, 9), (9, 9), (0, 0))), (0, 0), rng.uniform(1, 4))
            lay(canvas, np.concatenate([np.zeros((*shadow.shape, 3)), 0.5 * shadow[..., None]], 2), top - 4, left - 4)
        lay(canvas, rgba, top, left)
    return canvas


def panelled(size: int, rng: np.random.Generator, arts: Sequence[Art]) -> np.ndarray:
    """Return a comic page of two to four panels with drawn frames and a gutter."""
    canvas = np.ones((size, size, 3), np.float32)
    gutter, frame = int(rng.integers(5, 15)), int(rng.integers(1, 5))
    row, column = (int(rng.uniform(0.35, 0.65) * size) for _ in range(2))
    for top, bottom in ((0, row), (row, size)):
        whole = rng.random() < 0.3
        for left, right in ((0, size),) if whole else ((0, column), (column, size)):
            y, x, height, width = top + gutter, left + gutter, bottom - top - gutter, right - left - gutter
            canvas[y : y + height, x : x + width] = 0
            inner = filled(max(height, width), rng, arts)[: height - 2 * frame, : width - 2 * frame]
            canvas[y + frame : y + frame + inner.shape[0], x + frame : x + frame + inner.shape[1]] = inner
    return canvas


def scene(arts: Sequence[Art], seed: int, index: int, size: int = 512) -> np.ndarray:
    """Return a scene, (size, size, 3) uint8 RGB, that depends on the art, the seed and the index alone."""
    rng = np.random.default_rng((seed, index))
    canvas = panelled(size, rng, arts) if rng.random() < 0.12 else filled(size, rng, arts)
    if rng.random() < 0.12:
        canvas = np.repeat(canvas @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, axis=2)
    return (np.clip(canvas, 0, 1) * 255 + 0.5).astype(np.uint8)
