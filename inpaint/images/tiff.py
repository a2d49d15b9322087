"""Encoding TIFF of any kind, for Pillow writes neither 16-bit colour nor all that a file says about its subject.

Source: TIFF 6.0 with Adobe's deflate compression (TIFF Technical Note 2).
"""

from __future__ import annotations

import struct
import warnings
import zlib
from itertools import accumulate

import numpy as np
from PIL import Image, TiffImagePlugin, TiffTags

from inpaint.images.encoders import joined_samples
from inpaint.images.metadata import (
    DESCRIPTIVE,
    EXIF_DIRECTORY,
    EXIF_PREFIX,
    GPS_DIRECTORY,
    INTEROPERABILITY,
    ORIENTATION,
)
from inpaint.images.picture import Picture
from inpaint.images.storing import NativeSamples

STRIP_BYTES = 1 << 20  # of uncompressed samples in one strip of a TIFF


def encode_tiff(picture: Picture, native: NativeSamples | None = None) -> bytes:
    """Encode as little-endian TIFF: deflate with horizontal differences, at 8 or 16 bits per sample.

    native: the samples to write in place of colour and alpha: bits (without differences), palette indices or inks.
    """
    samples = joined_samples(picture) if native is None else np.atleast_3d(native.samples)
    if samples.dtype == np.uint16 and samples.shape[2] == 2 and picture.format != "TIFF":  # hardly any reader knows it
        samples = samples[:, :, [0, 0, 0, 1]]
    height, width, channels = samples.shape
    rows = max(1, STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [_strip(samples[top : top + rows]) for top in range(0, height, rows)]
    bits = 1 if samples.dtype == bool else samples.itemsize * 8
    sizes = tuple(len(strip) for strip in strips)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    _describe(tags, picture)
    tags[256], tags[257], tags[258] = width, height, (bits,) * channels
    tags[259] = 8  # compression: deflate
    mode = native.mode if native else "colour"
    tags[262] = {"P": 3, "CMYK": 5}.get(mode, 2 if channels >= 3 else 1)  # photometric; 2 = RGB, 1 = grey, 0 is black
    tags[277], tags[278], tags[279] = channels, rows, sizes
    tags[273] = 0  # where the strips lie, filled in below
    tags[284], tags[317] = 1, 1 if bits == 1 else 2  # interleaved; predictor: none, or horizontal differences
    if native is not None and native.palette is not None:
        entries = np.zeros((256, 3), np.uint16)
        entries[: len(native.palette)] = native.palette[:, :3]
        tags[320] = tuple((entries * 257).T.flatten().tolist())
    elif channels in (2, 4) and mode != "CMYK":
        tags[338] = 2  # the extra sample is alpha, not premultiplied
    directory = bytearray(tags.tobytes(8))
    table = 8 + len(directory)
    offsets = [*accumulate(sizes[:-1], initial=table + 4 * len(strips))]
    # Pillow 10 cannot place more than one strip, so the entry (tag, LONG, how many, where) is rewritten here.
    where = table if len(strips) > 1 else offsets[0]
    struct.pack_into("<HHII", directory, 2 + 12 * sorted(tags).index(273), 273, 4, len(strips), where)
    return b"".join([b"II*\0\x08\0\0\0", directory, struct.pack(f"<{len(offsets)}I", *offsets), *strips])


def _strip(samples: np.ndarray) -> bytes:
    if samples.dtype == bool:
        return zlib.compress(np.packbits(samples[:, :, 0], axis=1).tobytes(), 6)
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
