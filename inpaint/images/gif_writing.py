"""Writing GIF so that every known pixel of every frame comes back exactly.

Source: GIF89a (CompuServe, 1990).  Each frame draws only what differs from the frame before, so that its palette of 256
need not hold the rest; a frame is cleared before the next one where something becomes transparent.  Restored colours
take the entries that known pixels leave free.  Pillow does the LZW compression.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from inpaint.images.frame_box import FrameBox, box_around_pixels
from inpaint.images.gif import GIF_CLEAR, GIF_KEEP, ICC, NETSCAPE, XMP, parse_gif_data
from inpaint.images.palette import PALETTE_SIZE, fit_palette, packed_colours
from inpaint.images.picture import Picture

XMP_END = b"\1" + bytes(range(255, -1, -1)) + b"\0"


class DrawnFrame(NamedTuple):
    """A frame in indices."""

    place: FrameBox
    indices: np.ndarray  # (height, width) uint8
    palette: np.ndarray  # (256, 4)
    clear: int | None
    known_error: float  # 8-bit levels, root mean square
    error: float  # the same for restored pixels


class EncodedGif(NamedTuple):
    """A GIF file, and how well its palettes hold the colours."""

    data: bytes
    inexact: bool  # whether known pixels had to change
    error: float  # of the restored pixels of the worst frame, 8-bit levels


class GifEncoder:
    """Encodes full frames of one size; each waits for the next one, to see what becomes clear in it."""

    def __init__(self, durations: Sequence[float] = (), plays: int = 1) -> None:
        """Begin a file; durations: milliseconds, for each frame if there are several."""
        self.durations, self.plays, self.drawn = durations, plays, 0
        self.blocks: list[bytes] = []
        self.waiting: tuple[Picture, np.ndarray] | None = None
        self.canvas, self.shared, self.worst, self.inexact = np.zeros((0, 0, 4), np.uint8), b"", 0.0, False

    def add(self, frame: Picture) -> None:
        target = _rgba(frame)
        if self.waiting is None:
            self.canvas = np.zeros_like(target)
            self.blocks.append(_preamble(frame, self.plays, several=len(self.durations) > 1))
        else:
            self._draw_waiting(target)
        self.waiting = frame, target

    def end(self) -> EncodedGif:
        """Return the file."""
        self._draw_waiting(None)
        height, width = self.canvas.shape[:2]
        head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + self.shared
        return EncodedGif(b"".join([head, *self.blocks, b";"]), self.inexact, self.worst)

    def _draw_waiting(self, following: np.ndarray | None) -> None:
        assert self.waiting is not None
        frame, target = self.waiting
        vanishing = np.zeros(frame.size, bool)
        if following is not None:
            vanishing = (following[:, :, 3] == 0) & (target[:, :, 3] > 0)
        drawn, clear = _draw(frame, target, self.canvas, vanishing), bool(vanishing.any())
        self.worst, self.inexact = max(self.worst, drawn.error), self.inexact or drawn.known_error > 0
        table = drawn.palette[:, :3].tobytes()
        self.shared = self.shared or table
        delay = round(self.durations[self.drawn] / 10) if self.durations else 0
        own = b"" if table == self.shared else table
        self.blocks.append(_frame_blocks(drawn, GIF_CLEAR if clear else GIF_KEEP, delay, own))
        self.drawn += 1
        _update(self.canvas, drawn, clear=clear)


def encode_gif(picture: Picture) -> EncodedGif:
    """Encode a still picture."""
    encoder = GifEncoder()
    encoder.add(picture)
    return encoder.end()


def _rgba(frame: Picture) -> np.ndarray:
    rgba = np.full((*frame.size, 4), 255, np.uint8)
    rgba[:, :, :3] = frame.colour
    if frame.alpha is not None:
        rgba[:, :, 3] = frame.alpha
        rgba[frame.alpha == 0] = 0
    return rgba


def _draw(frame: Picture, target: np.ndarray, canvas: np.ndarray, vanishing: np.ndarray) -> DrawnFrame:
    """Choose what of the target (H, W, 4) is drawn onto the canvas, and in which palette."""
    opaque = target[:, :, 3] > 0
    needed = opaque & (target != canvas).any(axis=2)
    place = box_around_pixels(needed | vanishing)
    left, top, across, down = place
    view = slice(top, top + down), slice(left, left + across)
    known = np.ones(needed.shape, bool)
    palette = np.zeros((0, 4), np.uint8)
    if frame.stored is not None and frame.stored.shown.shape == frame.colour.shape:
        known = (frame.colour == frame.stored.shown).all(axis=2)
        palette = frame.stored.palette if frame.stored.mode == "P" and frame.stored.palette is not None else palette
    colours = len(np.unique(packed_colours(target[view][(needed & known)[view]])))
    if colours >= PALETTE_SIZE and opaque[view].all():  # no entry is left that could mean "as before": draw it all
        needed[view] = True
    clear = None if needed[view].all() else _spare(palette, target[view][(needed & known)[view]])
    spared = np.zeros(len(palette) if clear is None else max(len(palette), clear + 1), bool)
    palette = np.concatenate([palette, np.zeros((len(spared) - len(palette), 4), np.uint8)])
    if clear is not None:
        spared[clear], palette[clear, 3] = True, 0
    indices = np.full((down, across), clear or 0, np.uint8)
    inside, certain = needed[view], known[view]
    first = fit_palette(palette, spared, target[view][inside & certain])
    indices[inside & certain] = first.indices
    kept = np.zeros(len(first.palette), bool)
    kept[: len(spared)] |= spared
    kept[first.indices] = True
    second = fit_palette(first.palette, kept, target[view][inside & ~certain])
    indices[inside & ~certain] = second.indices
    whole = np.zeros((PALETTE_SIZE, 4), np.uint8)
    whole[: len(second.palette)] = second.palette
    return DrawnFrame(place, indices, whole, clear, first.error, second.error)


def _spare(palette: np.ndarray, drawn: np.ndarray) -> int:
    """Choose the entry that draws nothing: the one that did, or the last that no known pixel (N, 4) needs."""
    used = np.isin(packed_colours(palette), packed_colours(drawn)) if len(palette) else np.zeros(0, bool)
    clear = np.flatnonzero(palette[:, 3] == 0)
    if len(clear):
        return int(clear[0])
    unused = np.flatnonzero(~used)
    if len(palette) < PALETTE_SIZE:
        return len(palette)
    return int(unused[-1]) if len(unused) else PALETTE_SIZE - 1


def _update(canvas: np.ndarray, drawn: DrawnFrame, *, clear: bool) -> None:
    left, top, across, down = drawn.place
    view = canvas[top : top + down, left : left + across]
    painted = drawn.indices != (-1 if drawn.clear is None else drawn.clear)
    view[painted] = drawn.palette[drawn.indices[painted]]
    view[painted, 3] = 255
    if clear:
        view[:] = 0


def _frame_blocks(drawn: DrawnFrame, disposal: int, delay: int, table: bytes) -> bytes:
    flags = disposal << 2 | (drawn.clear is not None)
    control = b"\x21\xf9\x04" + struct.pack("<BHBB", flags, min(delay, 65535), drawn.clear or 0, 0)
    descriptor = b"\x2c" + struct.pack("<4HB", *drawn.place, 0x87 if table else 0)
    return control + descriptor + table + _compressed(drawn.indices)


def _compressed(indices: np.ndarray) -> bytes:
    """Compress indices (H, W): Pillow writes them as a grey picture, of which the compressed part is taken."""
    encoded = io.BytesIO()
    Image.fromarray(indices).save(encoded, "GIF", optimize=False, interlace=0)
    return parse_gif_data(encoded.getvalue()).frames[0].data


def _preamble(first: Picture, plays: int, *, several: bool) -> bytes:
    """Write what stands before the frames: loops, comment, profile, XMP."""
    blocks = b""
    if several and plays != 1:
        blocks += b"\x21\xff\x0b" + NETSCAPE + _parted(b"\1" + struct.pack("<H", max(0, plays - 1)))
    if first.comment:
        blocks += b"\x21\xfe" + _parted(first.comment)
    if first.icc:
        blocks += b"\x21\xff\x0b" + ICC + _parted(first.icc)
    if first.xmp:
        blocks += b"\x21\xff\x0b" + XMP + first.xmp + XMP_END
    return blocks


def _parted(data: bytes) -> bytes:
    """Part data into sub-blocks."""
    parts = [data[start : start + 255] for start in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
