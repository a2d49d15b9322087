"""AVIF keeps its subsampling and all that stands beside the pixels, and is missed in a sentence by older Pillows."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, features

from inpaint.images import Picture, read, write
from inpaint.images.avif import avif_chroma, avif_depth

PHOTO = np.random.default_rng(0).integers(0, 256, (5, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
KNOWN = "avif" in features.modules and features.check_module("avif")
knows_avif = pytest.mark.skipif(not KNOWN, reason="this Pillow knows no AVIF")


def box(flags: int) -> bytes:
    return b"....av1C" + bytes([0x81, 0, flags, 0])


def test_the_configuration_tells_depth_and_subsampling():
    assert [avif_depth(box(flags)) for flags in (0x0C, 0x4C, 0x6C)] == [8, 10, 12]
    assert [avif_chroma(box(flags)) for flags in (0x00, 0x08, 0x0C, 0x1C)] == ["4:4:4", "4:2:2", "4:2:0", "4:0:0"]
    assert (avif_depth(b""), avif_chroma(b"av1C")) == (8, "4:4:4")


def test_a_pillow_without_avif_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    if "avif" in features.modules:
        monkeypatch.setattr("PIL.AvifImagePlugin.SUPPORTED", False)
    sentence = r"a\.avif is AVIF: Pillow 11\.3 or newer with AVIF is needed"
    with pytest.raises(ValueError, match=sentence):
        read("a.avif", data=b"\0\0\0\x1cftypavif\0\0\0\0" + bytes(40))
    with pytest.raises(ValueError, match=sentence):
        write(Picture(PHOTO), tmp_path / "a.avif")
    assert not list(tmp_path.iterdir())


@knows_avif
@pytest.mark.parametrize("chroma", ["4:4:4", "4:2:2", "4:2:0"])
def test_subsampling_is_kept(chroma: str, tmp_path: Path):
    Image.fromarray(PHOTO).save(tmp_path / "a.avif", quality=80, subsampling=chroma)
    picture = read(tmp_path / "a.avif")
    assert (picture.format, picture.lossless, picture.chroma) == ("AVIF", False, chroma)
    assert write(picture, tmp_path / "b.avif") is None
    again = read(tmp_path / "b.avif")
    assert again.chroma == chroma
    assert np.abs(again.colour.astype(int) - picture.colour).mean() < 6


@knows_avif
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(orientation: int, tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(PHOTO).save(tmp_path / "a.avif", quality=95, exif=exif)
    with Image.open(tmp_path / "a.avif") as opened:
        expected = np.array(ImageOps.exif_transpose(opened))
    picture = read(tmp_path / "a.avif")
    assert np.array_equal(picture.colour, expected)
    write(picture, tmp_path / "b.avif")
    assert read(tmp_path / "b.avif").size == picture.size


@knows_avif
def test_damage_is_told():
    encoded = io.BytesIO()
    Image.fromarray(PHOTO).save(encoded, "AVIF")
    with pytest.raises(ValueError, match=r"a\.avif is damaged or cut off"):
        read("a.avif", data=encoded.getvalue()[: len(encoded.getvalue()) // 2])
