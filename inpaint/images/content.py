"""The bytes of a picture file, and which format they are in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from inpaint.images.extra_formats import HEIF_BRANDS, JXL_CONTAINER, JXL_STREAM

MOST_FILE_BYTES = 2 << 30  # bytes of a file; more is no picture within the limits


def content_of(path: Path, data: bytes | None = None) -> bytes:
    """Read the bytes of a file, if they are not given; errors as of `read`."""
    try:
        data = _bytes_of(path) if data is None else data
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    if not data:
        raise ValueError(f"{path} is empty (0 bytes)")
    return data


def _bytes_of(path: Path) -> bytes:
    status = os.stat(path)
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise ValueError(f"{path} is no file but a pipe, a socket or a device: only files are read")
    if status.st_size > MOST_FILE_BYTES:
        raise ValueError(f"{path} has {status.st_size} bytes, more than the limit of {MOST_FILE_BYTES}")
    return path.read_bytes()


def format_in(path: Path, data: bytes) -> str:
    """Tell the format by the first bytes; ValueError where it is none of those that can be read."""
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and any(data[at : at + 4] in (b"avif", b"avis") for at in (8, *range(16, 64, 4))):
        return "AVIF"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "HEIF"
    if data.startswith((JXL_STREAM, JXL_CONTAINER)):
        return "JXL"
    signatures = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "GIF": b"GIF8", "BMP": b"BM"}
    for form, signature in signatures.items():
        if data.startswith(signature):
            return form
    raise ValueError(
        f"{path} is not a picture that can be read: it is none of PNG, JPEG, WebP, AVIF, GIF, BMP, TIFF, HEIC "
        "and JPEG XL"
    )
