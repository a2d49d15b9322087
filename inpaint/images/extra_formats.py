"""HEIC and JPEG XL, which packages beside Pillow decode: what they do not say about a file, and how it is written.

Sources: ISO/IEC 23008-12 (HEIF) for the brands; ISO/IEC 18181-1 (JPEG XL), SizeHeader and ImageMetadata.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageCms

HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
JXL_STREAM, JXL_CONTAINER = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
JXL_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # width to height
JXL_HEAD = 64  # bytes that are looked at


class JxlHead(NamedTuple):
    """What a JPEG XL says of itself; None where it stands behind what is not walked here."""

    size: tuple[int, int]  # height and width, px
    bits: int | None  # per sample
    moving: bool | None


def heif_opener(path: Path) -> Any:
    """Return the decoder of HEIC; ValueError, which names the path and the extra, where it is not installed."""
    try:
        from pillow_heif import HeifImageFile, register_heif_opener
    except ImportError:
        raise ValueError(f"{path} is HEIC: install what reads it with pip install 'inpaint[heic]'") from None
    register_heif_opener()  # which also lets Pillow write it
    return HeifImageFile


def jxl_opener(path: Path) -> Any:
    """Return the decoder of JPEG XL; ValueError, which names the path and the extra, where it is not installed."""
    try:
        from pillow_jxl.JpegXLImagePlugin import JXLImageFile
    except ImportError:
        raise ValueError(f"{path} is JPEG XL: install what reads it with pip install 'inpaint[jxl]'") from None
    return JXLImageFile


def jxl_head(data: bytes) -> JxlHead:
    """Read the head of a JPEG XL; ValueError where it has none."""
    start = codestream_start(data)
    bits = Bits(data[start + len(JXL_STREAM) : start + JXL_HEAD])
    size = bits.size()
    if bits.take(1):  # everything else is usual
        return JxlHead(size, 8, False)
    moving = False
    if bits.take(1):  # further fields
        bits.take(3)  # orientation
        if bits.take(1):
            bits.size()  # at which it should be shown
        if bits.take(1):  # a preview
            return JxlHead(size, None, None)
        moving = bool(bits.take(1))
        if moving:
            return JxlHead(size, None, True)
    floating = bits.take(1)
    choice = bits.take(2)
    return JxlHead(
        size, ((32, 16, 24) if floating else (8, 10, 12))[choice] if choice < 3 else 1 + bits.take(6), moving
    )


class Bits:
    """Bits of a JPEG XL, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self.all, self.count, self.at = int.from_bytes(data, "little"), 8 * len(data), 0

    def take(self, count: int) -> int:
        value = self.all >> self.at & (1 << count) - 1
        self.at += count
        if self.at > self.count:
            raise ValueError("its head ends early")
        return value

    def side(self, *, small: bool) -> int:
        return 8 * (self.take(5) + 1) if small else self.take((9, 13, 18, 30)[self.take(2)]) + 1

    def size(self) -> tuple[int, int]:
        """Take a height and a width."""
        small = bool(self.take(1))
        height, ratio = self.side(small=small), self.take(3)
        if ratio == 0:
            return height, self.side(small=small)
        across, down = JXL_RATIOS[ratio - 1]
        return height, height * across // down


def codestream_start(data: bytes) -> int:
    """Return where the codestream of a JPEG XL begins; ValueError where there is none."""
    if data.startswith(JXL_STREAM):
        return 0
    at = 0
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        inner = 16 if length == 1 else 8
        if name in (b"jxlc", b"jxlp"):
            start = at + inner + (4 if name == b"jxlp" else 0)
            if data[start : start + 2] == JXL_STREAM:
                return start
        length = int.from_bytes(data[at + 8 : at + 16], "big") if length == 1 else length
        if length < inner:
            break
        at += length
    raise ValueError("it holds no codestream")


def heif_chroma(opened: Image.Image) -> str:
    """Return how the colours of a HEIC are thinned out, "4:4:4", "4:2:2" or "4:2:0"."""
    return ":".join(str(opened.info.get("chroma", 444)))


def extra_losses(opened: Image.Image, data: bytes) -> list[str]:
    """Say what reading a HEIC or a JPEG XL leaves out."""
    if opened.format == "HEIF":
        info, lost = opened.info, []
        if info.get("bit_depth", 8) > 8:
            lost.append(f"its {info['bit_depth']} bits per sample were reduced to 8")
        if (others := getattr(opened, "n_frames", 1) - 1) > 0:
            lost.append(f"{others} further pictures in it were left out")
        if info.get("depth_images") or info.get("aux"):
            lost.append("its maps of depth or brightness were left out")
        return lost
    bits = jxl_head(data).bits
    return [f"its {bits} bits per sample were reduced to 8"] if bits and bits > 8 and opened.mode != "I;16" else []


def is_srgb(icc: bytes | None) -> bool:
    """Say whether a profile is sRGB, or none is given."""
    if icc is None:
        return True
    try:
        words = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).upper()
    except (ImageCms.PyCMSError, OSError):
        return False
    return "SRGB" in words or "SRG" in words or "GRA_D65" in words
