"""Animated PNG: the full pictures that its frames add up to, and frames as chunks.

Source: PNG (W3C, third edition), chunks acTL, fcTL and fdAT.  Each frame is decoded as a PNG of its own, so frames have
every depth and mode that stills have.  Written frames hold the box of what differs from the frame before, not blended.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import PngImagePlugin

from inpaint.images.decoding import orientation_of
from inpaint.images.frame_box import FrameBox
from inpaint.images.metadata import turn
from inpaint.images.palette import entry_numbers, packed_colours
from inpaint.images.picture import Picture, Stored
from inpaint.images.png_parts import PngChunk, png_chunks, png_of
from inpaint.images.reading import decoded_still

LEFT_OUT_CHUNKS = (b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"tIME", b"pHYs", b"acTL")  # what no single frame needs
PNG_CLEAR, PNG_REVERT = 1, 2  # what happens to a frame before the next is drawn
PNG_OVER = 1  # the frame is blended over the one before


class PngFrame(NamedTuple):
    """One frame, still compressed."""

    place: tuple[int, int, int, int]  # width, height, left, top
    duration: float  # milliseconds
    disposal: int
    blend: int
    data: bytes


class PngAnimation(NamedTuple):
    """An animated PNG, its pixels still compressed."""

    size: tuple[int, int]
    plays: int  # how often, 0 = for ever
    count: int  # of frames, as the file says
    frames: list[PngFrame]
    shared: list[PngChunk]  # what stands before the pixels: header, palette, clear colour, profile, ...
    still: bool  # whether there is a picture for readers that know no animation, which is no frame


def parse_apng(data: bytes) -> PngAnimation | None:
    """Take an animated PNG apart; None for a still.  Raises struct.error where a chunk is too short."""
    counts, frames, shared, control, still, body = None, [], [], b"", False, []
    for name, chunk in [*png_chunks(data), (b"IEND", b"")]:
        if name == b"acTL":
            counts = struct.unpack_from(">II", chunk)
        if name in (b"fcTL", b"IEND") and control and body:
            frames.append(_frame(control, b"".join(body)))
        if name in (b"fcTL", b"IEND"):
            control, body = chunk, []
        elif name == b"IDAT" and not control:
            still = True
        elif name == b"IDAT" or (name == b"fdAT" and control):
            body.append(chunk if name == b"IDAT" else chunk[4:])
        elif not frames and not body and not still and name not in LEFT_OUT_CHUNKS:
            shared.append((name, chunk))
    if counts is None or not shared or shared[0][0] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", shared[0][1])
    return PngAnimation((height, width), counts[1], counts[0], frames, shared, still)


def may_be_clear(data: bytes) -> bool:
    """Say whether a frame of an animated PNG may leave a place of its canvas clear, by all but its pixels."""
    moving = parse_apng(data)
    if moving is None or moving.shared[0][1][9] in (4, 6) or any(name == b"tRNS" for name, _ in moving.shared):
        return True
    height, width = moving.size
    disposed = any(frame.disposal in (PNG_CLEAR, PNG_REVERT) for frame in moving.frames)
    return disposed or moving.frames[0].place != (width, height, 0, 0)


def _frame(control: bytes, data: bytes) -> PngFrame:
    width, height, left, top, over, under, disposal, blend = struct.unpack_from(">4x4IHHBB", control)
    return PngFrame((width, height, left, top), 1000 * over / (under or 100), disposal, blend, data)


def apng_pictures(path: Path, data: bytes, parsed: PngAnimation, limit: int) -> Iterator[Picture]:
    """Draw the frames over each other; each picture is the whole canvas as it is seen, upright.

    Raises ValueError where a frame is damaged.
    """
    rest = png_of(chunk for chunk in png_chunks(data) if chunk[0] not in (b"acTL", b"fcTL", b"fdAT"))
    base = decoded_still(path, rest, "PNG", limit)
    orientation = orientation_of(path, PngImagePlugin.PngImageFile(io.BytesIO(rest)))
    canvas = np.zeros((*parsed.size, base.colour.shape[2] + 1), base.colour.dtype)
    for number, frame in enumerate(parsed.frames):
        part = _part(path, frame, parsed, limit)
        width, height, left, top = frame.place
        view = canvas[top : top + height, left : left + width]
        before = view.copy() if frame.disposal == PNG_REVERT and number else None
        _blend(view, part, over=frame.blend == PNG_OVER and number > 0)
        colour = turn(canvas[:, :, :-1], orientation)
        clear = base.alpha is not None or not canvas[:, :, -1].all()
        alpha = turn(canvas[:, :, -1], orientation) if clear else None
        yield replace(base, colour=colour.copy(), alpha=alpha, stored=_stored(colour, alpha, part.stored))
        if before is not None:
            view[:] = before
        elif frame.disposal in (PNG_CLEAR, PNG_REVERT):
            view[:] = 0


def _part(path: Path, frame: PngFrame, parsed: PngAnimation, limit: int) -> Picture:
    """Decode what one frame draws."""
    width, height, left, top = frame.place
    if left + width > parsed.size[1] or top + height > parsed.size[0]:
        raise ValueError(f"{path} is damaged: a frame reaches beyond the canvas")
    header = struct.pack(">II", width, height) + parsed.shared[0][1][8:]
    single = [(b"IHDR", header), *parsed.shared[1:], (b"IDAT", frame.data), (b"IEND", b"")]
    return decoded_still(path, png_of(single), "PNG", limit)


def _blend(view: np.ndarray, part: Picture, *, over: bool) -> None:
    """Draw a frame onto its place of the canvas (h, w, 2 or 4)."""
    peak = part.peak
    alpha = np.full(part.size, peak, part.colour.dtype) if part.alpha is None else part.alpha
    new = np.concatenate([part.colour, alpha[:, :, None]], axis=2)
    if not over:
        view[:] = new
        return
    opaque, half = alpha == peak, (alpha > 0) & (alpha < peak)
    view[opaque] = new[opaque]
    front, back = alpha[half].astype(np.float64)[:, None] / peak, view[half].astype(np.float64)
    behind = back[:, -1:] / peak * (1 - front)
    colour = (new[half][:, :-1] * front + back[:, :-1] * behind) / (front + behind)
    view[half] = np.concatenate([colour, (front + behind) * peak], axis=1).round().astype(view.dtype)


def _stored(colour: np.ndarray, alpha: np.ndarray | None, part: Stored | None) -> Stored | None:
    """Say how the file holds a frame, if the whole canvas can be said that way."""
    if part is None or part.mode != "P" or part.palette is None:
        return part and part._replace(shown=colour)
    opaque = np.full(colour.shape[:2], 255, np.uint8)
    indices = entry_numbers(part.palette, packed_colours(np.dstack([colour, opaque if alpha is None else alpha])))
    return None if (indices < 0).any() else Stored("P", colour, indices.astype(np.uint8), part.palette)


def animated_png(
    first: bytes, others: Sequence[tuple[FrameBox, bytes]], durations: Sequence[float], plays: int
) -> bytes:
    """Join stills into one file.

    first: the PNG of the whole first frame.  others: for each later frame the box of what differs and the PNG of that,
    of the same kind as the first.  durations: milliseconds, of each frame.
    """
    whole = list(png_chunks(first))
    start = next(number for number, (name, _) in enumerate(whole) if name == b"IDAT")
    width, height = struct.unpack_from(">II", whole[0][1])
    counter = 1
    moving: list[PngChunk] = []
    for (box, single), duration in zip(others, durations[1:], strict=True):
        moving.append((b"fcTL", _control(counter, box, duration)))
        counter += 1
        for name, data in png_chunks(single):
            if name == b"IDAT":
                moving.append((b"fdAT", struct.pack(">I", counter) + data))
                counter += 1
    last = max(number for number, (name, _) in enumerate(whole) if name == b"IDAT") + 1
    counted = (b"acTL", struct.pack(">II", len(others) + 1, plays))
    control = (b"fcTL", _control(0, (0, 0, width, height), durations[0]))
    return png_of([*whole[:start], counted, control, *whole[start:last], *moving, *whole[last:]])


def _control(number: int, box: FrameBox, duration: float) -> bytes:
    left, top, width, height = box
    seconds = Fraction(duration / 1000).limit_denominator(1000)
    if seconds.numerator > 65535:
        seconds = Fraction(min(round(seconds), 65535))
    return struct.pack(">5IHHBB", number, width, height, left, top, seconds.numerator, seconds.denominator, 0, 0)
