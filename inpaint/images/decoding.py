"""Decoding with Pillow: the decoders are called directly, so that only these formats can be reached.

No limit that is global to the process takes part either.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

from PIL import BmpImagePlugin, Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

from inpaint.images.avif import avif_opener
from inpaint.images.damaged import damaged
from inpaint.images.deep_pairs import as_eight_bits
from inpaint.images.extra_formats import heif_opener, jxl_head, jxl_opener
from inpaint.images.metadata import ORIENTATION, reset_orientation
from inpaint.images.tiff_tags import BITS_PER_SAMPLE, PLANAR_CONFIGURATION

MOST_SAMPLES_PER_BYTE = 1100  # samples of 8 bits that a byte of deflate can stand for, at the very most (1032)
PILLOW_DECODERS = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,  # of a multi-picture JPEG (phones) this is the main picture
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}


class SeveralFrames(ValueError):
    """A file of several pictures where one is wanted; `read_frames` reads those that move."""


def several_frames(path: Path, frames: int, form: str) -> SeveralFrames:
    """Say that a file holds several pictures where one is wanted."""
    kind = "pages" if form == "TIFF" else "frames"
    return SeveralFrames(f"{path} holds {frames} {kind}, but a single picture is needed here")


def decode_with_pillow(
    path: Path, data: bytes, form: str, limit: int, *, load: bool = True
) -> tuple[Image.Image, int, bytes]:
    """Open and decode with Pillow; also give the orientation still to be applied, and the data without it.

    load: whether pixels are wanted, too.
    """
    opener = opener_of(path, form)
    try:
        if form == "JXL":  # whose decoder decodes at once
            width, height = stored_jxl_size(data)[::-1]
            if width * height > limit:
                raise too_large(path, (height, width), limit)
        shown = as_eight_bits(data) if form == "TIFF" else data
        opened = opener(io.BytesIO(shown), str(path))
        width, height = opened.size
        frames = getattr(opened, "n_frames", 1) if form != "HEIF" else 1  # of which the first is the main one
        if (
            form == "PNG" and MOST_SAMPLES_PER_BYTE * 8 * len(data) < width * height <= limit
        ):  # at least 1 bit per pixel
            raise OSError("it is far too short for its size")
        if width * height <= limit and frames == 1:
            orientation = orientation_of(path, opened) if form != "PNG" else 1
            if form == "TIFF" and orientation != 1:  # Pillow would turn it, OpenCV sometimes: leave them nothing to do
                data = reset_orientation(data, unlink=False)
                shown = as_eight_bits(data)
                opened = opener(io.BytesIO(shown), str(path))
            if load and shown is data and not is_deep_tiff(opened):
                opened.load()
            if form == "PNG":  # EXIF may stand after the pixels
                orientation = orientation_of(path, opened)
            return opened, orientation, data
    except TooLarge:
        raise
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        raise damaged(path, form, error) from error
    if frames != 1:
        raise several_frames(path, frames, form)
    raise too_large(path, (height, width), limit)


class TooLarge(ValueError):
    """A picture of more pixels than are read."""


def too_large(path: Path, size: tuple[int, int], limit: int) -> TooLarge:
    """Say that a picture has more pixels than are read."""
    return TooLarge(f"{path} has {size[1]} x {size[0]} pixels, more than the limit of {limit}")


def stored_jxl_size(data: bytes) -> tuple[int, int]:
    """Return height and width of a JPEG XL that does not move."""
    head = jxl_head(data)
    if head.moving:
        raise ValueError("it moves, and only still pictures in JPEG XL are read")
    return head.size


def opener_of(path: Path, form: str) -> Any:
    """Return the decoder of a format; ValueError, which names the path, where it is not installed."""
    extra = {"AVIF": avif_opener, "HEIF": heif_opener, "JXL": jxl_opener}
    return extra[form](path) if form in extra else PILLOW_DECODERS[form]


def is_deep_tiff(opened: Image.Image) -> bool:
    """Say whether a TIFF holds 16-bit channels one after the other, which Pillow does not load."""
    tags = getattr(opened, "tag_v2", {})
    return tags.get(PLANAR_CONFIGURATION, 1) == 2 and 16 in tags.get(BITS_PER_SAMPLE, ())


def orientation_of(path: Path, opened: Image.Image) -> int:
    """Give the EXIF orientation, 1 to 8, of an opened picture; HEIC and JPEG XL are turned by their decoders."""
    if opened.format in ("HEIF", "JXL"):
        return 1
    try:
        return opened.getexif().get(ORIENTATION, 1)
    except Exception as error:  # whatever a damaged block makes the parser raise; the pixels are good all the same
        warnings.warn(f"{path} has EXIF that cannot be read ({error}): it is taken to stand upright", stacklevel=2)
        return 1
