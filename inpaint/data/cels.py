"""Outlined flat cels: scenes drawn as illustrators and animators draw, without copying any drawing.

Large smooth shapes in flat or gently graded colour, shaded in two tones with a hard edge, outlined by dark strokes of
varying width; locks of hair, folds, shining eyes and a simple background.  A painter's procedure of our own: what such
pictures are for an inpainting network is long thin dark lines, flat areas and sharp two-tone borders.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.data.outlines import (
    FRACTION_BITS,
    bezier,
    blob_outline,
    circle,
    fill_outline,
    fixed_point,
    paste_inside,
    polygon_outline,
    ribbon,
    ring,
    spun,
    touched_box,
)
from inpaint.data.textures import SceneSize, cloud, lightened, palette, pattern, shade, surface


def ink(rng: np.random.Generator, colour: np.ndarray) -> np.ndarray:
    """Return the colour of the line around a surface: nearly black, or a deep tone of the surface's own colour."""
    return lightened(colour, -rng.uniform(0.65, 0.95)) if rng.random() < 0.7 else np.array([22, 16, 28], np.float32)


def pressure(rng: np.random.Generator, count: int, width: float) -> np.ndarray:
    """Return stroke widths, px, along a closed line that a pen draws with changing pressure."""
    phase = rng.uniform(0, 2 * np.pi)
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return width * (1 + rng.uniform(0, 0.6) * np.cos(rng.integers(1, 4) * angles + phase))


def taper(count: int, width: float) -> np.ndarray:
    """Return stroke widths, px, that grow from and shrink to a point."""
    return width * np.sin(np.linspace(0.12, np.pi - 0.02, count)) ** 0.7


def curve(rng: np.random.Generator, start: np.ndarray, angle: float, length: float, *, bend: float) -> np.ndarray:
    """Return a curved stroke from a start in a direction: points (28, 2)."""
    along = np.array([np.cos(angle), np.sin(angle)]) * length
    aside = np.array([-along[1], along[0]])
    bends = bend * rng.normal(0, 1, 3)
    return bezier(
        np.stack([start + f * along + b * aside for f, b in zip((0, 0.35, 0.7, 1), (0, *bends), strict=True)])
    )


def contour(canvas: np.ndarray, points: np.ndarray, widths: np.ndarray, colour: np.ndarray) -> None:
    """Draw a closed line of varying width, in place."""
    cv2.fillPoly(
        canvas, [fixed_point(part) for part in ring(points, widths)], colour.tolist(), cv2.LINE_AA, FRACTION_BITS
    )


def figure(canvas: np.ndarray, points: np.ndarray, colour: np.ndarray, pen: float, rng: np.random.Generator) -> None:
    """Draw one shape, in place: ground, hard shadow, highlight, folds, outline; pen is the line width, px."""
    top, left, bottom, right = touched_box(points, canvas.shape[:2])
    if bottom <= top or right <= left:
        return
    extent = float(np.ptp(points, axis=0).mean())
    local = points - (left, top)
    layer = ground((bottom - top, right - left), colour, rng)
    if rng.random() < 0.75:
        lit = layer.copy()
        layer[:] = lightened(colour, -rng.uniform(0.15, 0.45))
        paste_inside(layer, lit, local + rng.normal(0, 0.12 * extent, 2), (0, 0))
    if rng.random() < 0.4:
        shine = spun(circle(24) * (1, rng.uniform(0.2, 0.7)), rng.uniform(0, np.pi)) * extent * rng.uniform(0.04, 0.15)
        fill_outline(
            layer,
            local.mean(axis=0) + rng.normal(0, 0.18 * extent, 2) + shine,
            lightened(colour, rng.uniform(0.5, 0.95)),
        )
    line = ink(rng, colour)
    for _ in range(rng.integers(0, 5)):
        start = local[rng.integers(len(local))]
        inward = np.arctan2(*(local.mean(axis=0) - start)[::-1]) + rng.normal(0, 0.5)
        fold = curve(rng, start, inward, extent * rng.uniform(0.15, 0.6), bend=0.12)
        fill_outline(layer, ribbon(fold, taper(len(fold), pen)), line)
    paste_inside(canvas, layer, points, (top, left))
    if rng.random() < 0.92:
        contour(canvas, points, pressure(rng, len(points), pen), line)


def ground(size: SceneSize, colour: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the lit surface of a shape: mostly flat, at times graded or patterned; (H, W, 3) uint8."""
    share = rng.random()
    if share < 0.55:
        return np.full((*size, 3), np.clip(colour, 0, 255), np.uint8)
    if share < 0.88:
        return surface(shade(size, rng), colour, lightened(colour, rng.uniform(-0.45, 0.45)))
    return surface(pattern(size, rng), colour, lightened(colour, rng.uniform(-0.3, 0.3)))


def hair(canvas: np.ndarray, colour: np.ndarray, pen: float, rng: np.random.Generator) -> None:
    """Draw a bundle of tapering locks with their lines and shine, in place."""
    side = min(canvas.shape[:2])
    root = rng.uniform(-0.1, 1.1, 2) * canvas.shape[1::-1]
    angle, bend = rng.uniform(0, 2 * np.pi), rng.uniform(0.03, 0.25)
    spread, length = rng.uniform(0.1, 0.7), side * rng.uniform(0.4, 1.1)
    line = ink(rng, colour)
    for _ in range(rng.integers(5, 16)):
        start = root + rng.normal(0, 0.08 * side, 2)
        lock = curve(rng, start, angle + rng.normal(0, spread), length * rng.uniform(0.5, 1.2), bend=bend)
        widths = taper(len(lock), side * rng.uniform(0.02, 0.09))
        edge = ribbon(lock, widths)
        fill_outline(canvas, edge, lightened(colour, rng.choice([-0.35, -0.2, 0.0, 0.0, 0.12])))
        if rng.random() < 0.85:
            contour(canvas, edge, np.full(len(edge), 0.6 * pen), line)
        for _ in range(rng.integers(0, 4)):
            inner = ribbon(lock + rng.normal(0, 0.2, 2) * widths.max(), taper(len(lock), pen * rng.uniform(0.3, 0.8)))
            fill_outline(canvas, inner, lightened(colour, rng.choice([-0.6, -0.4, 0.5])))


def eye(canvas: np.ndarray, colour: np.ndarray, rng: np.random.Generator) -> None:
    """Draw nested glossy ovals, as of an eye, a jewel or a button, in place."""
    centre = rng.random(2) * canvas.shape[1::-1]
    radius = min(canvas.shape[:2]) * np.exp(rng.uniform(np.log(0.03), np.log(0.14)))
    oval = circle(32) * (rng.uniform(0.6, 1), 1) * radius
    for scale, tone in ((1.12, -0.9), (1.0, -0.35), (0.8, rng.uniform(-0.1, 0.2)), (0.42, -0.85)):
        fill_outline(canvas, centre + scale * oval, lightened(colour, tone))
    fill_outline(canvas, centre + 0.45 * oval * (1.3, 0.6) + (0, 0.5 * radius), lightened(colour, 0.45))
    fill_outline(canvas, centre + 0.28 * oval + rng.uniform(-0.4, -0.2, 2) * radius, np.array([255.0, 255.0, 255.0]))
    lid = bezier(np.array([(-1.4, -0.1), (-0.8, -1.4), (0.7, -1.5), (1.5, -0.3)]) * radius + centre)
    fill_outline(canvas, ribbon(lid, taper(len(lid), 0.3 * radius)), lightened(colour, -0.92))


def backdrop(size: SceneSize, colours: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a simple background: flat, graded, clouded, patterned or a room of straight edges; (H, W, 3) uint8."""
    kind = rng.choice(["graded", "clouded", "patterned", "edges"], p=[0.4, 0.25, 0.1, 0.25])
    if kind == "clouded":
        steps = np.float32(rng.integers(2, 7))
        field = cloud(size, rng)
        return surface(np.rint(field * steps) / steps if rng.random() < 0.6 else field, colours[0], colours[1])
    if kind == "patterned":
        return surface(pattern(size, rng), colours[0], lightened(colours[0], rng.uniform(0.1, 0.35)))
    canvas = surface(shade(size, rng) * np.float32(rng.choice([0.0, 1.0])), colours[0], colours[1])
    for _ in range(rng.integers(3, 9) if kind == "edges" else 0):
        extent = rng.uniform(0.1, 0.6, 2) * size[::-1]
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * extent / 2 + rng.random(2) * size[::-1]
        fill_outline(canvas, corners, colours[rng.integers(len(colours))])
        contour(canvas, corners, np.full(4, rng.uniform(0.8, 2.5)), lightened(colours[0], -0.7))
    return canvas


def cels(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Draw one scene of outlined flat shapes: (H, W, 3) uint8 RGB."""
    side = min(size)
    colours = palette(rng, count=12)
    pen = max(0.8, side / 256 * np.exp(rng.uniform(np.log(0.9), np.log(5))))
    canvas = backdrop(size, colours[:6], rng)
    for scale in sorted(np.exp(rng.uniform(np.log(0.06), np.log(0.55), rng.integers(3, 11))), reverse=True):
        outline = blob_outline(rng, wildness=rng.uniform(0.05, 0.4)) if rng.random() < 0.85 else polygon_outline(rng)
        shape = spun(outline * (1, rng.uniform(0.4, 1.0)), rng.uniform(0, np.pi)) * scale * side
        figure(canvas, shape + rng.random(2) * size[::-1], colours[rng.integers(12)], pen, rng)
    for _ in range(rng.choice(3, p=[0.35, 0.45, 0.2])):
        hair(canvas, colours[rng.integers(12)], pen, rng)
    for _ in range(rng.choice(4, p=[0.5, 0.2, 0.2, 0.1])):
        eye(canvas, colours[rng.integers(12)], rng)
    return canvas
