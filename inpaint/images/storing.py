"""Bringing a restored picture back into the kind of samples that its file had: palette, inks, bits, a clear colour.

Known pixels keep the very samples that were read; only pixels whose colour changed are converted.
"""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms

from inpaint.images.palette import fit_palette
from inpaint.images.picture import Picture, Stored

HOLDING_FORMATS = {"1": ("PNG", "TIFF", "BMP"), "P": ("PNG", "TIFF", "BMP"), "CMYK": ("JPEG", "TIFF"), "KEY": ("PNG",)}
SAMPLE_KIND_NAMES = {"1": "one bit per pixel", "P": "a palette", "CMYK": "CMYK", "KEY": "a clear colour"}
MOST_PALETTE_ERROR = 12.0  # 8-bit levels, root mean square, that restored colours may be off in a palette


class NativeSamples(NamedTuple):
    """Samples as a file shall hold them."""

    mode: str  # as in Stored
    samples: np.ndarray  # "1": (H, W) bool, "P": (H, W) uint8, "CMYK": (H, W, 4), "KEY": (H, W, 1 or 3)
    palette: np.ndarray | None = None  # as in Stored
    icc: bytes | None = None  # "CMYK"


def native_samples(picture: Picture, form: str) -> tuple[NativeSamples | None, str | None]:
    """Give the samples in the kind that the picture's file had, and what could not be kept, in words.

    None where colour and alpha are to be written as they are: because the file had nothing else, or because the format
    or the palette cannot hold the picture.
    """
    stored = picture.stored
    if stored is None or stored.shown.shape != picture.colour.shape or stored.shown.dtype != picture.colour.dtype:
        return None, None
    if stored.mode == "P" and stored.samples.size == 0:  # frames of an animation, drawn with several palettes
        return None, None
    flat = stored.mode in ("1", "CMYK") or (stored.mode == "P" and form != "PNG")
    if form not in HOLDING_FORMATS[stored.mode] or (flat and picture.alpha is not None):
        return (
            None,
            f"{form} cannot hold {SAMPLE_KIND_NAMES[stored.mode]} here: it was written without"
            if form != "GIF"
            else None,
        )
    if stored.mode == "1":
        return NativeSamples("1", picture.colour[:, :, 0] >= 128), None
    return {"P": _palette, "CMYK": _inks, "KEY": _key}[stored.mode](picture, stored)


def image_of(native: NativeSamples) -> Image.Image:
    """Make a Pillow image of native samples."""
    height, width = native.samples.shape[:2]
    if native.mode == "CMYK":
        return Image.frombytes("CMYK", (width, height), native.samples.tobytes())
    samples = native.samples[:, :, 0] if native.samples.ndim == 3 and native.samples.shape[2] == 1 else native.samples
    image = Image.fromarray(samples)
    if native.mode == "P":
        assert native.palette is not None
        image.putpalette(native.palette[:, :3].tobytes())
    return image


def changed_pixels(picture: Picture, stored: Stored) -> np.ndarray:
    """Say which pixels are not as they were read, (H, W) bool."""
    different = (picture.colour != stored.shown).any(axis=2)
    if stored.mode == "P" and picture.alpha is not None:
        assert stored.palette is not None
        different |= picture.alpha != stored.palette[:, 3][stored.samples]
    return different


def _palette(picture: Picture, stored: Stored) -> tuple[NativeSamples | None, str | None]:
    assert stored.palette is not None
    restored = changed_pixels(picture, stored)  # (H, W)
    kept = np.zeros(len(stored.palette), bool)
    kept[np.unique(stored.samples[~restored])] = True
    wanted = np.full((int(restored.sum()), 4), 255, np.uint8)
    wanted[:, :3] = picture.colour[restored]
    if picture.alpha is not None:
        wanted[:, 3] = picture.alpha[restored]
    fitted = fit_palette(stored.palette, kept, wanted)
    if fitted.error > MOST_PALETTE_ERROR:
        kind = "RGB" if picture.alpha is None else "RGBA"
        return None, (
            f"restored pixels would be off by about {fitted.error:.0f} of 255 levels in a palette of 256 colours: "
            f"written as {kind}"
        )
    indices = stored.samples.copy()
    indices[restored] = fitted.indices
    return NativeSamples("P", indices, fitted.palette), None


def _inks(picture: Picture, stored: Stored) -> tuple[NativeSamples | None, str | None]:
    restored = changed_pixels(picture, stored)  # (H, W)
    samples = stored.samples.copy()
    if restored.any():
        row = Image.fromarray(picture.colour[restored][None])  # (1, N, 3)
        try:
            inks = row.convert("CMYK") if stored.icc is None else _through(row, stored.icc)
        except (ImageCms.PyCMSError, OSError):
            return None, "its CMYK profile cannot turn colours back into inks: written as RGB"
        samples[restored] = np.array(inks)[0]
    return NativeSamples("CMYK", samples, icc=stored.icc), None


def _through(row: Image.Image, icc: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        turned = ImageCms.profileToProfile(row, ImageCms.createProfile("sRGB"), io.BytesIO(icc), outputMode="CMYK")
    assert turned is not None
    return turned


def _key(picture: Picture, stored: Stored) -> tuple[NativeSamples | None, str | None]:
    """Paint what is clear in the clear colour, and move whatever else has that colour by one level."""
    key, alpha = stored.palette, picture.alpha
    if key is None or alpha is None or not np.isin(alpha, (0, picture.peak)).all():
        return None, None
    samples = picture.colour.copy()
    samples[(samples == key).all(axis=2) & (alpha > 0), -1] ^= 1
    samples[alpha == 0] = key
    return NativeSamples("KEY", samples, palette=key), None
