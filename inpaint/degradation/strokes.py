"""Masks made of strokes: the DeepFill brush, LaMa's irregular polylines, scribbles, and straight bars.

Sources: Yu et al., Free-Form Image Inpainting with Gated Convolution (2019), official brush; Suvorov et al., LaMa
(2022), official irregular masks; Ma et al., Coarse-to-Fine Image Inpainting via Region-wise Convolutions (2019),
official continuous masks.  What differs: on pictures that are not square the DeepFill brush keeps x inside the
width and y inside the height (the original swaps them).  Scribbles and bars are our own, the
latter for painted-over text and eyes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inpaint.degradation.painting import Canvas, integer_between, number_between, units

MEAN_ANGLE = 2 * math.pi / 5  # DeepFill v2: the turn of the brush at a vertex
ANGLE_RANGE = 2 * math.pi / 15
LONGEST_POLYLINE = 5  # LaMa: segments
SCRIBBLE_TURN = 0.6  # radians
SUBPIXEL_BITS = 4  # fixed-point digits of the corners that cv2.fillPoly is given


def paint_freeform(
    canvas: Canvas, rng: torch.Generator, *, strokes: tuple[int, int], vertices: tuple[int, int], width: tuple[int, int]
) -> None:
    """Paint DeepFill v2 brush strokes: zigzags of wide lines with a disc at every vertex."""
    height, side = canvas.shape
    picture = Image.new("L", (side, height))
    pen = ImageDraw.Draw(picture)
    for _ in range(integer_between(units(rng, 1)[0], *strokes)):
        points, thickness = _brush(canvas.shape, rng, vertices=vertices, width=width)
        pen.line(points, fill=1, width=thickness)
        radius = thickness // 2
        for x, y in points:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    canvas |= np.asarray(picture)


def _brush(
    size: tuple[int, ...], rng: torch.Generator, *, vertices: tuple[int, int], width: tuple[int, int]
) -> tuple[list[tuple[int, int]], int]:
    """Draw the points (x, y) of one brush stroke and its width; the published width excludes its upper end."""
    low, high, x, y, thickness, count = units(rng, 6)
    turns = integer_between(count, *vertices)
    low, high = MEAN_ANGLE - low * ANGLE_RANGE, MEAN_ANGLE + high * ANGLE_RANGE
    radius = math.hypot(*size) / 8
    lengths = radius + radius // 2 * torch.randn(turns, generator=rng, dtype=torch.float64)
    points = [(int(x * size[1]), int(y * size[0]))]
    for i, (unit, length) in enumerate(zip(units(rng, turns), lengths.clamp(0, 2 * radius).tolist(), strict=True)):
        angle = number_between(unit, low, high)
        angle = 2 * math.pi - angle if i % 2 == 0 else angle
        x = min(max(points[-1][0] + length * math.cos(angle), 0), size[1])
        y = min(max(points[-1][1] + length * math.sin(angle), 0), size[0])
        points.append((int(x), int(y)))
    return points, int(number_between(thickness, *width))


def paint_irregular(
    canvas: Canvas, rng: torch.Generator, *, times: tuple[int, int], length: int, width: int, angles: int
) -> None:
    """Paint LaMa polylines: 10 to 9 + length pixels per segment, each 5 to 4 + width pixels wide.

    times: the published number of polylines; up to one more is drawn, as the official code does.
    """
    height, side = canvas.shape
    for i in range(integer_between(units(rng, 1)[0], times[0], times[1] + 1)):
        x, y, count, *rest = units(rng, 3 + 3 * LONGEST_POLYLINE)
        start = (int(x * side), int(y * height))
        for j in range(integer_between(count, 1, LONGEST_POLYLINE)):
            turn, reach, brush = rest[3 * j : 3 * j + 3]
            angle = 0.01 + int(turn * angles)  # radians: four directions, not an even circle, as published
            angle = 2 * math.pi - angle if i % 2 == 0 else angle
            reach = 10 + int(reach * length)
            x = min(max(int(start[0] + reach * math.sin(angle)), 0), side)
            y = min(max(int(start[1] + reach * math.cos(angle)), 0), height)
            cv2.line(canvas, start, (x, y), 1, 5 + int(brush * width))
            start = (x, y)


def paint_continuous(canvas: Canvas, rng: torch.Generator, *, segments: int, length: int, width: int) -> None:
    """Paint one line of 1 to `segments` pieces, each of its own width, with a disc at every end (Ma et al. 2019).

    Angles are whole numbers up to 360 that are taken for radians, as in the authors' code.
    """
    height, side = canvas.shape
    x, y, count = units(rng, 3)
    start = integer_between(x, 0, side), integer_between(y, 0, height)
    for i in range(integer_between(count, 1, segments)):
        turn, reach, brush = units(rng, 3)
        angle, reach = integer_between(turn, 0, 360), integer_between(reach, 1, length)
        angle, thickness = 360 - angle if i % 2 == 0 else angle, integer_between(brush, 1, width)
        x = min(max(start[0] + int(reach * math.sin(angle)), 0), side - 1)
        y = min(max(start[1] + int(reach * math.cos(angle)), 0), height - 1)
        cv2.line(canvas, start, (x, y), 1, thickness)
        cv2.circle(canvas, (x, y), thickness // 2, 1, -1)
        start = (x, y)


def paint_scribbles(
    canvas: Canvas,
    rng: torch.Generator,
    *,
    count: tuple[int, int],
    width: tuple[int, int],
    segments: tuple[int, int],
    length: tuple[int, int],
) -> None:
    """Paint lines that wander as a hand does: every segment leaves the last by at most SCRIBBLE_TURN."""
    height, side = canvas.shape
    for _ in range(integer_between(units(rng, 1)[0], *count)):
        x, y, angle, number, thickness = units(rng, 5)
        x, y, angle = x * side, y * height, angle * 2 * math.pi
        steps = integer_between(number, *segments)
        numbers = units(rng, 2 * steps)
        for turn, reach in zip(numbers[::2], numbers[1::2], strict=True):
            angle += number_between(turn, -SCRIBBLE_TURN, SCRIBBLE_TURN)
            reach = number_between(reach, *length)
            start, x, y = (int(x), int(y)), x + reach * math.cos(angle), y + reach * math.sin(angle)
            cv2.line(canvas, start, (int(x), int(y)), 1, integer_between(thickness, *width))


def paint_bars(
    canvas: Canvas,
    rng: torch.Generator,
    *,
    count: tuple[int, int],
    width: tuple[float, float],
    length: tuple[float, float],
    parallel: float,
    upright: float,
) -> None:
    """Paint straight bars, log-uniform in width; with probability `parallel` all alike and side by side."""
    bars, together, gap = units(rng, 3)
    number = integer_between(bars, *count)
    rows = [_bar(canvas.shape, units(rng, 6), width=width, length=length, upright=upright) for _ in range(number)]
    if together < parallel:
        first = rows[0]
        step = number_between(gap, 1.5, 3) * first.width
        rows = [
            first._replace(y=first.y + i * step * first.down, x=first.x + i * step * first.right) for i in range(number)
        ]
    for bar in rows:
        cv2.fillPoly(canvas, [bar.corners()], 1, lineType=cv2.LINE_8, shift=SUBPIXEL_BITS)


class _Bar(NamedTuple):
    """A bar around (y, x); (down, right) is the unit vector across it."""

    y: float
    x: float
    width: float
    length: float
    down: float
    right: float

    def corners(self) -> NDArray[np.int32]:
        """Return its corners (4, 2) as (x, y) in cv2's fixed point."""
        half = (self.width - 1) / 2  # cv2.fillPoly paints the pixels under the outline too
        across = np.array([self.right, self.down]) * half
        along = np.array([-self.down, self.right]) * self.length / 2
        centre = np.array([self.x, self.y])
        corners = [centre + along + across, centre + along - across, centre - along - across, centre - along + across]
        return np.rint(np.stack(corners) * (1 << SUBPIXEL_BITS)).astype(np.int32)


def _bar(
    size: tuple[int, ...],
    numbers: list[float],
    *,
    width: tuple[float, float],
    length: tuple[float, float],
    upright: float,
) -> _Bar:
    """Place one bar with its centre in the picture; six numbers of [0, 1) decide."""
    y, x, turn, straight, thickness, reach = numbers
    angle = math.pi * turn
    if straight < upright:
        angle = math.pi / 2 * (turn < 0.5)  # lying or standing: the grid of text and of most drawn boxes
    return _Bar(
        y=y * size[0],
        x=x * size[1],
        width=width[0] * (width[1] / width[0]) ** thickness,
        length=number_between(reach, *length) * max(size),
        down=math.sin(angle),
        right=math.cos(angle),
    )
