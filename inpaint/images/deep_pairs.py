"""Reading TIFF of 16-bit grey with alpha, which neither Pillow nor OpenCV can.

Source: TIFF 6.0.  Pillow is shown the file as if it had 8 bits, for the tags; the samples are taken from the strips.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

from inpaint.images.tiff_tags import (
    BITS_PER_SAMPLE,
    PHOTOMETRIC,
    PLANAR_CONFIGURATION,
    PREDICTOR,
    ROWS_PER_STRIP,
    SAMPLES_PER_PIXEL,
    STRIP_BYTE_COUNTS,
    STRIP_OFFSETS,
    TIFF_COMPRESSION,
)

UNCOMPRESSED, DEFLATE_CODES = 1, (8, 32946)  # values of TIFF_COMPRESSION


def as_eight_bits(data: bytes) -> bytes:
    """Return a TIFF whose tags say 8 bits where they said 16-bit grey with alpha; any other file as it is."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    try:
        if order is None:
            return data
        start = struct.unpack_from(order + "I", data, 4)[0]
        count = struct.unpack_from(order + "H", data, start)[0]
        for at in range(start + 2, start + 2 + 12 * count, 12):
            if struct.unpack_from(order + "HHIHH", data, at) == (BITS_PER_SAMPLE, 3, 2, 16, 16):
                patched = bytearray(data)
                struct.pack_into(order + "HH", patched, at + 8, 8, 8)
                return bytes(patched)
    except struct.error:  # as far as it can be walked; Pillow will tell
        pass
    return data


def deep_pairs(data: bytes, tags: Any, size: tuple[int, int]) -> np.ndarray:
    """Return the samples (H, W, 2) uint16 of a TIFF of 16-bit grey with alpha.

    tags: as Pillow reads them.  size: height and width.  Raises ValueError for a layout or compression that is not
    known here, and for strips that are too short.
    """
    (height, width), compression, predictor = size, tags.get(TIFF_COMPRESSION, UNCOMPRESSED), tags.get(PREDICTOR, 1)
    plain = (
        tags.get(PLANAR_CONFIGURATION, 1) == 1
        and tags.get(PHOTOMETRIC) == 1
        and tags.get(SAMPLES_PER_PIXEL) == 2
        and STRIP_OFFSETS in tags
    )
    if not plain or compression not in (UNCOMPRESSED, *DEFLATE_CODES) or predictor not in (1, 2):
        raise ValueError("16-bit grey with alpha is read from strips without compression or with deflate only")
    rows = min(tags.get(ROWS_PER_STRIP, height), height)
    strips = []
    for number, (start, length) in enumerate(zip(tags[STRIP_OFFSETS], tags[STRIP_BYTE_COUNTS], strict=True)):
        wanted = min(rows, height - number * rows) * width * 4
        strip = data[start : start + length]
        if compression != UNCOMPRESSED:
            strip = zlib.decompressobj().decompress(strip, max(1, wanted))
        if wanted <= 0 or len(strip) < wanted:
            raise ValueError("a strip is too short")
        strips.append(strip[:wanted])
    samples = np.frombuffer(b"".join(strips), ">u2" if data[:2] == b"MM" else "<u2").astype(np.uint16)
    if samples.size != height * width * 2:
        raise ValueError("strips are missing")
    samples = samples.reshape(height, width, 2)
    return samples if predictor == 1 else np.cumsum(samples, axis=1, dtype=np.uint16)
