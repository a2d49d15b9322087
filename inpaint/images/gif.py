"""Reading GIF: the blocks of the file, and the full pictures that its frames add up to.

Source: GIF89a (CompuServe, 1990), with the extensions of Netscape (loops), Adobe (XMP) and ICC (profiles).  What
differs from Pillow: a cleared place is transparent, as browsers show it; palettes stay as they are; frames that differ
in nothing but their time stay apart.  Pillow does the LZW decompression.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import GifImagePlugin

from inpaint.images.damaged import damaged
from inpaint.images.metadata import XMP_ORIENTATION
from inpaint.images.picture import NO_SAMPLES, Picture, Stored

GIF_KEEP, GIF_CLEAR, GIF_REVERT = 1, 2, 3  # what happens to a frame before the next is drawn
NETSCAPE, XMP, ICC = b"NETSCAPE2.0", b"XMP DataXMP", b"ICCRGBG1012"
GREY_RAMP = bytes(level for level in range(256) for _ in range(3))  # the palette that shows every index as its grey


class GifControl(NamedTuple):
    """How the frame after it is shown."""

    disposal: int = 0
    delay: int = 0  # hundredths of a second
    clear: int | None = None  # the index that draws nothing


class GifFrame(NamedTuple):
    """One image of the file, still compressed."""

    control: GifControl
    place: tuple[int, int, int, int]  # left, top, width, height
    flags: int  # its 7th bit says interlaced
    table: bytes  # red, green, blue, ...; the global table where it has none of its own
    data: bytes  # the code size and the sub-blocks with their end


class Gif(NamedTuple):
    """A file, its pixels still compressed."""

    size: tuple[int, int]
    frames: list[GifFrame]
    plays: int  # how often, 0 = for ever
    comment: bytes | None
    icc: bytes | None
    xmp: bytes | None
    end: int  # bytes of the file up to its end


def parse_gif(path: Path, data: bytes, limit: int) -> Gif:
    """Take a file apart; the path names it in errors.

    Raises ValueError for a file that is damaged, or of more than `limit` pixels in all its frames together.
    """
    try:
        parsed = parse_gif_data(data)
    except (IndexError, struct.error):
        raise damaged(path, "GIF", "its blocks end early") from None
    height, width = parsed.size
    if not parsed.frames or not height or not width:
        raise damaged(path, "GIF", "it holds no pixels")
    if len(parsed.frames) * height * width > limit:
        times = f"{len(parsed.frames)} times " if len(parsed.frames) > 1 else ""
        raise ValueError(f"{path} has {times}{width} x {height} pixels, more than the limit of {limit}")
    return parsed


def parse_gif_data(data: bytes) -> Gif:
    """Take a file apart; IndexError or struct.error where it ends early."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table_bytes(flags)
    shared, control, frames = data[13:at], GifControl(), []
    plays, comment, parts = 1, b"", {}
    while data[at] != 0x3B:  # the end
        if data[at] == 0x2C:
            left, top, across, down, flags = struct.unpack_from("<4HB", data, at + 1)
            start = at + 10 + _table_bytes(flags)
            at = _end(data, start + 1)
            table = data[start - _table_bytes(flags) : start] or shared
            frames.append(GifFrame(control, (left, top, across, down), flags, table, data[start:at]))
            control = GifControl()
            continue
        if data[at] != 0x21:  # a stray byte, such as one end too many
            at += 1
            continue
        kind, start = data[at + 1], at + 2
        at = _end(data, start)
        if kind == 0xF9:
            flags, delay, clear = struct.unpack_from("<BHB", data, start + 1)
            control = GifControl(flags >> 2 & 7, delay, clear if flags & 1 else None)
        elif kind == 0xFE:
            comment += _joined(data[start:at])
        elif kind == 0xFF:
            parts[data[start + 1 : start + 12]] = data[start + 12 : at]
    if NETSCAPE in parts:
        repeats = struct.unpack_from("<H", _joined(parts[NETSCAPE]), 1)[0]
        plays = repeats + 1 if repeats else 0
    icc, xmp = (_joined(parts[ICC]) if ICC in parts else None), parts.get(XMP)
    if xmp is not None:  # stands there as it is, followed by 258 bytes that lead any reader of sub-blocks out of it
        xmp = XMP_ORIENTATION.sub(rb"\g<1>1", xmp[:-258])
    return Gif((height, width), frames, plays, comment or None, icc or None, xmp or None, at + 1)


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _end(data: bytes, at: int) -> int:
    """Find where a row of sub-blocks ends; IndexError where the data do before."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _joined(blocks: bytes) -> bytes:
    """Join the contents of sub-blocks."""
    at, contents = 0, []
    while blocks[at]:
        contents.append(blocks[at + 1 : at + 1 + blocks[at]])
        at += 1 + blocks[at]
    return b"".join(contents)


def gif_pictures(path: Path, parsed: Gif) -> Iterator[Picture]:
    """Draw the frames over each other; each picture is the whole canvas as it is seen.

    A file whose frames never leave a pixel clear has no alpha.  Raises ValueError where a frame is damaged.
    """
    height, width = parsed.size
    canvas = np.zeros((height, width, 4), np.uint8)
    grey = all(is_grey_ramp(frame.table) for frame in parsed.frames)
    for frame in parsed.frames:
        left, top, across, down = frame.place
        view = canvas[top : top + down, left : left + across]
        before = view.copy() if frame.control.disposal == GIF_REVERT else None
        indices = _indices(path, frame)[: view.shape[0], : view.shape[1]]
        table = palette_entries(frame)
        drawn = indices != (-1 if frame.control.clear is None else frame.control.clear)
        view[drawn] = table[indices[drawn]]
        if frame.control.clear is not None:
            table[frame.control.clear, 3] = 0
        whole = len(parsed.frames) == 1 and indices.shape == (height, width)
        yield _picture(parsed, canvas, table, indices if whole else NO_SAMPLES, grey=grey)
        if frame.control.disposal == GIF_CLEAR:
            view[:] = 0
        elif before is not None:
            view[:] = before


def _picture(parsed: Gif, canvas: np.ndarray, table: np.ndarray, indices: np.ndarray, *, grey: bool) -> Picture:
    colour = canvas[:, :, : 1 if grey else 3].copy()
    opaque = canvas[:, :, 3].all()
    return Picture(
        colour=colour,
        alpha=None if opaque else canvas[:, :, 3].copy(),
        format="GIF",
        icc=parsed.icc,
        xmp=parsed.xmp,
        comment=parsed.comment,
        stored=Stored("P", colour, NO_SAMPLES if grey else indices, table),
    )


def is_grey_ramp(table: bytes) -> bool:
    """Say whether a palette shows every index as its grey, so that the file is grey rather than coloured."""
    return table == GREY_RAMP[: len(table)]


def palette_entries(frame: GifFrame) -> np.ndarray:
    """Give the palette of a frame, (256, 4) uint8 RGBA; what the file leaves out is black, or grey in a grey file."""
    table = np.full((256, 4), 255, np.uint8)
    whole = GREY_RAMP if is_grey_ramp(frame.table) else frame.table.ljust(768, b"\0")
    table[:, :3] = np.frombuffer(whole, np.uint8).reshape(-1, 3)
    return table


def _indices(path: Path, frame: GifFrame) -> np.ndarray:
    """Decompress the indices of a frame, (height, width) uint8, as a grey picture of one frame."""
    _, _, across, down = frame.place
    if not across or not down:
        return np.zeros((down, across), np.uint8)
    single = b"GIF89a" + struct.pack("<HHBBB", across, down, 0xF7, 0, 0) + GREY_RAMP
    single += b"\x2c" + struct.pack("<4HB", 0, 0, across, down, frame.flags & 0x40) + frame.data + b";"
    try:
        return np.array(GifImagePlugin.GifImageFile(io.BytesIO(single)))
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        raise damaged(path, "GIF", error) from error
