"""Palettes, inks, bits and clear colours come back as such, with the very samples of known pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ink_profile import ink_profile
from PIL import Image, JpegImagePlugin

from inpaint.images import Picture, read, write
from inpaint.images.storing import NativeSamples
from inpaint.images.writing import encode_png

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (5, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)  # (40, 48, 3)
BOX = (slice(10, 20), slice(12, 30))


def mask_of(size: tuple[int, int] = (40, 48)) -> torch.Tensor:
    mask = torch.zeros(1, *size)
    mask[0, BOX[0], BOX[1]] = 1
    return mask


def restored(picture: Picture, level: float | torch.Tensor = 0.4) -> Picture:
    image = torch.zeros(3, *picture.size) + level
    return picture.restored(image, mask_of(picture.size))


def known(samples: np.ndarray) -> np.ndarray:
    return samples[mask_of(samples.shape[:2])[0].numpy() == 0]  # type: ignore


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_a_palette_stays_a_palette(suffix: str, tmp_path: Path):
    Image.fromarray(PHOTO).quantize(30).save(tmp_path / f"a{suffix}")
    assert write(restored(read(tmp_path / f"a{suffix}")), tmp_path / f"b{suffix}") is None
    with Image.open(tmp_path / f"a{suffix}") as before, Image.open(tmp_path / f"b{suffix}") as after:
        assert after.mode == "P"
        assert np.array_equal(known(np.array(before)), known(np.array(after)))
        assert np.array_equal(known(np.array(before.convert("RGB"))), known(np.array(after.convert("RGB"))))
        assert (np.array(after.convert("RGB"))[BOX] == 102).all()


def test_a_palette_keeps_its_alphas(tmp_path: Path):
    clear = bytes(RNG.integers(0, 256, 30, np.uint8))
    Image.fromarray(PHOTO).quantize(30).save(tmp_path / "a.png", transparency=clear)
    write(restored(read(tmp_path / "a.png")), tmp_path / "b.png")
    with Image.open(tmp_path / "a.png") as before, Image.open(tmp_path / "b.png") as after:
        assert after.mode == "P"
        assert np.array_equal(known(np.array(before.convert("RGBA"))), known(np.array(after.convert("RGBA"))))
        assert np.array_equal(np.array(before.convert("RGBA"))[..., 3], np.array(after.convert("RGBA"))[..., 3])
        assert (np.array(after.convert("RGBA"))[BOX][..., :3] == 102).all()


def test_more_colours_than_free_entries_are_approximated(tmp_path: Path):
    Image.fromarray(PHOTO).quantize(30).save(tmp_path / "a.png")
    wanted = torch.linspace(0.1, 0.9, 40 * 48).reshape(1, 40, 48)
    few = restored(read(tmp_path / "a.png"), wanted)
    assert write(few, tmp_path / "b.png") is None
    assert np.abs(read(tmp_path / "b.png").colour.astype(int) - few.colour).max() <= 2


def test_a_palette_that_cannot_hold_the_result_is_given_up_with_a_word(tmp_path: Path):
    greens = np.zeros((40, 48, 3), np.uint8)
    greens[:, :, 1] = np.arange(40 * 48).reshape(40, 48) % 256
    Image.fromarray(greens).quantize(256, dither=Image.Dither.NONE).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as before:
        assert len(np.unique(known(np.array(before)))) == 256
        expected = known(np.array(before.convert("RGB")))
    note = write(restored(read(tmp_path / "a.png")), tmp_path / "b.png")
    assert note is not None
    assert "levels in a palette of 256 colours: written as RGB" in note
    with Image.open(tmp_path / "b.png") as after:
        assert after.mode == "RGB"
        assert np.array_equal(known(np.array(after)), expected)
        assert (np.array(after)[BOX] == 102).all()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_one_bit_stays_one_bit(suffix: str, tmp_path: Path):
    Image.fromarray(PHOTO[:, :, 0] > 128).save(tmp_path / f"a{suffix}")
    levels = torch.where(torch.arange(48) < 20, 0.4, 0.6)
    assert write(restored(read(tmp_path / f"a{suffix}"), levels), tmp_path / f"b{suffix}") is None
    with Image.open(tmp_path / f"a{suffix}") as before, Image.open(tmp_path / f"b{suffix}") as after:
        assert after.mode == "1"
        assert np.array_equal(known(np.array(before)), known(np.array(after)))
        assert np.array_equal(np.array(after)[BOX], np.broadcast_to(np.arange(12, 30) >= 20, (10, 18)))


def cmyk() -> Image.Image:
    inks = RNG.integers(0, 256, (5, 6, 4), np.uint8).repeat(8, 0).repeat(8, 1)
    return Image.frombytes("CMYK", (48, 40), inks.tobytes())


def test_inks_of_a_tiff_stay_inks(tmp_path: Path):
    cmyk().save(tmp_path / "a.tif", dpi=(300, 300))
    picture = read(tmp_path / "a.tif")
    assert write(restored(picture), tmp_path / "b.tif") is None
    with Image.open(tmp_path / "a.tif") as before, Image.open(tmp_path / "b.tif") as after:
        assert after.mode == "CMYK"
        assert np.array_equal(known(np.array(before)), known(np.array(after)))
        assert (np.array(after.convert("RGB"))[BOX] == 102).all()
        assert after.info["dpi"] == (300, 300)


def test_inks_go_through_a_profile_and_back(tmp_path: Path):
    profile = ink_profile(back=True)
    cmyk().save(tmp_path / "a.tif", icc_profile=profile)
    picture = read(tmp_path / "a.tif")
    assert write(restored(picture), tmp_path / "b.tif") is None
    with Image.open(tmp_path / "a.tif") as before, Image.open(tmp_path / "b.tif") as after:
        assert after.mode == "CMYK"
        assert after.info["icc_profile"] == profile
        assert np.array_equal(known(np.array(before)), known(np.array(after)))
    again = read(tmp_path / "b.tif")
    assert np.array_equal(known(again.colour), known(picture.colour))
    assert np.abs(again.colour[BOX].astype(int) - 102).max() <= 8
    write(restored(picture), tmp_path / "c.png")  # which knows no inks
    assert read(tmp_path / "c.png").icc == picture.icc


def test_a_profile_that_knows_no_way_back_makes_rgb_with_a_word(tmp_path: Path):
    cmyk().save(tmp_path / "a.tif", icc_profile=ink_profile())
    picture = read(tmp_path / "a.tif")
    note = write(restored(picture), tmp_path / "b.tif")
    assert note == "its CMYK profile cannot turn colours back into inks: written as RGB"
    again = read(tmp_path / "b.tif")
    assert again.stored is None
    assert again.icc == picture.icc
    assert np.array_equal(known(again.colour), known(picture.colour))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 1}, {"subsampling": 2}])
def test_a_cmyk_jpeg_keeps_tables_and_subsampling(options: dict[str, Any], tmp_path: Path):
    cmyk().save(tmp_path / "a.jpg", quality=83, **options)
    assert write(restored(read(tmp_path / "a.jpg")), tmp_path / "b.jpg") is None
    with Image.open(tmp_path / "a.jpg") as before, Image.open(tmp_path / "b.jpg") as after:
        assert isinstance(before, JpegImagePlugin.JpegImageFile)
        assert isinstance(after, JpegImagePlugin.JpegImageFile)
        assert after.mode == "CMYK"
        assert after.quantization == before.quantization
        assert after.layer == before.layer
        assert ("progressive" in after.info) == ("progressive" in options)
        away = np.abs(known(np.array(before)).astype(int) - known(np.array(after)))
        assert np.median(away) <= 3


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_clear_colour_stays_one(channels: int, kind: type, tmp_path: Path):
    wide = PHOTO[:, :, :channels].astype(kind) * (257 if kind is np.uint16 else 1)
    key = wide[0, 0]
    (tmp_path / "a.png").write_bytes(encode_png(wide, NativeSamples("KEY", wide, key), {}))
    picture = read(tmp_path / "a.png")
    assert picture.alpha is not None
    assert not picture.alpha[0, 0]
    level = float(wide[0, 0, 0]) / picture.peak  # restored pixels that would be clear must not become so
    write(restored(picture, level), tmp_path / "b.png")
    again = read(tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes()[25] in (0, 2)
    assert np.array_equal(again.alpha, picture.alpha)  # type: ignore
    assert np.array_equal(known(again.colour), known(picture.colour))


def test_what_another_format_cannot_hold_is_said(tmp_path: Path):
    cmyk().save(tmp_path / "a.tif")
    assert write(read(tmp_path / "a.tif"), tmp_path / "a.png") == "PNG cannot hold CMYK here: it was written without"
