"""JPEG files: reading those without an end marker, and writing so that what was not restored stays as it was stored."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import JpegImagePlugin

from inpaint.images.damaged import damaged
from inpaint.images.jpeg_blocks import bare_jpeg, changed_cells, edited_scans
from inpaint.images.jpeg_parts import (
    APP0,
    APP1,
    APP2,
    APP14,
    COM,
    END,
    ICC_PREFIX,
    Segment,
    carried_segments,
    joined_jpeg,
    lacks_pixels,
    part_jpeg,
)
from inpaint.images.metadata import EXIF_PREFIX, TURNED_BACK, XMP_ORIENTATION, XMP_PREFIX, reset_orientation, turn
from inpaint.images.picture import CodedJpeg, Picture
from inpaint.images.storing import NativeSamples, image_of

NO_END = "its end marker was missing, and was added"
KEPT_AFTER = "the {} bytes after its end, such as a second picture or a video, were kept and show what was there before"
FILLING = b"\x55" * 64  # what a decoder must not read any pixels from
MOST_PROFILE_BYTES = 65519  # bytes of a profile in one segment
JFIF, JFIF_EXTENSION = b"JFIF\0", b"JFXX\0"
COMPARED_ROWS = 16
LARGEST_STEP = 32  # pixels a side that the blocks of all components meet in again, at most


def main_jpeg(path: Path, data: bytes) -> tuple[bytes, CodedJpeg | None, str | None]:
    """Return a JPEG up to its end, with what stands beside its pixels, and what was mended, in words.

    Raises ValueError, which names the path, where the end is missing and pixels with it.
    """
    parts = part_jpeg(data)
    if parts is None:  # its decoder will tell
        return data, None, None
    if parts.ended:
        main, mended = data[: parts.end], None
    else:
        main, mended = data.rstrip(b"\xff") + END, NO_END
        if lacks_pixels(data, parts) or not is_complete(path, main):
            raise damaged(path, "JPEG", "its end is missing, and some of its pixels are")
    return main, CodedJpeg(main, 1, carried_segments(parts), data[parts.end :]), mended


def is_complete(path: Path, data: bytes) -> bool:
    """Say whether a JPEG, to which an end was added, holds all pixels: what stands before that end plays no part."""
    try:
        return np.array_equal(decoded_jpeg(data), decoded_jpeg(data[: -len(END)] + FILLING + END))
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        raise damaged(path, "JPEG", error) from error


def decoded_jpeg(data: bytes) -> np.ndarray:
    """Decode a JPEG, (H, W, C) uint8, not turned."""
    samples = np.asarray(JpegImagePlugin.JpegImageFile(io.BytesIO(data)))
    return samples if samples.ndim == 3 else samples[:, :, None]


def encode_jpeg(
    picture: Picture, native: NativeSamples, options: dict[str, Any], *, edit: bool
) -> tuple[bytes, str | None]:
    """Encode a picture as JPEG; also say in words what could not be kept.

    native, options: what Pillow's encoder shall be given.  edit: whether a picture that came from a JPEG may keep the
    blocks in which nothing was restored.
    """
    coded = picture.coded
    notes = [KEPT_AFTER.format(len(coded.trailer))] if coded is not None and coded.trailer.strip(b"\0") else []
    if coded is not None and edit:
        try:
            return edited_jpeg(picture, coded, native.samples), "; ".join(notes) or None
        except ValueError as error:
            notes.append(f"it was compressed anew as a whole, which moves known pixels slightly: {error}")
    encoded = io.BytesIO()
    image_of(native).save(encoded, "JPEG", **options)
    if coded is None:
        return encoded.getvalue(), None
    parts = part_jpeg(encoded.getvalue())
    assert parts is not None
    header = [it for it in parts.segments if APP0 <= it[0] <= 0xEF or it[0] == COM]
    scans = bare_jpeg(encoded.getvalue(), colours=False)[2:]
    return joined_jpeg([*header, *coded.segments], scans, coded.trailer), "; ".join(notes) or None


def edited_jpeg(picture: Picture, coded: CodedJpeg, samples: np.ndarray) -> bytes:
    """Encode a picture into the JPEG that it came from; ValueError, with the reason, where that cannot be done."""
    if coded.shown.shape != samples.shape or samples.dtype != np.uint8:
        raise ValueError("it has another size or kind of colours now")
    shown, samples = (turn(it, TURNED_BACK.get(coded.orientation, coded.orientation)) for it in (coded.shown, samples))
    changed = different_pixels(shown, samples)
    scans = edited_scans(coded.data, samples, changed) if changed.any() else bare_jpeg(coded.data, colours=False)[2:]
    header = header_of(picture, coded)
    again = decoded_jpeg(joined_jpeg(header, scans, b""))
    cells = LARGEST_STEP, LARGEST_STEP
    if (
        again.shape != shown.shape
        or (changed_cells(different_pixels(again, shown), cells) & ~near(changed_cells(changed, cells))).any()
    ):
        raise ValueError("its blocks could not be kept")
    return joined_jpeg(header, scans, coded.trailer)


def different_pixels(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Say where two pictures (H, W, C) differ, (H, W) bool."""
    different = np.zeros(one.shape[:2], bool)
    for top in range(0, len(one), COMPARED_ROWS):  # which stay in the processor's cache
        rows = slice(top, top + COMPARED_ROWS)
        unequal = one[rows] != other[rows]
        if unequal.any():
            different[rows] = unequal.any(axis=2)
    return different


def near(cells: np.ndarray) -> np.ndarray:
    """Return cells with all that touch them, for colours are smoothed beyond the block that holds them."""
    return cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def header_of(picture: Picture, coded: CodedJpeg) -> list[Segment]:
    """Return the segments before the tables: what the picture carries, with the turn that its pixels still need."""
    parts = part_jpeg(coded.data)
    assert parts is not None
    header = [it for it in parts.segments if it[0] == APP0 and it[1].startswith(JFIF)]
    if picture.exif:
        header.append((APP1, EXIF_PREFIX + reset_orientation(picture.exif, unlink=False, to=coded.orientation)))
    if picture.xmp:
        packet = XMP_ORIENTATION.sub(rb"\g<1>" + str(coded.orientation).encode(), picture.xmp)
        header.append((APP1, XMP_PREFIX + packet))
    header += coded.segments
    if picture.icc:
        pieces = range(0, len(picture.icc), MOST_PROFILE_BYTES)
        numbered = (struct.pack("BB", number, len(pieces)) for number in range(1, len(pieces) + 1))
        header += [
            (APP2, ICC_PREFIX + numbers + picture.icc[start : start + MOST_PROFILE_BYTES])
            for numbers, start in zip(numbered, pieces, strict=True)
        ]
    header += [it for it in parts.segments if it[0] == APP14]
    return header + ([(COM, picture.comment)] if picture.comment else [])
