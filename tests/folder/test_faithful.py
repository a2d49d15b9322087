"""What goes in comes out: real files of every format and mode, restored in one batch."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from folder_pictures import Fake, only
from ink_profile import ink_profile
from PIL import Image, ImageCms, JpegImagePlugin, TiffImagePlugin, features
from PIL.PngImagePlugin import PngInfo

from inpaint import images
from inpaint.folder import decensor

RNG = np.random.default_rng(0)
SIZE = (41, 53)
BOX = (slice(10, 20), slice(12, 31))
COLOUR = RNG.integers(0, 256, (6, 7, 4), np.uint8).repeat(8, 0).repeat(8, 1)[: SIZE[0], : SIZE[1]].copy()
DEEP = RNG.integers(0, 65536, (*SIZE, 4), np.uint16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
KNOWN = np.ones(SIZE, bool)
KNOWN[BOX] = False


def exif() -> Image.Exif:
    block = Image.Exif()
    block[0x010F] = "Maker"
    return block


def text() -> PngInfo:
    info = PngInfo()
    info.add_text("parameters", "a landscape")
    return info


def pillow(mode: str, **options: Any) -> Callable[[Path], object]:
    def save(path: Path) -> None:
        picture = Image.fromarray(COLOUR if mode in ("RGBA", "LA") else COLOUR[:, :, :3])
        picture = picture.quantize(40) if mode == "P" else picture.convert(mode)
        picture.save(path, **options)

    return save


def deep(channels: int) -> Callable[[Path], object]:
    return lambda path: images.write(
        images.Picture(DEEP[:, :, : 1 if channels < 3 else 3], DEEP[:, :, 3] if channels % 2 == 0 else None), path
    )


def by_opencv(channels: int) -> Callable[[Path], object]:
    return lambda path: cv2.imwrite(str(path), DEEP[:, :, :channels])


def moving(mode: str, **options: Any) -> Callable[[Path], object]:
    def save(path: Path) -> None:
        frames = [Image.fromarray(np.roll(COLOUR, 5 * number, 1)).convert(mode) for number in range(4)]
        frames = [frame.quantize(60) for frame in frames] if path.suffix == ".gif" else frames
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=[40, 50, 60, 1000], loop=0, **options)

    return save


@dataclass(frozen=True)
class Case:
    """A file, and what of it must come back."""

    name: str
    save: Callable[[Path], object]
    lossless: bool = True
    keeps: tuple[str, ...] = field(default=())  # of what Pillow calls info


WEBP: dict[str, Any] = {"lossless": True, "exact": True}
CASES = [
    *(Case(f"{mode}.png", pillow(mode)) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
    Case("clear-P.png", pillow("P", transparency=3), keeps=("transparency",)),
    Case("alphas-P.png", pillow("P", transparency=bytes(range(0, 240, 6))), keeps=()),
    Case("clear-L.png", pillow("L", transparency=int(COLOUR[0, 0, 0])), keeps=("transparency",)),
    Case("clear-RGB.png", pillow("RGB", transparency=(1, 2, 3)), keeps=("transparency",)),
    Case("all.png", pillow("RGB", icc_profile=SRGB, exif=exif(), dpi=(72, 72), pnginfo=text()),
         keeps=("icc_profile", "exif", "parameters", "dpi")),
    *(Case(f"deep{channels}.png", deep(channels)) for channels in (1, 2, 3, 4)),
    *(Case(f"{mode}.tif", pillow(mode)) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")),
    Case("inks.tiff", pillow("CMYK", icc_profile=ink_profile(back=True)), keeps=("icc_profile",)),
    Case("all.tif", pillow("RGB", icc_profile=SRGB, dpi=(300, 300)), keeps=("icc_profile", "dpi")),
    *(Case(f"deep{channels}.tif", by_opencv(channels)) for channels in (1, 3, 4)),
    Case("packed.tif", pillow("RGB", compression="tiff_lzw")),
    *(Case(f"{mode}.bmp", pillow(mode)) for mode in ("1", "L", "P", "RGB")),
    Case("RGB.webp", pillow("RGB", icc_profile=SRGB, exif=exif(), xmp=XMP, **WEBP),
         keeps=("icc_profile", "exif", "xmp")),
    Case("RGBA.webp", pillow("RGBA", **WEBP)),
    Case("lossy.webp", pillow("RGB", quality=80), lossless=False),
    Case("P.gif", pillow("P", comment=b"hello"), keeps=("comment",)),
    Case("L.gif", pillow("L", optimize=False)),
    Case("clear.gif", pillow("P", transparency=3), keeps=("transparency",)),
    *(Case(f"{mode}.jpg", pillow(mode, quality=88), lossless=False) for mode in ("L", "RGB", "CMYK")),
    Case("progressive.jpeg", pillow("RGB", quality=61, progressive=True, subsampling=1, comment=b"hello",
         icc_profile=SRGB, exif=exif(), dpi=(300, 150)), False,
         ("icc_profile", "exif", "dpi", "comment", "progressive")),
    Case("progressive-CMYK.jpg", pillow("CMYK", quality=70, progressive=True), False, ("progressive",)),
    Case("moving.gif", moving("RGB"), keeps=("loop",)),
    Case("moving.png", moving("RGB"), keeps=("loop",)),
    Case("moving-RGBA.png", moving("RGBA"), keeps=("loop",)),
    Case("moving-L.png", moving("L"), keeps=("loop",)),
    Case("moving.webp", moving("RGB", lossless=True), keeps=("loop",)),
    Case("lossy-moving.webp", moving("RGB", quality=80), False, ("loop",)),
    *(Case(name, pillow(mode, quality=90, icc_profile=SRGB, exif=exif(), xmp=XMP), False,
           ("icc_profile", "exif", "xmp"))
      for name, mode in (("RGB.avif", "RGB"), ("RGBA.avif", "RGBA"), ("L.avif", "L"))),
]  # fmt: skip


def read(path: Path) -> list[images.Picture]:
    return list(images.read_frames(path).frames) if images.is_animated(path) else [images.read(path)]


def raw(path: Path) -> tuple[str, np.ndarray, dict[str, Any]]:
    """Mode, samples as Pillow shows them, and what stands beside them."""
    with Image.open(path) as opened:
        opened.load()
        info = {**opened.info, "exif": dict(opened.getexif()), "xmp": opened.info.get("xmp")}
        info["exif"] = {key: value for key, value in info["exif"].items() if key == 0x010F}
        if "dpi" in info:
            info["dpi"] = tuple(round(float(value)) for value in info["dpi"])
        if isinstance(opened, JpegImagePlugin.JpegImageFile):
            info["tables"], info["sampling"] = opened.quantization, JpegImagePlugin.get_sampling(opened)
        if isinstance(opened, TiffImagePlugin.TiffImageFile):
            info.pop("compression", None)
        return opened.mode, np.array(opened), info


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_format_mode_name_and_known_pixels_come_back(case: Case, tmp_path: Path):
    if case.name.endswith(".avif") and not ("avif" in features.modules and features.check_module("avif")):
        pytest.skip("this Pillow knows no AVIF")
    source = tmp_path / "in" / "sub" / case.name
    source.parent.mkdir(parents=True)
    case.save(source)
    Image.fromarray(np.where(KNOWN, 0, 255).astype(np.uint8)).save(tmp_path / "mask.png")
    given = {"restorer": Fake(), "masks": tmp_path / "mask.png", "censor": "hole"}
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", **given))
    assert (outcome.error, outcome.note) == (None, None)
    written = tmp_path / "out" / "sub" / case.name
    assert outcome.outputs == [written]
    before, after = read(source), read(written)
    assert [frame.format for frame in before] == [frame.format for frame in after]
    for old, new in zip(before, after, strict=True):
        assert new.colour.dtype == old.colour.dtype
        assert new.colour.shape == old.colour.shape
        assert (new.alpha is None) == (old.alpha is None)
        assert not np.array_equal(new.colour[BOX], old.colour[BOX])
        if case.lossless:
            seen = KNOWN if old.alpha is None else KNOWN & (old.alpha > 0)
            assert np.array_equal(new.colour[seen], old.colour[seen])
            assert np.array_equal(new.alpha, old.alpha)  # type: ignore
    (mode, samples, info), (mode_after, samples_after, info_after) = raw(source), raw(written)
    assert mode_after == mode
    assert {key: info_after.get(key) for key in (*case.keeps, "tables", "sampling")} == {
        key: info.get(key) for key in (*case.keeps, "tables", "sampling")
    }
    if case.lossless and "moving" not in case.name:
        assert np.array_equal(samples_after[KNOWN], samples[KNOWN])
    if images.is_animated(source):
        assert images.read_frames(written).durations == images.read_frames(source).durations


def test_times_are_kept_when_asked(tmp_path: Path):
    (tmp_path / "in").mkdir()
    pillow("RGB")(tmp_path / "in" / "a.png")
    moving("RGB")(tmp_path / "in" / "b.gif")
    Image.fromarray(np.where(KNOWN, 0, 255).astype(np.uint8)).save(tmp_path / "mask.png")
    times = (1_000_000_000_123_000_000, 1_100_000_000_456_000_000)  # ns; of access and of change
    for path in (tmp_path / "in").iterdir():
        os.utime(path, ns=times)
    options: dict[str, Any] = {"restorer": Fake(), "masks": tmp_path / "mask.png"}
    decensor(tmp_path / "in", tmp_path / "now", **options)
    for path in (tmp_path / "in").iterdir():  # reading may have changed the time of access
        os.utime(path, ns=times)
    decensor(tmp_path / "in", tmp_path / "then", keep_times=True, **options)
    for name in ("a.png", "b.gif"):
        kept = (tmp_path / "then" / name).stat()
        assert (kept.st_atime_ns, kept.st_mtime_ns) == times
        assert (tmp_path / "now" / name).stat().st_mtime_ns > times[1]
