"""Encoders for what Pillow cannot write: 16-bit PNG with metadata, TIFF of any kind, BMP with alpha.

Sources: PNG (W3C, third edition), TIFF 6.0 with Adobe's deflate compression (TIFF Technical Note 2), and the Windows
bitmap header BITMAPV4HEADER.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from itertools import accumulate

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin, TiffTags

from inpaint.images.metadata import (
    DESCRIPTIVE,
    EXIF_DIRECTORY,
    EXIF_PREFIX,
    GPS_DIRECTORY,
    INTEROPERABILITY,
    ORIENTATION,
    png_chunks,
)
from inpaint.images.picture import Picture

STRIP_BYTES = 1 << 20  # of uncompressed samples in one strip of a TIFF
PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # by the number of samples per pixel


def samples_of(picture: Picture) -> np.ndarray:
    """Join colour and alpha into one array (H, W, 1 to 4)."""
    if picture.alpha is None:
        return picture.colour
    return np.concatenate([picture.colour, picture.alpha[:, :, None]], axis=2)


def deep_png(picture: Picture, options: dict) -> bytes:
    """Encode 16-bit samples as PNG, Paeth-filtered.

    options: what Pillow's PNG encoder takes.  Pillow writes them around a single pixel, and that pixel is replaced.
    """
    samples = samples_of(picture)
    height, width, channels = samples.shape
    shell = io.BytesIO()
    Image.new("RGB", (1, 1)).save(shell, "PNG", **options)
    header = struct.pack(">IIBBBBB", width, height, 16, PNG_COLOUR_TYPES[channels], 0, 0, 0)
    rows = samples.astype(">u2").view(np.uint8).reshape(height, -1)
    replaced = {b"IHDR": header, b"IDAT": zlib.compress(_paeth(rows, channels * 2), 6)}
    encoded = b"\x89PNG\r\n\x1a\n"
    for name, data in png_chunks(shell.getvalue()):
        data = replaced.get(name, data)
        encoded += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return encoded


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


def tiff(picture: Picture) -> bytes:
    """Encode as little-endian TIFF: deflate with horizontal differences, at 8 or 16 bits per sample."""
    samples = samples_of(picture)
    if samples.dtype == np.uint16 and samples.shape[2] == 2:  # hardly any reader knows 16-bit grey with alpha
        samples = samples[:, :, [0, 0, 0, 1]]
    height, width, channels = samples.shape
    rows = max(1, STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [_strip(samples[top : top + rows]) for top in range(0, height, rows)]
    sizes = tuple(len(strip) for strip in strips)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    _describe(tags, picture)
    tags[256], tags[257], tags[258] = width, height, (samples.itemsize * 8,) * channels
    tags[259] = 8  # compression: deflate
    tags[262] = 2 if channels >= 3 else 1  # photometric: RGB, or grey with 0 as black
    tags[277], tags[278], tags[279] = channels, rows, sizes
    tags[273] = 0  # where the strips lie, filled in below
    tags[284], tags[317] = 1, 2  # interleaved; predictor: horizontal differences
    if channels in (2, 4):
        tags[338] = 2  # the extra sample is alpha, not premultiplied
    directory = bytearray(tags.tobytes(8))
    table = 8 + len(directory)
    offsets = [*accumulate(sizes[:-1], initial=table + 4 * len(strips))]
    # Pillow 10 cannot place more than one strip, so the entry (tag, LONG, how many, where) is rewritten here.
    where = table if len(strips) > 1 else offsets[0]
    struct.pack_into("<HHII", directory, 2 + 12 * sorted(tags).index(273), 273, 4, len(strips), where)
    return b"".join([b"II*\0\x08\0\0\0", directory, struct.pack(f"<{len(offsets)}I", *offsets), *strips])


def _strip(samples: np.ndarray) -> bytes:
    little = samples.astype(samples.dtype.newbyteorder("<"))
    differences = little.copy()
    differences[:, 1:] -= little[:, :-1]
    return zlib.compress(differences.tobytes(), 6)


def _describe(tags: TiffImagePlugin.ImageFileDirectory_v2, picture: Picture) -> None:
    """Put resolution, profile, XMP and EXIF into the directory of a TIFF."""
    if picture.dpi:
        tags[282], tags[283], tags[296] = *picture.dpi, 2  # 2 = per inch
    for tag, kind, data in ((34675, TiffTags.UNDEFINED, picture.icc), (700, TiffTags.BYTE, picture.xmp)):
        if data:
            tags.tagtype[tag] = kind
            tags[tag] = data
    if picture.exif:
        try:
            described = _exif_tags(picture.exif)
            described.tobytes(8)
        except Exception as error:  # whatever a damaged block makes the parser raise; a TIFF cannot carry it as bytes
            warnings.warn(f"The EXIF of the picture cannot be read ({error}): the TIFF has none.", stacklevel=2)
        else:
            for tag, value in described.items():
                tags[tag] = value


def _exif_tags(block: bytes) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Pick from an EXIF block what goes into the directory of a TIFF."""
    exif, tags = Image.Exif(), TiffImagePlugin.ImageFileDirectory_v2()
    exif.load(EXIF_PREFIX + block)
    for tag in (*DESCRIPTIVE, ORIENTATION):
        if tag in exif:
            tags[tag] = exif[tag]
    for tag in (EXIF_DIRECTORY, GPS_DIRECTORY):
        directory = {key: value for key, value in exif.get_ifd(tag).items() if key != INTEROPERABILITY}
        if directory:
            tags[tag] = directory
    return tags


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
    """Gather texts, XMP and the chunks that say what the colours mean, for Pillow's PNG encoder."""
    info = PngImagePlugin.PngInfo()
    for name, data in picture.chunks:
        info.add(name, data)
    for key, value in picture.text.items():
        info.add_text(key, value)
    if picture.xmp:
        info.add_itxt("XML:com.adobe.xmp", picture.xmp.decode("utf-8", "replace"))
    return info
