"""Decoding as fast as training wants: the colours of a picture file, and nothing of what else it carries.

Plain 8-bit RGB files, which is what datasets and most folders hold, are decoded by OpenCV in two thirds of the time;
all others, and every file that looks damaged, go the careful way.  Both give the same pixels.
"""

from __future__ import annotations

import struct

import cv2
import numpy as np

from inpaint.images import read

PLAIN_CHUNKS = (b"IHDR", b"IDAT", b"IEND", b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"tIME")  # none turns pixels
PLAIN_SEGMENTS = (0xDB, 0xC4, 0xDD, 0xE0, 0xE2, 0xFE)  # tables, JFIF, colour profile, comment: no EXIF, no Adobe
JPEG_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive Huffman


def colour_of(data: bytes, name: str) -> np.ndarray:
    """Decode a picture file into (H, W, 1 or 3) uint8 or uint16, upright; name: what errors call it.

    Raises ValueError as images.read does.
    """
    if plain_jpeg(data) or plain_png(data):
        colour = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        if colour is not None:
            return cv2.cvtColor(colour, cv2.COLOR_BGR2RGB, dst=colour)
    return read(name, data=data).colour


def plain_jpeg(data: bytes) -> bool:
    """Say whether a file is an 8-bit JPEG of three components that needs neither turning nor conversion."""
    if data[:2] != b"\xff\xd8" or data[-2:] != b"\xff\xd9":  # also when it was cut off
        return False
    place = 2
    while place + 10 <= len(data) and data[place] == 0xFF:
        kind, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if kind in JPEG_FRAMES:
            return data[place + 4] == 8 and data[place + 9] == 3
        if kind not in PLAIN_SEGMENTS:
            return False
        place += 2 + length
    return False


def plain_png(data: bytes) -> bool:
    """Say whether a file is a whole 8-bit RGB PNG without chunks that could change what is seen."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[24:26] != b"\x08\x02":
        return False
    place, kind = 8, b""
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind not in PLAIN_CHUNKS:
            return False
        place += 12 + length
    return kind == b"IEND" and place == len(data)
