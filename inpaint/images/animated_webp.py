"""Animated WebP: its timing, and frames as chunks.

Source: the container of WebP (VP8X, ANIM, ANMF).  Pillow draws the frames; they are joined here, because its encoder
drops frames that differ in nothing but their time.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from PIL import WebPImagePlugin

from inpaint.images.damaged import damaged
from inpaint.images.decoding import orientation_of
from inpaint.images.frame_box import FrameBox
from inpaint.images.metadata import riff_chunks, webp_is_lossless
from inpaint.images.picture import Picture
from inpaint.images.reading import picture_of

ALPHA, ANIMATED = 0x10, 0x02  # flags of VP8X
REPLACE = 2  # flag of ANMF: do not blend
CARRIED = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}  # chunks beside the pixels, and their flags


class WebpAnimation(NamedTuple):
    """An animated WebP, its pixels still compressed."""

    size: tuple[int, int]
    plays: int  # how often, 0 = for ever
    durations: list[float]  # milliseconds
    lossless: bool


class WebpCanvas(NamedTuple):
    """What all frames are drawn on."""

    size: tuple[int, int]
    clear: bool  # whether it has an alpha channel


def parse_webp(data: bytes) -> WebpAnimation | None:
    """Take an animated WebP apart; None for a still.  Raises IndexError or struct.error where a chunk is too short."""
    chunks = list(riff_chunks(data))
    frames = [chunk for name, chunk in chunks if name == b"ANMF"]
    if not chunks or chunks[0][0] != b"VP8X" or not chunks[0][1][0] & ANIMATED or not frames:
        return None
    width, height = (_three(chunks[0][1], at) + 1 for at in (4, 7))
    plays = next((struct.unpack_from("<H", chunk, 4)[0] for name, chunk in chunks if name == b"ANIM"), 0)
    lossless = all(webp_is_lossless(frame, 16) for frame in frames)
    return WebpAnimation((height, width), plays, [float(_three(frame, 12)) for frame in frames], lossless)


def _three(data: bytes, at: int) -> int:
    data[at + 2]  # raises IndexError where it is not there
    return int.from_bytes(data[at : at + 3], "little")


def webp_pictures(path: Path, data: bytes, parsed: WebpAnimation) -> Iterator[Picture]:
    """Decode the frames, each the whole canvas as it is seen, upright; ValueError where one is damaged."""
    try:
        opened = WebPImagePlugin.WebPImageFile(io.BytesIO(data), str(path))
        if getattr(opened, "n_frames", 1) != len(parsed.durations):
            raise OSError("frames are missing")
        orientation = orientation_of(path, opened)
        for number in range(len(parsed.durations)):
            opened.seek(number)
            opened.load()
            yield replace(picture_of(path, opened, orientation, data, "WEBP"), lossless=parsed.lossless)
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        raise damaged(path, "WEBP", error) from error


def animated_webp(
    first: bytes,
    others: Sequence[tuple[FrameBox, bytes]],
    durations: Sequence[float],
    plays: int,
    *,
    canvas: WebpCanvas,
) -> bytes:
    """Join stills into one file.

    first: the WebP of the whole first frame, with profile, EXIF and XMP.  others: for each later frame the box of what
    differs, whose left and top are even, and the WebP of that.  durations: milliseconds, of each frame.
    """
    height, width = canvas.size
    carried = {name: chunk for name, chunk in riff_chunks(first) if name in CARRIED}
    frames = []
    for (box, single), duration in zip([((0, 0, width, height), first), *others], durations, strict=True):
        pixels = [(name, chunk) for name, chunk in riff_chunks(single) if name in (b"ALPH", b"VP8 ", b"VP8L")]
        left, top, across, down = box
        numbers = (left // 2, top // 2, across - 1, down - 1, min(round(duration), (1 << 24) - 1))
        control = b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([REPLACE])
        frames.append((b"ANMF", control + _joined(pixels)))
    flags = ANIMATED | (ALPHA if canvas.clear else 0) | sum(CARRIED[name] for name in carried)
    extent = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = [(b"VP8X", extent), *((name, chunk) for name, chunk in carried.items() if name == b"ICCP")]
    chunks += [(b"ANIM", bytes(4) + struct.pack("<H", min(plays, 65535))), *frames]
    chunks += [(name, chunk) for name, chunk in carried.items() if name != b"ICCP"]
    body = b"WEBP" + _joined(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _joined(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"".join(name + struct.pack("<I", len(chunk)) + chunk + bytes(len(chunk) % 2) for name, chunk in chunks)
