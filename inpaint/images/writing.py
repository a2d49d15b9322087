"""Writing a picture: the format by the suffix, everything the file carried, and never half a file."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from inpaint.files import atomically
from inpaint.images.encoders import clear_bmp, deep_png, png_info, samples_of, tiff
from inpaint.images.listing import format_of
from inpaint.images.metadata import EXIF_PREFIX, XMP_PREFIX
from inpaint.images.picture import Picture

QUALITY = {"JPEG": 95, "WEBP": 90}  # where neither the caller nor the source says otherwise
LARGEST = {"JPEG": 65500, "WEBP": 16383}  # pixels along a side; limits of the formats
SEGMENT = 65533  # bytes that fit in one segment of a JPEG


def write(picture: Picture, path: Path | str, quality: int | None = None) -> None:
    """Write a picture in the format of the suffix, atomically: an error leaves what was at `path` before.

    Profile, EXIF, XMP, resolution, and the texts of a PNG are written back where the format can hold them (BMP holds
    the resolution only).  `quality`, 1 to 100, applies to JPEG and WebP; PNG, BMP and TIFF are always exact.  Without
    it a picture from a JPEG keeps its quantisation tables and subsampling, any other becomes a JPEG of quality 95
    without subsampling; a WebP is exact unless the source was a lossy WebP (then quality 90).
    Raises ValueError where the format cannot hold the picture: alpha in JPEG, 16 bits outside PNG and TIFF.
    """
    form = format_of(path)
    _refuse_what_does_not_fit(picture, Path(path), form, quality)
    data = encode(picture, form, quality)
    with atomically(path) as temporary:
        temporary.write_bytes(data)


def encode(picture: Picture, form: str, quality: int | None = None) -> bytes:
    """Encode a picture as PNG, JPEG, WEBP, BMP or TIFF, as `write` does."""
    if form == "TIFF":
        return tiff(picture)
    if form == "BMP" and picture.alpha is not None:
        return clear_bmp(picture)
    options = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "BMP": _bmp}[form](picture, quality)
    options |= {"dpi": picture.dpi} if picture.dpi else {}
    if picture.colour.dtype == np.uint16:
        return deep_png(picture, options)
    samples = samples_of(picture)
    encoded = io.BytesIO()
    Image.fromarray(samples[:, :, 0] if samples.shape[2] == 1 else samples).save(encoded, form, **options)
    return encoded.getvalue()


def _refuse_what_does_not_fit(picture: Picture, path: Path, form: str, quality: int | None) -> None:
    if quality is not None and not 1 <= quality <= 100:
        raise ValueError(f"The quality is {quality}, but must lie between 1 and 100.")
    if picture.alpha is not None and form == "JPEG":
        raise ValueError(f"{path} cannot hold transparency, which the picture has: choose .png, .webp, .tif or .bmp.")
    if picture.colour.dtype == np.uint16 and form not in ("PNG", "TIFF"):
        raise ValueError(f"{path} cannot hold 16 bits per sample, which the picture has: choose .png or .tif.")
    if max(picture.size) > LARGEST.get(form, max(picture.size)):
        height, width = picture.size
        raise ValueError(
            f"{path} cannot hold {width} x {height} pixels, a side has at most {LARGEST[form]}: choose .png or .tif."
        )
    if form == "JPEG":
        for name, block in (("EXIF", picture.exif), ("XMP", picture.xmp)):
            if block and len(block) + len(XMP_PREFIX) > SEGMENT:
                raise ValueError(f"{path} cannot hold {len(block)} bytes of {name} (at most {SEGMENT}): choose .png.")


def _profile_and_exif(picture: Picture) -> dict:
    options = {"icc_profile": picture.icc} if picture.icc else {}
    return options | ({"exif": EXIF_PREFIX + picture.exif} if picture.exif else {})


def _png(picture: Picture, quality: int | None) -> dict:
    return _profile_and_exif(picture) | {"pnginfo": png_info(picture)}


def _bmp(picture: Picture, quality: int | None) -> dict:
    return {}


def _jpeg(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture)
    if picture.xmp:  # spelled out, because Pillow 10 does not write XMP itself
        packet = XMP_PREFIX + picture.xmp
        options["extra"] = b"\xff\xe1" + struct.pack(">H", len(packet) + 2) + packet
    if picture.comment:
        options["comment"] = picture.comment
    source = picture.compression
    if source is not None:
        options["progressive"] = source.progressive
    if quality is not None or source is None:
        return options | {"quality": quality or QUALITY["JPEG"], "subsampling": 0}
    return options | {"qtables": source.tables, "subsampling": max(source.subsampling, 0)}


def _webp(picture: Picture, quality: int | None) -> dict:
    options = _profile_and_exif(picture) | ({"xmp": picture.xmp} if picture.xmp else {})
    options |= {"exact": True}  # keep the colours under transparency
    if quality is None and (picture.lossless or picture.format != "WEBP"):
        return options | {"lossless": True}
    return options | {"quality": quality or QUALITY["WEBP"]}
