"""Drawn traps for the benchmark of detection: regular, flat or blocky, but nothing in them is censored."""

from __future__ import annotations

import cv2
import numpy as np

SIZE = (480, 640)


def bricks(rng: np.random.Generator) -> np.ndarray:
    """Draw a brick wall with joints and rough bricks, (H, W, 3) uint8."""
    high, wide, joint = int(rng.integers(8, 40)), int(rng.integers(20, 90)), int(rng.integers(1, 5))
    wall = np.empty((*SIZE, 3), np.float64)
    wall[:] = rng.uniform(150, 220)
    for row, top in enumerate(range(0, SIZE[0], high)):
        for left in range(-(row % 2) * wide // 2, SIZE[1], wide):
            colour = rng.uniform(90, 150, 3) * (1.2, 0.8, 0.7) + rng.normal(0, 12)
            wall[top + joint : top + high, max(left + joint, 0) : max(left + wide, 0)] = colour
    return rough(wall, rng, rng.uniform(0, 8))


def tiles(rng: np.random.Generator) -> np.ndarray:
    """Draw a wall of square tiles, joints between them, (H, W, 3) uint8."""
    side, joint = int(rng.integers(10, 50)), int(rng.integers(1, 5))
    wall = np.full((*SIZE, 3), rng.uniform(170, 240))
    for top in range(0, SIZE[0], side):
        for left in range(0, SIZE[1], side):
            wall[top + joint : top + side, left + joint : left + side] = rng.uniform(60, 160, 3) + rng.normal(0, 10)
    return rough(wall, rng, rng.uniform(0, 6))


def windows(rng: np.random.Generator) -> np.ndarray:
    """Draw a front with rows of windows, (H, W, 3) uint8."""
    high, wide = int(rng.integers(24, 60)), int(rng.integers(20, 60))
    front = np.empty((*SIZE, 3), np.float64)
    front[:] = rng.uniform(120, 220, 3)
    for top in range(high // 3, SIZE[0], high):
        for left in range(wide // 3, SIZE[1], wide):
            front[top : top + high // 2, left : left + wide // 2] = rng.uniform(20, 120)
    return rough(front, rng, rng.uniform(0, 8))


def pixel_art(rng: np.random.Generator) -> np.ndarray:
    """Draw a scene of few colours at a low resolution and enlarge it without smoothing, (H, W, 3) uint8."""
    scale = int(rng.integers(3, 13))
    height, width = SIZE[0] // scale, SIZE[1] // scale
    palette = rng.integers(0, 256, (int(rng.integers(6, 17)), 3)).tolist()
    small = np.zeros((height, width, 3), np.uint8)
    small[:] = palette[0]
    cv2.rectangle(small, (0, height * 2 // 3), (width, height), palette[1], -1)
    for _ in range(int(rng.integers(10, 30))):
        centre = int(rng.integers(width)), int(rng.integers(height))
        radii = int(rng.integers(1, max(3, width // 8))), int(rng.integers(1, max(3, height // 8)))
        fill, line = (palette[int(rng.integers(len(palette)))] for _ in range(2))
        cv2.ellipse(small, centre, radii, 0, 0, 360, fill, -1)
        cv2.ellipse(small, centre, radii, 0, 0, 360, line, 1)
    for _ in range(int(rng.integers(20, 80))):
        small[int(rng.integers(height)), int(rng.integers(width))] = palette[int(rng.integers(len(palette)))]
    return np.ascontiguousarray(small.repeat(scale, 0).repeat(scale, 1))


def checks(rng: np.random.Generator) -> np.ndarray:
    """Draw a chequered ground with discs on it, (H, W, 3) uint8."""
    side = int(rng.integers(6, 50))
    place = (np.arange(SIZE[0]) // side)[:, None] + np.arange(SIZE[1]) // side
    board = np.where((place % 2)[..., None] > 0, rng.uniform(0, 120, 3), rng.uniform(140, 255, 3))
    board = np.ascontiguousarray(board)
    for _ in range(8):
        centre = int(rng.integers(SIZE[1])), int(rng.integers(SIZE[0]))
        cv2.circle(board, centre, int(rng.integers(10, 60)), rng.uniform(0, 255, 3).tolist(), -1, cv2.LINE_AA)
    return rough(board, rng, rng.uniform(0, 3))


def code(rng: np.random.Generator) -> np.ndarray:
    """Draw a matrix code, black on white, (H, W, 3) uint8."""
    side, count = int(rng.integers(4, 14)), int(rng.integers(21, 34))
    small = np.where(rng.random((count, count)) < 0.5, 0, 255).astype(np.uint8)
    page = np.full(SIZE, 255, np.uint8)
    drawn = small.repeat(side, 0).repeat(side, 1)
    top, left = int(rng.integers(max(1, SIZE[0] - len(drawn)))), int(rng.integers(max(1, SIZE[1] - len(drawn))))
    drawn = drawn[: SIZE[0] - top, : SIZE[1] - left]
    page[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return np.repeat(page[..., None], 3, 2)


def cartoon(rng: np.random.Generator) -> np.ndarray:
    """Draw flat areas with dark outlines, as cartoons have, (H, W, 3) uint8."""
    drawing = np.empty((*SIZE, 3), np.float64)
    drawing[:] = rng.uniform(150, 255, 3)
    for _ in range(int(rng.integers(10, 30))):
        centre = float(rng.uniform(0, SIZE[1])), float(rng.uniform(0, SIZE[0]))
        spokes = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 12))))
        radii = rng.uniform(20, 120) * rng.uniform(0.6, 1.3, len(spokes))
        outline = np.stack([centre[0] + radii * np.cos(spokes), centre[1] + radii * np.sin(spokes)], 1)
        points = (outline * 16).round().astype(np.int32)
        cv2.fillPoly(drawing, [points], rng.uniform(0, 255, 3).tolist(), cv2.LINE_AA, 4)
        cv2.polylines(drawing, [points], True, (20, 20, 20), int(rng.integers(1, 4)), cv2.LINE_AA, 4)
    return rough(drawing, rng, 0)


def rough(picture: np.ndarray, rng: np.random.Generator, noise: float) -> np.ndarray:
    """Round a picture with noise on it to 8 bits."""
    return (picture + rng.normal(0, 1, picture.shape) * noise).round().clip(0, 255).astype(np.uint8)


TRAPS = {
    "bricks": bricks,
    "tiles": tiles,
    "windows": windows,
    "pixel art": pixel_art,
    "checks": checks,
    "matrix code": code,
    "cartoon": cartoon,
}
