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
from inpaint.images.tiff_parts import values_of
from inpaint.images.tiff_tags import (
    BITS_PER_SAMPLE,
    COLOUR_MAP,
    EXTRA_SAMPLES,
    ICC_PROFILE,
    IMAGE_LENGTH,
    IMAGE_WIDTH,
    PHOTOMETRIC,
    PLANAR_CONFIGURATION,
    PREDICTOR,
    RESOLUTION_UNIT,
    ROWS_PER_STRIP,
    SAMPLES_PER_PIXEL,
    STRIP_BYTE_COUNTS,
    STRIP_OFFSETS,
    TIFF_COMPRESSION,
    X_RESOLUTION,
    XMP_PACKET,
    Y_RESOLUTION,
)

STRIP_BYTES = 1 << 20  # of uncompressed samples in one strip of a TIFF


def encode_tiff(picture: Picture, native: NativeSamples | None = None) -> bytes:
    """Encode as little-endian TIFF: deflate with horizontal differences, at 8 or 16 bits per sample.

    native: the samples to write in place of colour and alpha: bits (without differences), palette indices or inks.
    """
    samples = joined_samples(picture) if native is None else np.atleast_3d(native.samples)
    if samples.dtype == np.uint16 and samples.shape[2] == 2 and picture.format != "TIFF":  # hardly any reader knows it
        samples = samples[:, :, [0, 0, 0, 1]]
    extra = picture.extra if samples.shape[2] in (1, 3) else None
    if extra is not None:
        samples = np.concatenate([samples, extra[:, :, None]], axis=2)
    height, width, channels = samples.shape
    rows = max(1, STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [_strip(samples[top : top + rows]) for top in range(0, height, rows)]
    bits = 1 if samples.dtype == bool else samples.itemsize * 8
    sizes = tuple(len(strip) for strip in strips)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    _describe(tags, picture)
    tags[IMAGE_WIDTH], tags[IMAGE_LENGTH], tags[BITS_PER_SAMPLE] = width, height, (bits,) * channels
    tags[TIFF_COMPRESSION] = 8  # deflate
    mode = native.mode if native else "colour"
    tags[PHOTOMETRIC] = {"P": 3, "CMYK": 5}.get(mode, 2 if channels >= 3 else 1)  # 2 = RGB, 1 = grey, 0 is black
    tags[SAMPLES_PER_PIXEL], tags[ROWS_PER_STRIP], tags[STRIP_BYTE_COUNTS] = channels, rows, sizes
    tags[STRIP_OFFSETS] = 0  # filled in below
    tags[PLANAR_CONFIGURATION] = 1  # interleaved
    tags[PREDICTOR] = 1 if bits == 1 else 2  # none, or horizontal differences
    if native is not None and native.palette is not None:
        entries = np.zeros((256, 3), np.uint16)
        entries[: len(native.palette)] = native.palette[:, :3]
        tags[COLOUR_MAP] = tuple((entries * 257).T.flatten().tolist())
    elif channels in (2, 4) and mode != "CMYK":
        tags[EXTRA_SAMPLES] = 2 if extra is None else 0  # alpha that is not premultiplied, or unknown
    directory = bytearray(tags.tobytes(8))
    table = 8 + len(directory)
    offsets = [*accumulate(sizes[:-1], initial=table + 4 * len(strips))]
    # Pillow 10 cannot place more than one strip, so the entry (tag, LONG, how many, where) is rewritten here.
    where = table if len(strips) > 1 else offsets[0]
    entry = 2 + 12 * sorted(tags).index(STRIP_OFFSETS)
    struct.pack_into("<HHII", directory, entry, STRIP_OFFSETS, 4, len(strips), where)
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
        tags[X_RESOLUTION], tags[Y_RESOLUTION], tags[RESOLUTION_UNIT] = *picture.dpi, 2  # 2 = per inch
    for tag, kind, data in (
        (ICC_PROFILE, TiffTags.UNDEFINED, picture.icc),
        (XMP_PACKET, TiffTags.BYTE, picture.xmp),
    ):
        if data:
            tags.tagtype[tag] = kind
            tags[tag] = data
    for tag, kind, content in picture.tags:
        tags.tagtype[tag] = kind
        tags[tag] = values_of(kind, content)
    if picture.exif:
        try:
            described = _exif_tags(picture.exif)
            described.tobytes(8)
        except Exception as error:  # whatever a damaged block makes the parser raise; a TIFF cannot carry it as bytes
            warnings.warn(f"the EXIF of the picture cannot be read ({error}): the TIFF has none", stacklevel=2)
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
