"""The rules that reject one picture by itself, each with a name and a sentence that says what was measured."""

from __future__ import annotations

import io
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from inpaint import images
from inpaint.builders.examining.lettering import lines_of, text_share, watermark_in
from inpaint.builders.examining.quality import Quality
from inpaint.builders.settings import DatasetSettings
from inpaint.detection.colour import painted

SHARP_SIDE = 512  # px, of the shorter side at which sharpness is measured: larger pictures are shrunk to it
SHARPNESS_TILES = 8  # per side, in which sharpness is measured
SHARPEST_QUANTILE = (
    0.985  # quantile of the tiles that decides: one sharp subject before a blurred ground is a sharp picture
)
FILE_ENDS = {
    b"\xff\xd8": b"\xff\xd9",
    b"\x89P": b"IEND",
}  # how a JPEG and a PNG begin, and what one that is whole ends with


class Fault(NamedTuple):
    """Why a picture is rejected."""

    rule: str
    detail: str


def decode_picture(name: str, data: bytes, settings: DatasetSettings) -> np.ndarray | Fault:
    """Return a picture file as (H, W, 3) uint8 RGB on white paper, or what is wrong with the file."""
    frames = frame_count(data)
    try:
        if frames > 1:
            if settings.clean.animated:
                return Fault("animated", f"it holds {frames} frames")
            data = _first_frame(data)
        elif data[:4] == b"GIF8":
            data = _first_frame(data)
        picture = images.read(name, data=data)
    except (ValueError, OSError, SyntaxError) as error:
        return Fault("truncated" if cut_off(data) else "unreadable", str(error))
    return on_white(picture)


def fault_of(gray: np.ndarray, settings: DatasetSettings) -> Fault | None:
    """Return the first rule about sizes and tones that a picture breaks; gray: (H, W) uint8."""
    clean, (height, width) = settings.clean, gray.shape
    if min(height, width) < settings.least_side:
        return Fault(
            "too small", f"it has {width}x{height} pixels; the shorter side needs at least {settings.least_side}"
        )
    aspect = max(height, width) / min(height, width)
    if clean.aspect is not None and aspect > clean.aspect:
        return Fault(
            "extreme aspect ratio", f"{width}x{height} pixels are {aspect:.1f} to 1, more than {clean.aspect:g}"
        )
    deviation = float(gray.std())
    if clean.flat is not None and deviation < clean.flat:
        return Fault(
            "flat",
            f"its grey levels hardly differ: their standard deviation is {deviation:.1f}, less than {clean.flat:g}",
        )
    if clean.blur is not None and (sharp := sharpness(gray)) < clean.blur:
        return Fault(
            "blurred", f"it is not sharp: the variance of its Laplacian is {sharp:.1f}, less than {clean.blur:g}"
        )
    level = float(gray.mean())
    if clean.dark is not None and level < clean.dark:
        return Fault("too dark", f"its mean grey level is {level:.1f}, less than {clean.dark:g}")
    if clean.bright is not None and level > clean.bright:
        return Fault("too bright", f"its mean grey level is {level:.1f}, more than {clean.bright:g}")
    return None


def quality_fault(quality: Quality, settings: DatasetSettings) -> Fault | None:
    """Return the first rule about how good a copy is that a picture breaks."""
    clean = settings.clean
    if clean.censored is not None and quality.censored > clean.censored:
        share = f"{100 * quality.censored:.1f} % of it is a mosaic or painted over"
        return Fault("censored", f"{share}, more than {100 * clean.censored:g} %")
    factor = 1 / quality.detail
    if clean.upscaled is not None and factor > clean.upscaled:
        return Fault(
            "upscaled", f"it has the detail of a picture {factor:.1f} times smaller, more than {clean.upscaled:g}"
        )
    if clean.compressed is not None and quality.blocks > clean.compressed:
        steps = f"steps at the edges of its JPEG blocks are {quality.blocks:.1f} times those within"
        return Fault("compressed", f"{steps}, more than {clean.compressed:g}")
    if clean.margins is not None and quality.margins > clean.margins:
        share = f"{100 * quality.margins:.0f} % of it are bands of one tone along its edges"
        return Fault("borders or captions", f"{share}, more than {100 * clean.margins:g} %")
    return None


def text_fault(rgb: np.ndarray, settings: DatasetSettings) -> Fault | None:
    """Return the first rule about lettering that a picture, (H, W, 3) uint8, breaks."""
    clean = settings.clean
    if clean.text is None and not clean.watermark:
        return None
    lines = lines_of(rgb)
    if clean.watermark and (mark := watermark_in(lines)):
        return Fault("watermark", mark)
    if clean.text is not None and (share := text_share(lines)) > clean.text:
        return Fault("text", f"{100 * share:.1f} % of it are lines of lettering, more than {100 * clean.text:g} %")
    return None


def censored_share(rgb: np.ndarray) -> float:
    """Return the share of a picture, (H, W, 3) uint8, that lies under mosaics or pure green; bars are not recognised.

    Takes about 0.15 s per megapixel.  Of 73 wallpapers and portraits two showed false mosaics, of less than 1 %.
    """
    import torch

    from inpaint.detection.mosaics.search import find_mosaics

    hidden = painted(rgb)
    for mosaic in find_mosaics(torch.tensor(rgb).permute(2, 0, 1).float() / 255):
        hidden |= mosaic.mask[0].numpy() > 0
    return float(hidden.mean())


def sharpness(gray: np.ndarray) -> float:
    """Return the variance of the Laplacian of a gray picture, (H, W) uint8, in the second sharpest of its 64 tiles.

    A picture is shrunk to 512 pixels first, so that its size does not decide; a smaller one is taken as it is.  Of 120
    photographs the least was 57; blurred by a Gaussian of 2 % of their shorter side at most 3, and more than 8 in 98 of
    100 where a sharp subject of a thirtieth of the area was left.
    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000).
    """
    shrunk = SHARP_SIDE / min(gray.shape)
    if shrunk < 1:
        shape = max(round(gray.shape[1] * shrunk), 1), max(round(gray.shape[0] * shrunk), 1)
        gray = cv2.resize(gray, shape, interpolation=cv2.INTER_AREA)
    edges = cv2.Laplacian(gray, cv2.CV_32F)
    mean, square = (
        cv2.resize(it, (SHARPNESS_TILES, SHARPNESS_TILES), interpolation=cv2.INTER_AREA)
        for it in (edges, edges * edges)
    )
    return float(np.quantile(square - mean * mean, SHARPEST_QUANTILE))


def frame_count(data: bytes) -> int:
    """Return the number of frames of a GIF, PNG or WebP file; 1 for any other and where it cannot be known."""
    if data[:4] not in (b"GIF8", b"\x89PNG", b"RIFF"):
        return 1
    try:
        with Image.open(io.BytesIO(data), formats=("GIF", "PNG", "WEBP")) as opened:
            return getattr(opened, "n_frames", 1)
    except Exception:  # decoders raise nearly everything when a file is damaged; reading it will tell
        return 1


def cut_off(data: bytes) -> bool:
    """Say whether a file that cannot be decoded lacks its end."""
    if data[:4] == b"RIFF":
        return len(data) < int.from_bytes(data[4:8], "little") + 8
    end = FILE_ENDS.get(data[:2])
    return end is not None and end not in data[-64:]


def on_white(picture: images.Picture) -> np.ndarray:
    """Return (H, W, 3) uint8: the picture on white paper, so that colours hidden under transparency never show."""
    colour = images.eight_bits(picture.colour)
    if picture.alpha is not None:
        alpha = images.eight_bits(picture.alpha)[:, :, None].astype(np.uint32)
        colour = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(colour, (*picture.size, 3)))


def _first_frame(data: bytes) -> bytes:
    """Return the first frame of a file as a PNG."""
    frame = io.BytesIO()
    with Image.open(io.BytesIO(data), formats=("GIF", "PNG", "WEBP")) as opened:
        opened.convert("RGBA").save(frame, "PNG")
    return frame.getvalue()
