"""Where to look: in which windows, at which masked pixels together, with how much context, and in which tiles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:  # boxes are also used where no network runs, and torch takes a second to import
    from torch import Tensor

NEAR_SIDE = 32  # px; masked places in touching squares of this side are restored together
LEAST_CONTEXT = 96  # px around a region at least; about what the default network can see
TILE_OVERLAP = 32  # px; on both sides of the line between two tiles their answers are blended
WINDOW_SQUARE = 64  # px; windows are made of squares of this side


class Box(NamedTuple):
    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, for an array (H, W, ...)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, margin: int, size: tuple[int, int]) -> Box:
        """Return the box with a margin around it, inside a picture of this size."""
        return Box(
            max(0, self.top - margin),
            max(0, self.left - margin),
            min(size[0], self.bottom + margin),
            min(size[1], self.right + margin),
        )

    def aligned(self, step: int) -> Box:
        """Return the box with its corner moved out to whole steps."""
        return Box(self.top - self.top % step, self.left - self.left % step, self.bottom, self.right)

    def of(self, picture: Tensor) -> Tensor:
        """Return this part of a picture (..., H, W), as a view."""
        return picture[..., self.top : self.bottom, self.left : self.right]

    def within(self, outer: Box) -> Box:
        """Return this box as seen from the corner of one that holds it."""
        return Box(self.top - outer.top, self.left - outer.left, self.bottom - outer.top, self.right - outer.left)


class Region(NamedTuple):
    """Masked pixels that are restored together."""

    box: Box  # tight around them
    own: Tensor  # (1, h, w) in the box, 1 where they are


def context_windows(mask: Tensor, margin: int) -> list[Box]:
    """Return boxes that hold every masked pixel with its context and do not overlap.

    mask: (1, H, W), 1 or True = restore.  margin: px of context around masked pixels at least.  What a box holds can be
    restored as a picture of its own; a large picture with few marks is not looked at elsewhere.
    """
    height, width = mask.shape[1], mask.shape[2]
    boxes = component_boxes(marked_squares(mask))
    squares = -(-height // WINDOW_SQUARE), -(-width // WINDOW_SQUARE)
    for index, box in enumerate(boxes):
        side = max(box.bottom - box.top, box.right - box.left) * WINDOW_SQUARE
        boxes[index] = box.grown(-(-max(margin, side // 4) // WINDOW_SQUARE), squares)
    before = 0
    while len(boxes) != before:  # boxes that touch become one, which may touch others
        before = len(boxes)
        covered = np.zeros(squares, np.uint8)
        for box in boxes:
            covered[box.slices] = 1
        boxes = component_boxes(covered)
    pixels = [Box(*(side * WINDOW_SQUARE for side in box)) for box in boxes]
    return [Box(box.top, box.left, min(box.bottom, height), min(box.right, width)) for box in pixels]


def marked_squares(mask: Tensor) -> np.ndarray:
    """Return which squares of a mask (1, H, W) hold a masked pixel, uint8 (rows, columns)."""
    marked = mask[0].numpy()
    height, width = marked.shape
    found = np.zeros((-(-height // WINDOW_SQUARE), -(-width // WINDOW_SQUARE)), np.uint8)
    starts = np.arange(0, width, WINDOW_SQUARE)
    for row in range(len(found)):  # in strips: a large mask is read once and never copied
        columns = marked[row * WINDOW_SQUARE : (row + 1) * WINDOW_SQUARE].any(0)
        found[row] = np.logical_or.reduceat(columns, starts)
    return found


def component_boxes(squares: np.ndarray) -> list[Box]:
    """Return the tight box of every 8-connected part of a map (rows, columns)."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(squares, connectivity=8)
    return [
        Box(int(top), int(left), int(top + height), int(left + width)) for left, top, width, height in stats[1:, :4]
    ]


def crops_planned(
    mask: Tensor, cell: tuple[int, int], *, view: str = "crop", side: int = 0
) -> list[tuple[Region, Box]]:
    """Return the regions to restore, each with the box of context around it.

    Specks all over a picture are one region, whose tiles overlap less than their crops would.  view: what a network
    must see around a hole: "crop", "square" (as far as the picture goes), "whole" or "small", all of it.  side: of a
    square at least, in px.
    """
    size = (mask.shape[1], mask.shape[2])
    if view in ("whole", "small"):
        return [(region, Box(0, 0, *size)) for region in regions(mask, max(size))]

    def seen(box: Box) -> Box:
        margin = max(LEAST_CONTEXT, (box.bottom - box.top) // 4, (box.right - box.left) // 4, *cell)  # no cell is cut
        context = box.grown(margin, size)
        return square_around(context, size, least=side) if view == "square" else context

    plan = [(region, seen(region.box)) for region in regions(mask, max(NEAR_SIDE, *cell))]
    if sum(box.area for _, box in plan) <= size[0] * size[1]:
        return plan
    whole = next(regions(mask, max(size)))
    return [(whole, seen(whole.box))]


def square_around(box: Box, size: tuple[int, int], *, least: int = 0) -> Box:
    """Return the smallest square around a box, moved to lie inside a picture of this size and cut where it cannot.

    least: px that a side has at least.
    """
    side = max(box.bottom - box.top, box.right - box.left, least)
    edges = []
    for low, high, length in ((box.top, box.bottom, size[0]), (box.left, box.right, size[1])):
        start = min(max((low + high - side) // 2, 0), max(length - side, 0))
        edges.append((start, min(start + side, length)))
    (top, bottom), (left, right) = edges
    return Box(top, left, bottom, right)


def regions(mask: Tensor, near: int) -> Iterator[Region]:
    """Yield the masked places of a picture; those in touching squares of side `near` are one region.

    mask: (1, H, W).  Every masked pixel belongs to exactly one region.
    """
    import torch

    squares = torch.nn.functional.max_pool2d(mask[None], near, ceil_mode=True)[0, 0].numpy().astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(squares, connectivity=8)
    for label in range(1, count):
        left, top, width, height = (int(value) * near for value in stats[label, :4])
        outer = Box(top, left, min(top + height, mask.shape[1]), min(left + width, mask.shape[2]))
        mine = labels[top // near : (top + height) // near, left // near : (left + width) // near] == label
        inside = torch.from_numpy(mine.repeat(near, 0).repeat(near, 1))[: outer.bottom - top, : outer.right - left]
        own = outer.of(mask) * inside  # (1, h, w)
        rows, columns = own[0].any(1).nonzero()[:, 0], own[0].any(0).nonzero()[:, 0]
        tight = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
        box = Box(top + tight.top, left + tight.left, top + tight.bottom, left + tight.right)
        yield Region(box, tight.of(own))


def tiles(box: Box, side: int) -> Iterator[Box]:
    """Cut a box into parts of at most this side, as equal as can be, that cover it once."""
    for top, bottom in equal_parts(box.top, box.bottom, side):
        for left, right in equal_parts(box.left, box.right, side):
            yield Box(top, left, bottom, right)


def equal_parts(start: int, stop: int, side: int) -> list[tuple[int, int]]:
    """Cut a run of pixels into equal parts of at most this length."""
    count = -(-(stop - start) // side)
    ends = [start + (stop - start) * number // count for number in range(count + 1)]
    return list(pairwise(ends))


def tile_weight(core: Box, region: Box, view: Box) -> Tensor:
    """Return how much the answer for a view counts at its pixels, (1, h, w), when the region is cut into such cores.

    Weights of neighbouring cores cross at the line between them and sum to one; beyond the region they do not fade.
    """
    rows = fading_ramp(view.top, view.bottom, core.top, core.bottom, core.top > region.top, core.bottom < region.bottom)
    columns = fading_ramp(
        view.left, view.right, core.left, core.right, core.left > region.left, core.right < region.right
    )
    return (rows[:, None] * columns)[None]


def fading_ramp(start: int, stop: int, first: int, last: int, fades_in: bool, fades_out: bool) -> Tensor:
    """Return weights along one axis: 1 inside, falling to 0 within OVERLAP px of an end that fades, (stop - start,)."""
    import torch

    place = torch.arange(start, stop) + 0.5
    ones = torch.ones_like(place)
    rising = ((place - first) / (2 * TILE_OVERLAP) + 0.5).clamp(0, 1) if fades_in else ones
    falling = ((last - place) / (2 * TILE_OVERLAP) + 0.5).clamp(0, 1) if fades_out else ones
    return torch.minimum(rising, falling)


def grown_mask(mask: Tensor, pixels: int) -> Tensor:
    """Return a mask (1, H, W) that reaches so many px further, measured as the crow flies."""
    import torch

    if pixels <= 0 or not mask.any():
        return mask
    known = (mask[0].numpy() < 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(known, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)  # to the nearest masked pixel
    return torch.from_numpy(distance <= pixels)[None].to(mask.dtype)
