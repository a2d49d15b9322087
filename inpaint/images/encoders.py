"""Encoders for what Pillow cannot write: 16-bit PNG with metadata, and BMP with alpha.

Sources: PNG (W3C, third edition), and the Windows bitmap header BITMAPV4HEADER.
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from inpaint.images.picture import Picture
from inpaint.images.png_parts import png_chunks, png_of

PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of samples per pixel
TRIED_STRIP = (16, 2048)  # height and width of the strips that two ways to compress are tried on
TRIED_STRIPS = 4
MOST_EXTRA_BYTES = 1.03  # times as many bytes at most, for a third of the time
SPARSE_REPEATS = 1.1  # times the bytes of runs that a hasty search for repeats needs at least where there are none


def joined_samples(picture: Picture) -> np.ndarray:
    """Join colour and alpha into one array (H, W, 1 to 4)."""
    if picture.alpha is None:
        return picture.colour
    return np.concatenate([picture.colour, picture.alpha[:, :, None]], axis=2)


def deep_png(samples: np.ndarray, options: dict) -> bytes:
    """Encode 16-bit samples (H, W, 1 to 4) as PNG, Paeth-filtered.

    options: what Pillow's PNG encoder takes.  Pillow writes them around a single pixel, and that pixel is replaced.
    """
    height, width, channels = samples.shape
    shell = io.BytesIO()
    Image.new("L" if channels < 3 else "RGB", (1, 1)).save(shell, "PNG", **options)
    header = struct.pack(">IIBBBBB", width, height, 16, PNG_COLOUR_TYPES[channels], 0, 0, 0)
    rows = samples.astype(">u2").view(np.uint8).reshape(height, -1)
    replaced = {b"IHDR": header, b"IDAT": zlib.compress(_paeth(rows, channels * 2), 6)}
    return png_of((name, replaced.get(name, data)) for name, data in png_chunks(shell.getvalue()))


def compression_of(samples: np.ndarray) -> dict:
    """Return how Pillow's PNG encoder shall compress 8-bit samples (H, W, 1 to 4): one that changes no pixel.

    A filtered photograph repeats nothing but runs, and looking for no more takes a third of the time; drawings and
    screentones do repeat themselves.  Strips of the picture tell, unless it is small; the slow search for repeats is
    only tried where a hasty one finds about as much as runs do.
    """
    height, width = samples.shape[:2]
    if height < 2 * TRIED_STRIPS * TRIED_STRIP[0]:
        return {}
    left = max(0, width - TRIED_STRIP[1]) // 2
    tops = [height * (2 * number + 1) // (2 * TRIED_STRIPS) for number in range(TRIED_STRIPS)]
    strips = np.concatenate([samples[top : top + TRIED_STRIP[0], left : left + TRIED_STRIP[1]] for top in tops])
    strips = Image.fromarray(strips[:, :, 0] if strips.shape[2] == 1 else strips)
    runs: dict[str, int] = {"compress_type": zlib.Z_RLE}
    size = png_size(strips, **runs)
    if png_size(strips, compress_level=1) >= SPARSE_REPEATS * size:
        return runs
    return runs if size <= MOST_EXTRA_BYTES * png_size(strips) else {}


def png_size(image: Image.Image, **options: int) -> int:
    """Return how many bytes a picture has as PNG."""
    encoded = io.BytesIO()
    image.save(encoded, "PNG", **options)
    return encoded.tell()


def _paeth(rows: np.ndarray, pixel: int) -> bytes:
    """Filter rows of bytes (H, W * pixel) with PNG's Paeth predictor, a filter byte before each row."""
    filtered = np.full((rows.shape[0], rows.shape[1] + 1), 4, np.uint8)
    above = np.zeros(rows.shape[1] + pixel, np.int16)
    for y, row in enumerate(rows):  # a row at a time bounds the memory
        padded = np.concatenate([np.zeros(pixel, np.int16), row.astype(np.int16)])
        left, up, corner = padded[:-pixel], above[pixel:], above[:-pixel]
        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        nearest = np.where(to_up <= to_corner, up, corner)
        nearest = np.where((to_left <= to_up) & (to_left <= to_corner), left, nearest)
        filtered[y, 1:] = (row - nearest).astype(np.uint8)
        above = padded
    return filtered.tobytes()


def clear_bmp(picture: Picture) -> bytes:
    """Encode 8-bit RGBA (grey is repeated) as a 32-bit BMP whose header names the alpha channel."""
    height, width = picture.size
    colour = np.broadcast_to(picture.colour, (height, width, 3))
    assert picture.alpha is not None
    stored = np.concatenate([colour[:, :, ::-1], picture.alpha[:, :, None]], axis=2)[::-1].tobytes()
    metres = [round(dpi / 0.0254) for dpi in picture.dpi or (0, 0)]
    masks = (0x00FF0000, 0x0000FF00, 0x000000FF, 0xFF000000)
    header = struct.pack("<IiiHHIIiiII4I", 108, width, height, 1, 32, 3, len(stored), *metres, 0, 0, *masks)
    header += b"BGRs" + bytes(48)  # sRGB, which leaves end points and gamma unused
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + len(stored), 0, 0, 14 + len(header)) + header + stored


def png_info(picture: Picture) -> PngImagePlugin.PngInfo:
    """Gather texts and XMP for Pillow's PNG encoder."""
    info = PngImagePlugin.PngInfo()
    for key, value in picture.text.items():
        info.add_text(key, value)
    if picture.xmp:
        info.add_itxt("XML:com.adobe.xmp", picture.xmp.decode("utf-8", "replace"))
    return info
