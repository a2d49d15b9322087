"""From what a decoder gives to exact samples: colour, alpha, and what the file holds in their place.

Pillow cannot hold 16-bit RGB, so 16-bit PNG and TIFF are decoded by OpenCV, whose BGR order ends in this file.
"""

from __future__ import annotations

import io
import warnings
import zlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms, TiffImagePlugin

from inpaint.images.deep_pairs import as_eight_bits, deep_pairs
from inpaint.images.picture import NO_SAMPLES
from inpaint.images.png_parts import png_chunks
from inpaint.images.tiff_parts import planes_as_files, tiff_pages
from inpaint.images.tiff_tags import BITS_PER_SAMPLE, EXTRA_SAMPLES, PHOTOMETRIC, PLANAR_CONFIGURATION, SAMPLE_FORMAT

SHOWN_MODES = {"1": "L", "L": "L", "LA": "LA", "La": "LA", "PA": "RGBA", "RGB": "RGB", "RGBA": "RGBA", "RGBa": "RGBA"}
SHOWN_MODES |= {"RGBX": "RGB", "YCbCr": "RGB"}
DECODED_ROWS_AT_ONCE = 256  # px, that are taken from the decoder


class DecodedSamples(NamedTuple):
    """The samples of a file, not yet turned upright."""

    colour: np.ndarray  # (H, W, 1 or 3)
    alpha: np.ndarray | None  # (H, W)
    icc: bytes | None  # the profile that the colours are in
    mode: str | None = None  # of picture.Stored; None where colour and alpha are what the file holds
    stored: np.ndarray = NO_SAMPLES  # samples of picture.Stored
    palette: np.ndarray | None = None  # of picture.Stored


def samples_in(path: Path, opened: Image.Image, data: bytes, pixels: np.ndarray | None = None) -> DecodedSamples:
    """Take the samples of a picture that Pillow opened from these data; the path names it in errors.

    pixels: those of a large picture, (H, W) or (H, W, C) uint8, where Pillow did not decode them.
    """
    icc = opened.info.get("icc_profile")
    if isinstance(opened, TiffImagePlugin.TiffImageFile) and as_eight_bits(data) is not data:
        try:
            pairs = deep_pairs(data, opened.tag_v2, (opened.height, opened.width))
        except (ValueError, KeyError, zlib.error) as error:
            raise ValueError(f"{path} cannot be decoded as TIFF: {error}") from error
        return DecodedSamples(pairs[:, :, :1], pairs[:, :, 1], icc)
    if _is_deep(path, opened, data):
        samples = _deep_samples(path, opened, data)
    elif opened.mode == "CMYK":
        colour, shown_in = _from_cmyk(path, opened, icc)
        return DecodedSamples(colour, None, shown_in, "CMYK", array_of(opened))
    elif opened.mode == "P":
        return _from_palette(opened, icc)
    elif opened.mode == "I;16" and opened.format == "JXL":
        samples = np.array(opened)
    elif pixels is not None:
        samples = pixels
    elif opened.mode in SHOWN_MODES:
        wanted = SHOWN_MODES[opened.mode]
        samples = array_of(opened if opened.mode == wanted else opened.convert(wanted))
    else:
        raise ValueError(f"{path} holds samples of the kind {opened.mode!r}: only 8 and 16 bits each can be kept")
    key = _clear_colour(opened, data)
    colour, alpha = _split(samples, key)
    if key is not None and alpha is not None:
        return DecodedSamples(colour, alpha, icc, "KEY", palette=key.astype(colour.dtype))
    return DecodedSamples(colour, alpha, icc, "1" if opened.mode == "1" else None)


def array_of(opened: Image.Image) -> np.ndarray:
    """Return a decoded picture as an array, with no more memory than that: Pillow makes two copies of a whole one."""
    width, height = opened.size
    first = np.asarray(opened.crop((0, 0, width, min(DECODED_ROWS_AT_ONCE, height))))
    samples = np.empty((height, *first.shape[1:]), first.dtype)
    samples[:DECODED_ROWS_AT_ONCE] = first
    for top in range(DECODED_ROWS_AT_ONCE, height, DECODED_ROWS_AT_ONCE):
        rows = opened.crop((0, top, width, min(top + DECODED_ROWS_AT_ONCE, height)))
        samples[top : top + DECODED_ROWS_AT_ONCE] = np.asarray(rows)
    return samples


def _split(samples: np.ndarray, clear: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Part colour from alpha; without alpha, the one colour that is declared clear makes one."""
    samples = samples if samples.ndim == 3 else samples[:, :, None]
    if samples.shape[2] in (2, 4):
        return samples[:, :, :-1], samples[:, :, -1]
    if clear is None:
        return samples, None
    opaque = (samples != clear.astype(samples.dtype)).any(axis=2)
    return samples, opaque.astype(samples.dtype) * np.iinfo(samples.dtype).max


def _clear_colour(opened: Image.Image, data: bytes) -> np.ndarray | None:
    """Give the colour that a grey or RGB PNG declares transparent (tRNS), as the samples hold it."""
    if opened.format != "PNG" or data[25] not in (0, 2):  # colour types grey and RGB
        return None
    depth = data[24]
    scale = 255 // (2**depth - 1) if depth < 8 else 1  # Pillow widens fewer bits to 8
    keys = [key for name, key in png_chunks(data) if name == b"tRNS"]
    return np.frombuffer(keys[0], ">u2").astype(np.int64) * scale if keys else None


def _from_palette(opened: Image.Image, icc: bytes | None) -> DecodedSamples:
    indices, clear = array_of(opened), opened.info.get("transparency")
    has_alpha = opened.palette is not None and opened.palette.mode == "RGBA"
    entries = np.array(opened.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    palette = np.zeros((min(256, max(len(entries), int(indices.max()) + 1)), 4), np.uint8)
    palette[:, 3] = 255  # an index beyond the palette is black
    palette[: len(entries)] = entries[:256]
    if isinstance(clear, bytes):
        palette[: len(clear), 3] = np.frombuffer(clear, np.uint8)[: len(palette)]
    elif clear is not None and clear < len(palette):
        palette[clear, 3] = 0
    alpha = palette[:, 3][indices] if has_alpha or clear is not None else None
    if alpha is None:
        palette[:, 3] = 255
    return DecodedSamples(palette[:, :3][indices], alpha, icc, "P", indices, palette)


def _from_cmyk(path: Path, opened: Image.Image, icc: bytes | None) -> tuple[np.ndarray, bytes | None]:
    """Turn CMYK into sRGB through the embedded profile; without one, by Pillow's formula."""
    if icc:
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        try:
            turned = ImageCms.profileToProfile(opened, io.BytesIO(icc), srgb, outputMode="RGB")
            return np.array(turned), srgb.tobytes()
        except (ImageCms.PyCMSError, OSError):
            warnings.warn(f"{path} has a CMYK profile that cannot be used: its colours are estimated", stacklevel=2)
    return np.array(opened.convert("RGB")), None


def _is_deep(path: Path, opened: Image.Image, data: bytes) -> bool:
    """Say whether samples have 16 bits; ValueError for a TIFF whose samples have neither 8 bits or fewer nor 16."""
    if opened.format == "PNG":
        return data[24] == 16
    if not isinstance(opened, TiffImagePlugin.TiffImageFile):
        return False
    tags = opened.tag_v2
    bits = set(tags.get(BITS_PER_SAMPLE, (1,)))
    if bits <= {1, 2, 4, 8}:
        return False
    plain = tags.get(PHOTOMETRIC) in (1, 2)
    unsigned = set(tags.get(SAMPLE_FORMAT, (1,))) == {1}
    plain_alpha = set(tags.get(EXTRA_SAMPLES, (2,))) <= {0, 2} and len(tags.get(EXTRA_SAMPLES, ())) <= 1
    if bits != {16} or not (plain and unsigned and plain_alpha):
        raise ValueError(
            f"{path} is a TIFF of {max(bits)} bits per sample in an unusual layout: beyond 8 bits only unsigned 16-bit "
            "grey, RGB and RGBA, not premultiplied, can be kept exactly"
        )
    return True


def _deep_samples(path: Path, opened: Image.Image, data: bytes) -> np.ndarray:
    """Decode 16-bit samples with OpenCV into (H, W, 1 to 4): grey, grey and alpha, RGB or RGBA.

    The planes of a TIFF that holds one channel after the other are decoded each by itself, by Pillow.
    """
    tags = getattr(opened, "tag_v2", {})
    if tags.get(PLANAR_CONFIGURATION, 1) == 2 and len(tags.get(BITS_PER_SAMPLE, ())) > 1:
        return deep_planes(path, data)
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.dtype != np.uint16 or samples.shape[:2] != (opened.height, opened.width):
        raise ValueError(f"{path} is damaged or of an unusual kind and cannot be decoded at 16 bits per sample")
    if samples.ndim == 2:
        return samples[:, :, None]
    grey = opened.format == "PNG" and data[25] in (0, 4)  # OpenCV widens grey with alpha to BGRA
    colour = samples[:, :, :1] if grey else samples[:, :, 2::-1]
    return np.concatenate([colour, samples[:, :, 3:]], axis=2)


def deep_planes(path: Path, data: bytes) -> np.ndarray:
    """Decode each channel of a 16-bit TIFF by itself, (H, W, C) uint16."""
    planes = []
    for plane in planes_as_files(data, tiff_pages(data)[0]):
        samples = np.array(TiffImagePlugin.TiffImageFile(io.BytesIO(plane), str(path)))
        planes.append(samples.astype(np.uint16))
    return np.stack(planes, axis=2)
