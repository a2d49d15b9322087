"""Decoding large PNG and JPEG files with little more memory than their pixels take.

Pillow holds four bytes for each pixel of three, beside the array that they are copied to.  A PNG is therefore decoded
in bands of rows, each as a small PNG whose first row is the last one of the band before, for filters look one row up;
a JPEG by OpenCV, which holds three bytes for each pixel, twice.  Both give what Pillow gives, sample for sample: it
decodes the bands, and both have the same decoder for JPEG.  What cannot be decoded so is left to Pillow, which knows
what to say of it.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from PIL import JpegImagePlugin, PngImagePlugin

from inpaint.images.jpeg_parts import END
from inpaint.images.png_parts import PngChunk, png_of, walked_chunks

LEAST_LARGE = 16_000_000  # pixels
BAND_BYTES = 1_000_000  # of a PNG, unpacked
READ_AT_ONCE = 1 << 18  # bytes of a PNG that are unpacked at once
PNG_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # by the colour type of a PNG
SWAPPED_ROWS = 256  # px, that are turned from BGR to RGB at once


class LargePixels(NamedTuple):
    """The pixels of a large file."""

    samples: np.ndarray  # (H, W) or (H, W, C) uint8, not turned
    rest: bytes  # a file of the same format from which all but the pixels and the size can be read


def large_pixels(data: bytes, form: str, limit: int) -> LargePixels | None:
    """Decode a file of many pixels, at most `limit`; None where it is left to Pillow."""
    try:
        if form == "PNG":
            return large_png(data, limit)
        return large_jpeg(data, limit) if form == "JPEG" else None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, cv2.error):
        return None


def large_png(data: bytes, limit: int) -> LargePixels | None:
    """Decode a PNG of 8 bits a sample, without palette and not interlaced."""
    names = [name for name, _, _ in walked_chunks(data)]
    width, height, depth, kind, _, _, interlaced = header = struct.unpack_from(">IIBBBBB", data, 16)
    if not LEAST_LARGE <= width * height <= limit or depth != 8 or kind not in PNG_CHANNELS or interlaced:
        return None
    if b"acTL" in names or names[0] != b"IHDR":
        return None
    channels = PNG_CHANNELS[kind]
    samples = np.empty((height, width, channels), np.uint8)
    stride, top = 1 + width * channels, 0
    above = bytes(stride)
    for rows in unpacked_bands(data, stride, height):
        count = len(rows) // stride
        band = png_with(header, count + 1, above + rows)
        shown = np.asarray(PngImagePlugin.PngImageFile(io.BytesIO(band)))
        samples[top : top + count] = shown[1:].reshape(count, width, channels)
        above, top = b"\0" + samples[top + count - 1].tobytes(), top + count
    one_pixel = png_of(with_one_pixel(data, 1 + channels))
    return LargePixels(samples if channels > 1 else samples[:, :, 0], one_pixel)


def unpacked_bands(data: bytes, stride: int, height: int) -> Iterator[bytes]:
    """Yield the filtered rows of a PNG, many whole ones at a time; ValueError where some are missing.

    stride: bytes of a row.
    """
    waiting, left = bytearray(), height * stride
    at_once = max(1, BAND_BYTES // stride) * stride
    for unpacked in unpacked_pixels(data):
        waiting += unpacked
        while left and len(waiting) >= (count := min(at_once, left)):
            yield bytes(memoryview(waiting)[:count])
            del waiting[:count]
            left -= count
        if not left:
            return
    raise ValueError(f"{left} bytes of its rows are missing")


def unpacked_pixels(data: bytes) -> Iterator[bytes]:
    """Yield what the pixels of a PNG unpack to, in pieces of at most BAND_BYTES, however well they were packed."""
    unpacking = zlib.decompressobj()
    for name, start, length in walked_chunks(data):
        if name != b"IDAT":
            continue
        chunk = memoryview(data)[start : start + length]
        for at in range(0, length, READ_AT_ONCE):
            packed = chunk[at : at + READ_AT_ONCE]
            while packed:
                yield unpacking.decompress(packed, BAND_BYTES)
                packed = unpacking.unconsumed_tail
    while unpacked := unpacking.decompress(b"", BAND_BYTES):
        yield unpacked


def png_with(header: tuple[int, ...], rows: int, filtered: bytes) -> bytes:
    """Return a PNG of some rows of another one, not packed."""
    head = struct.pack(">IIBBBBB", header[0], rows, *header[2:])
    return png_of([(b"IHDR", head), (b"IDAT", zlib.compress(filtered, 0)), (b"IEND", b"")])


def with_one_pixel(data: bytes, stride: int) -> Iterator[PngChunk]:
    """Yield the chunks of a PNG with a single pixel in place of its own, of which a row has so many bytes."""
    pixels = [(b"IDAT", zlib.compress(bytes(stride)))]
    for name, start, length in walked_chunks(data):
        if name == b"IDAT":
            yield from pixels
            pixels = []
        else:
            chunk = data[start : start + length]
            yield name, struct.pack(">II", 1, 1) + chunk[8:] if name == b"IHDR" else chunk


def large_jpeg(data: bytes, limit: int) -> LargePixels | None:
    """Decode a JPEG of grey or of three components that reaches to its end."""
    opened = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    width, height = opened.size
    if not LEAST_LARGE <= width * height <= limit or opened.mode not in ("L", "RGB") or not data.endswith(END):
        return None
    kind = cv2.IMREAD_GRAYSCALE if opened.mode == "L" else cv2.IMREAD_COLOR
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), kind | cv2.IMREAD_IGNORE_ORIENTATION)
    if samples is None or samples.dtype != np.uint8 or samples.shape[:2] != (height, width):
        return None
    if samples.ndim == 3:
        for rows in (samples[top : top + SWAPPED_ROWS] for top in range(0, height, SWAPPED_ROWS)):
            cv2.cvtColor(rows, cv2.COLOR_BGR2RGB, dst=rows)
    return LargePixels(samples, data)
