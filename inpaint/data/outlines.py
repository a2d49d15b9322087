"""Outlines as float points (N, 2) in (x, y) px, and filling them with smooth edges.

OpenCV anti-aliases polygons at 1/16 px, which makes supersampling needless.
"""

from __future__ import annotations

import cv2
import numpy as np

FRACTION_BITS = 4  # fractional bits of a coordinate given to OpenCV


def fixed_point(points: np.ndarray) -> np.ndarray:
    """Return points as OpenCV's fixed-point integers."""
    return np.rint(points * (1 << FRACTION_BITS)).astype(np.int32)


def fill_outline(canvas: np.ndarray, points: np.ndarray, colour: np.ndarray) -> None:
    """Fill an outline with one colour, in place."""
    cv2.fillPoly(canvas, [fixed_point(points)], colour.tolist(), cv2.LINE_AA, FRACTION_BITS)


def touched_box(points: np.ndarray, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return top, left, bottom, right of the part of the canvas that an outline may touch; bottom <= top if none."""
    (left, top), (right, bottom) = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 2
    return max(int(top), 0), max(int(left), 0), min(int(bottom), size[0]), min(int(right), size[1])


def paste_inside(canvas: np.ndarray, layer: np.ndarray, points: np.ndarray, corner: tuple[int, int]) -> None:
    """Lay a layer on the canvas, in place, inside an outline.

    layer: (h, w, 3) uint8 whose first pixel belongs at corner (y, x) of the canvas; it lies inside the canvas.
    """
    top, left = corner
    height, width = layer.shape[:2]
    cover = np.zeros((height, width), np.uint8)
    cv2.fillPoly(cover, [fixed_point(points - (left, top))], [255], cv2.LINE_AA, FRACTION_BITS)
    weight = cover * np.float32(1 / 255)
    below = np.ascontiguousarray(canvas[top : top + height, left : left + width])
    canvas[top : top + height, left : left + width] = cv2.blendLinear(layer, below, weight, 1 - weight)


def circle(count: int) -> np.ndarray:
    """Return the unit circle as points (count, 2)."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def spun(points: np.ndarray, angle: float) -> np.ndarray:
    """Turn points about the origin."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]])


def blob_outline(rng: np.random.Generator, *, count: int = 48, wildness: float = 0.25) -> np.ndarray:
    """Return a smooth closed outline of radius about 1: a circle with a few random harmonics."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    orders = np.arange(2, 6)
    phases = rng.uniform(0, 2 * np.pi, orders.size)
    heights = rng.normal(0, wildness, orders.size) / (orders - 1)
    radius = np.clip(1 + (heights * np.cos(np.outer(angles, orders) + phases)).sum(axis=1), 0.25, 2)
    return circle(count) * radius[:, None]


def polygon_outline(rng: np.random.Generator) -> np.ndarray:
    """Return an irregular convex-like outline of three to seven corners, radius about 1."""
    corners = int(rng.integers(3, 8))
    angles = (np.arange(corners) + rng.uniform(-0.35, 0.35, corners)) * (2 * np.pi / corners)
    radius = rng.uniform(0.7, 1.1, corners)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=-1)


def bezier(controls: np.ndarray, *, count: int = 28) -> np.ndarray:
    """Return points on the cubic Bezier curve of four control points (4, 2)."""
    t = np.linspace(0, 1, count)[:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    return weights @ controls


def normals(points: np.ndarray) -> np.ndarray:
    """Return unit normals of a curve at its points."""
    tangents = np.gradient(points, axis=0)
    length = np.maximum(np.hypot(tangents[:, 0], tangents[:, 1]), 1e-6)
    return np.stack([-tangents[:, 1] / length, tangents[:, 0] / length], axis=-1)


def ribbon(points: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return the outline of a stroke along an open curve whose width, px, varies from point to point."""
    aside = normals(points) * (widths / 2)[:, None]
    return np.concatenate([points + aside, (points - aside)[::-1]])


def ring(points: np.ndarray, widths: np.ndarray) -> list[np.ndarray]:
    """Return the stroke along a closed curve as an outer and an inner outline, to be filled by the even-odd rule."""
    wrapped = np.concatenate([points[-1:], points, points[:1]])
    aside = normals(wrapped)[1:-1] * (widths / 2)[:, None]
    return [points + aside, points - aside]
