"""Masks made of filled shapes: DeepFill's box, LaMa's rectangles, and ellipses with a smooth or wavy outline.

Sources: Yu et al., DeepFill (2018), official box; Suvorov et al., LaMa (2022), official rectangles.  What differs: a
picture that is too small for them gets smaller ones.  Ellipses and blobs are our own, for mosaic regions.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch

from inpaint.degradation.painting import Canvas, integer_between, number_between, units

SLIPPING_BOXES = ((9, 2), (4, 1))  # Co-Mod-GAN: how many at most, below which part of a side
BLOB_CORNERS = 72  # corners of a blob
BLOB_WAVES = 4  # of its outline


def paint_box(canvas: Canvas, rng: torch.Generator, *, height: int, width: int, shrink: int) -> None:
    """Paint DeepFill's box, each pair of sides drawn in by up to `shrink`; too long a side becomes half the picture."""
    ranges = []
    numbers = units(rng, 4)
    for side, length, place, less in zip(canvas.shape, (height, width), numbers[:2], numbers[2:], strict=True):
        length = length if length < side else max(1, side // 2)
        start = int(place * (side - length))  # the last position is never drawn, as published
        less = min(integer_between(less, 0, shrink), (length - 1) // 2)
        ranges.append(slice(start + less, start + length - less))
    canvas[tuple(ranges)] = 1


def paint_boxes(
    canvas: Canvas, rng: torch.Generator, *, times: tuple[int, int], sides: tuple[int, int], margin: int
) -> None:
    """Paint LaMa's rectangles; margin and sides give way where the picture has no room for them."""
    for _ in range(integer_between(units(rng, 1)[0], *times)):
        ranges = []
        numbers = units(rng, 4)
        for side, place, extent in zip(canvas.shape, numbers[:2], numbers[2:], strict=True):
            border = min(margin, (side - 1) // 2)
            room = side - 2 * border
            length = integer_between(extent, min(sides[0], room), min(sides[1], room))
            start = integer_between(place, border, side - border - length)
            ranges.append(slice(start, start + length))
        canvas[tuple(ranges)] = 1


def paint_slipping_boxes(canvas: Canvas, rng: torch.Generator) -> None:
    """Paint Co-Mod-GAN's boxes, up to 9 below half a side and up to 4 below a side, of which half may lie outside."""
    for most, share in SLIPPING_BOXES:
        for _ in range(integer_between(units(rng, 1)[0], 0, most)):
            ranges = []
            numbers = units(rng, 4)
            for side, place, extent in zip(canvas.shape, numbers[:2], numbers[2:], strict=True):
                length = int(extent * max(1, side // share))
                start = int(place * (side - length + 2 * (length // 2))) - length // 2
                ranges.append(slice(max(start, 0), max(start + length, 0)))
            canvas[tuple(ranges)] = 1


def paint_border(canvas: Canvas, rng: torch.Generator, *, sides: tuple[int, int], all_sides: float) -> None:
    """Paint the border, of another width on each side; nothing else is known where the picture is a pixel wide."""
    around, first, *numbers = units(rng, 10)
    widths, lots = numbers[:4], numbers[4:]
    kept = int(first * 4)  # this side always has a border
    for side, (drawn, lot) in enumerate(zip(widths, lots, strict=True)):
        if around >= all_sides and side != kept and (lot < 0.5 or side == (kept + 1) % 4):
            continue
        most = max(1, canvas.shape[side // 2] // 3)
        width = integer_between(drawn, min(sides[0], most), min(sides[1], most))
        inward = slice(0, width) if side % 2 == 0 else slice(canvas.shape[side // 2] - width, None)
        canvas[(inward, slice(None)) if side < 2 else (slice(None), inward)] = 1


def paint_right_half(canvas: Canvas, rng: torch.Generator) -> None:
    """Paint the right half; of an odd width the larger one."""
    canvas[:, canvas.shape[1] // 2 :] = 1


def paint_shapes(
    canvas: Canvas, rng: torch.Generator, *, count: tuple[int, int], diameter: tuple[float, float], waviness: float
) -> None:
    """Paint ellipses whose radius waves around them; diameters are parts of the shorter side."""
    angles = np.linspace(0, 2 * math.pi, BLOB_CORNERS, endpoint=False)  # (72,)
    orders = np.arange(2, 2 + BLOB_WAVES)[:, None]  # order 1 would only move the blob
    for _ in range(integer_between(units(rng, 1)[0], *count)):
        y, x, turn, tall, wide, *waves = units(rng, 5 + 2 * BLOB_WAVES)
        heights, phases = np.array(waves).reshape(2, BLOB_WAVES, 1)
        ripple = (heights * np.cos(orders * angles + 2 * math.pi * phases) / orders).sum(0)  # (72,)
        radius = (1 + waviness * ripple) * min(canvas.shape) / 2
        along = number_between(wide, *diameter) * radius * np.cos(angles)
        across = number_between(tall, *diameter) * radius * np.sin(angles)
        c, s = math.cos(math.pi * turn), math.sin(math.pi * turn)
        centre = np.array([x * canvas.shape[1], y * canvas.shape[0]])
        outline = centre + np.stack([c * along - s * across, s * along + c * across], 1)  # (72, 2) as (x, y)
        cv2.fillPoly(canvas, [np.rint(outline).astype(np.int32)], 1)
