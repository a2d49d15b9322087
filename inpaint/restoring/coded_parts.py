"""A part of a lossy file as it holds it: planes in whole blocks, in the file's own orientation."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.images import Picture
from inpaint.images.jpeg_blocks import Component
from inpaint.images.jpeg_planes import jpeg_planes
from inpaint.images.jpeg_rounding import BLOCK_SIDE
from inpaint.images.metadata import TURNED_BACK, turn
from inpaint.restoring.jpeg_fit import PlaneFit
from inpaint.restoring.webp_planes import WEBP_CELL, webp_planes
from inpaint.tiling import Box


class PlanePart(NamedTuple):
    """A part of one plane."""

    fit: PlaneFit
    down: int  # pixels that one sample stands for
    across: int
    weights: np.ndarray  # of the channels of a pixel in 0 to 255
    middle: float  # taken away from their sum


class CodedPart:
    """The part of a JPEG that a window shows, and the way between both."""

    def __init__(self, planes: list[Component], size: tuple[int, int], orientation: int, box: Box) -> None:
        """size: (H, W) of the picture upright.  box: the window, upright."""
        self.orientation = orientation
        self.back = TURNED_BACK.get(orientation, orientation)
        file_size = size if orientation < 5 else size[::-1]
        rows = turn_view(np.broadcast_to(np.arange(file_size[0])[:, None], file_size), orientation)[box.slices]
        columns = turn_view(np.broadcast_to(np.arange(file_size[1])[None], file_size), orientation)[box.slices]
        self.box = Box(
            min(rows[0, 0], rows[-1, -1]),
            min(columns[0, 0], columns[-1, -1]),
            max(rows[0, 0], rows[-1, -1]) + 1,
            max(columns[0, 0], columns[-1, -1]) + 1,
        )
        self.down, self.across = max(it.down for it in planes), max(it.across for it in planes)
        tall, wide = BLOCK_SIDE * self.down, BLOCK_SIDE * self.across
        self.outer = Box(
            self.box.top // tall * tall,
            self.box.left // wide * wide,
            -(-self.box.bottom // tall) * tall,
            -(-self.box.right // wide) * wide,
        )
        self.planes = [self.part(plane) for plane in planes]

    def part(self, plane: Component) -> PlanePart:
        """Return a plane in the whole blocks around the window, with blocks repeated where the file ends sooner."""
        tall, wide = BLOCK_SIDE * plane.down, BLOCK_SIDE * plane.across
        y, x = (np.arange(start // side, stop // side) for start, stop, side in (
            (self.outer.top, self.outer.bottom, tall), (self.outer.left, self.outer.right, wide)))  # fmt: skip
        count = plane.blocks.shape
        blocks = plane.blocks[y.clip(max=count[0] - 1)[:, None], x.clip(max=count[1] - 1)[None]]
        fit = PlaneFit(blocks.astype(np.float32) * plane.table, plane.table)
        return PlanePart(fit, plane.down, plane.across, plane.weights, plane.middle)

    def laid_out(self, values: np.ndarray) -> np.ndarray:
        """Turn an array of the window (h, w, ...) as the file has it, with its last rows and columns repeated."""
        turned = turn(values, self.back)
        inner = self.box.within(self.outer)
        height, width = self.outer.bottom - self.outer.top, self.outer.right - self.outer.left
        around = ((inner.top, height - inner.bottom), (inner.left, width - inner.right), *((0, 0),) * (values.ndim - 2))
        return np.pad(turned, around, mode="edge")

    def upright(self, values: np.ndarray) -> np.ndarray:
        """Return what the window shows of an array (H, W, ...) of whole blocks."""
        return turn(values[self.box.within(self.outer).slices], self.orientation)

    def pixels(self, planes: list[np.ndarray]) -> np.ndarray:
        """Return the colours (H, W, C) in 0 to 255 that samples of all planes stand for."""
        wide = [enlarged_plane(it, part.down, part.across) for it, part in zip(planes, self.planes, strict=True)]
        held = np.stack([it + part.middle for it, part in zip(wide, self.planes, strict=True)], 2)
        turned_back = np.linalg.inv(np.stack([part.weights for part in self.planes]).astype(np.float64))
        return held @ turned_back.T.astype(np.float32)


class CodedPicture:
    """A picture whose file may tell its planes, which are read when they are first asked for."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def planes(self) -> list[Component]:
        """The planes of a JPEG; empty for others, for one whose coefficients cannot be read, or that was changed."""
        coded = self.picture.coded
        if coded is None or coded.shown.shape != self.picture.colour.shape:
            return []
        return jpeg_planes(coded)

    def part(self, box: Box) -> CodedPart | None:
        """Return what the file holds of a window, None where that is not known."""
        picture = self.picture
        if picture.format == "WEBP" and not picture.lossless and picture.colour.shape[2] == 3:
            top, left = (it // WEBP_CELL * WEBP_CELL for it in (box.top, box.left))
            outer = Box(top, left, box.bottom, box.right)
            inner, size = box.within(outer), (box.bottom - outer.top, box.right - outer.left)
            return CodedPart(webp_planes(picture.colour[outer.slices]), size, 1, inner)
        if not self.planes:
            return None
        assert picture.coded is not None
        return CodedPart(self.planes, picture.size, picture.coded.orientation, box)


def turn_view(samples: np.ndarray, orientation: int) -> np.ndarray:
    """Turn an array upright as its EXIF orientation demands, without copying it."""
    samples = samples.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else samples
    samples = samples[::-1] if orientation in (3, 4, 7, 8) else samples
    return samples[:, ::-1] if orientation in (2, 3, 6, 7) else samples


def enlarged_plane(samples: np.ndarray, down: int, across: int) -> np.ndarray:
    """Return a plane at the size of the pixels, as libjpeg enlarges it: halved ones by a triangle, others by copies."""
    for axis, factor in ((0, down), (1, across)):
        if factor == 2:
            ahead, behind = (np.take(samples, at.clip(0, samples.shape[axis] - 1), axis) for at in (
                np.arange(1, samples.shape[axis] + 1), np.arange(-1, samples.shape[axis] - 1)))  # fmt: skip
            both = np.stack([0.75 * samples + 0.25 * behind, 0.75 * samples + 0.25 * ahead], axis + 1)
            shape = list(samples.shape)
            shape[axis] *= 2
            samples = both.reshape(shape)
        elif factor > 1:
            samples = np.repeat(samples, factor, axis)
    return samples


def thinned_out_plane(values: np.ndarray, down: int, across: int) -> np.ndarray:
    """Return the mean of the pixels that each sample stands for, (H, W) -> (h, w)."""
    size = values.shape[1] // across, values.shape[0] // down
    return cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA)
