"""HEIC and JPEG XL are read and written where their packages are installed, and asked for where they are not."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageOps

from inpaint.images import Picture, read, stored_size, write
from inpaint.images.extra_formats import heif_opener, is_srgb, jxl_head

HEIGHT, WIDTH = 40, 56
SMOOTH = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
PHOTO = np.array(Image.fromarray(SMOOTH).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = Image.Exif()
EXIF[0x0112], EXIF[0x010F] = 6, "Maker"


def heic(path: Path, **options) -> Path:
    pytest.importorskip("pillow_heif", reason="the extra [heic] is not installed")
    heif_opener(path)
    Image.fromarray(PHOTO).save(path, "HEIF", **options)
    return path


def jxl(path: Path, pixels: np.ndarray = PHOTO, **options) -> Path:
    pytest.importorskip("pillow_jxl", reason="the extra [jxl] is not installed")
    Image.fromarray(pixels).save(path, "JXL", **({"lossless": True} | options))
    return path


def restored(picture: Picture) -> Picture:
    mask = torch.zeros(1, *picture.size)
    mask[:, 8:16, 16:32] = 1
    return picture.restored(torch.full((3, *picture.size), 0.5), mask)


@pytest.mark.parametrize("chroma", ["4:2:0", "4:4:4"])
def test_a_heic_comes_back_turned_once_with_what_it_carried(chroma: str, tmp_path: Path):
    heic(
        tmp_path / "a.heic",
        quality=95,
        chroma=int(chroma.replace(":", "")),
        exif=EXIF.tobytes(),
        xmp=b"<x/>",
        icc_profile=SRGB,
    )
    picture = read(tmp_path / "a.heic")
    assert (picture.format, picture.size, picture.chroma, picture.lossless) == ("HEIF", (WIDTH, HEIGHT), chroma, False)
    assert np.abs(picture.colour.astype(int) - np.rot90(PHOTO, -1)).mean() < 4
    assert write(restored(picture), tmp_path / "b.heic") is None
    again = read(tmp_path / "b.heic")
    assert (again.size, again.chroma, again.icc, again.xmp) == (picture.size, chroma, SRGB, b"<x/>")
    assert np.abs(again.colour[20:].astype(int) - picture.colour[20:]).mean() < 3
    opened = Image.open(tmp_path / "b.heic")
    assert (opened.getexif()[0x010F], ImageOps.exif_transpose(opened).size) == ("Maker", (HEIGHT, WIDTH))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "I;16"])
def test_known_pixels_of_a_jpeg_xl_come_back_bit_for_bit(mode: str, tmp_path: Path):
    deep = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH) * 29
    pixels = deep if mode == "I;16" else np.array(Image.fromarray(PHOTO).convert("RGBA").convert(mode))
    jxl(tmp_path / "a.jxl", pixels, exif=EXIF.tobytes())
    picture = read(tmp_path / "a.jxl")

    assert picture.colour.dtype == pixels.dtype
    assert stored_size(tmp_path / "a.jxl") == picture.size == (HEIGHT, WIDTH)
    assert write(restored(picture), tmp_path / "b.jxl") is None
    again = read(tmp_path / "b.jxl")
    known = np.ones(picture.size, bool)
    known[8:16, 16:32] = False
    assert np.array_equal(again.colour[known], picture.colour[known])
    assert (again.alpha is None) == (picture.alpha is None)
    assert again.lost is None
    assert again.exif is not None


def test_the_profile_that_a_jpeg_xl_loses_is_said(tmp_path: Path):
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert (is_srgb(SRGB), is_srgb(None), is_srgb(wide), is_srgb(b"nonsense")) == (True, True, False, False)
    jxl(tmp_path / "a.jxl")
    assert "its profile, so that its colours may look different" in str(
        write(Picture(PHOTO, icc=wide), tmp_path / "b.jxl")
    )


def test_what_is_too_large_or_moves_is_refused_before_it_is_decoded(tmp_path: Path):
    data = jxl(tmp_path / "a.jxl").read_bytes()
    with pytest.raises(ValueError, match="has 56 x 40 pixels, more than the limit of 99"):
        read(tmp_path / "a.jxl", limit=99)
    bits = 0b11 << 1 | ((1 << 30) - 1) << 3 | 0b11 << 36 | ((1 << 30) - 1) << 38  # both sides in 30 bits
    with pytest.raises(ValueError, match="has 1073741824 x 1073741824 pixels, more than the limit"):
        read("a.jxl", data=data[:2] + bits.to_bytes(16, "little"))
    moving = 1 | 4 << 1 | 1 << 6 | 1 << 10 | 1 << 16  # 40 x 40 px in 9 bits, unusual, further fields, of which it moves
    with pytest.raises(ValueError, match="it moves, and only still pictures in JPEG XL are read"):
        read("a.jxl", data=b"\xff\x0a" + moving.to_bytes(16, "little"))
    for cut in (2, 5, len(data) // 2):
        with pytest.raises(ValueError, match=r"a\.jxl is damaged or cut off"):
            read("a.jxl", data=data[:cut])


def test_the_head_of_a_jpeg_xl_tells_its_size(tmp_path: Path):
    for size in ((8, 8), (7, 9), (40, 60), (64, 128), (300, 451), (1000, 1500)):
        data = jxl(tmp_path / "a.jxl", np.zeros((*size, 3), np.uint8)).read_bytes()
        assert jxl_head(data)[:2] == (size, 8)
        boxed = jxl(tmp_path / "b.jxl", np.zeros((*size, 3), np.uint8), use_container=True).read_bytes()
        assert jxl_head(boxed).size == size
    deep = jxl(tmp_path / "a.jxl", np.zeros((40, 60), np.uint16)).read_bytes()
    assert jxl_head(deep) == ((40, 60), 16, False)


@pytest.mark.parametrize(
    ("name", "module", "data"),
    [
        ("heic", "pillow_heif", b"\0\0\0\x18ftypheic" + bytes(40)),
        ("jxl", "pillow_jxl.JpegXLImagePlugin", b"\xff\x0a" + bytes(40)),
    ],
)
def test_a_package_that_is_missing_is_named(
    name: str, module: str, data: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setitem(sys.modules, module, None)
    sentence = rf"a\.{name} is .*: install what reads it with pip install 'inpaint\[{name}\]'"
    with pytest.raises(ValueError, match=sentence):
        read(f"a.{name}", data=data)
    with pytest.raises(ValueError, match=sentence):
        write(Picture(PHOTO), tmp_path / f"a.{name}")


def test_damaged_heic_is_refused(tmp_path: Path):
    data = heic(tmp_path / "a.heic").read_bytes()
    for cut in (30, len(data) // 2, len(data) - 40):
        with pytest.raises(ValueError, match=r"a\.heic is damaged or cut off"):
            read("a.heic", data=data[:cut])
