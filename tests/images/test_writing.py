"""What was read is written back: pixels, depth, and everything beside them; or nothing is touched."""

from __future__ import annotations

import io
import warnings
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, JpegImagePlugin
from PIL.PngImagePlugin import PngInfo

from inpaint.images import Picture, from_array, read, write
from inpaint.images import writing as writing_module
from inpaint.images.encoders import compression_of, joined_samples

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PHOTO = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)


def noise(kind: type, channels: int, *, alpha: bool, size: tuple[int, int] = (11, 13)) -> Picture:
    rng = np.random.default_rng(channels)
    peak = np.iinfo(kind).max
    clear = rng.integers(0, peak + 1, size, kind) if alpha else None
    return Picture(rng.integers(0, peak + 1, (*size, channels), kind), clear)


def same_pixels(one: Picture, other: Picture) -> bool:
    left, right = np.broadcast_arrays(one.colour, other.colour)
    alphas = (one.alpha is None) == (other.alpha is None) and (
        one.alpha is None or np.array_equal(one.alpha, other.alpha)  # type: ignore
    )
    return one.colour.dtype == other.colour.dtype and np.array_equal(left, right) and alphas


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [*((np.uint8, suffix) for suffix in (".png", ".tif", ".bmp", ".webp")), (np.uint16, ".png"), (np.uint16, ".tif")],
)
def test_known_pixels_come_back_bit_for_bit(kind: type, suffix: str, channels: int, alpha: bool, tmp_path: Path):
    source = noise(kind, channels, alpha=alpha)
    write(source, tmp_path / f"a{suffix}")
    picture = read(tmp_path / f"a{suffix}")
    assert same_pixels(picture, source)
    mask = torch.zeros(1, 11, 13)
    mask[:, 3:6, 4:9] = 1
    write(picture.restored(torch.full((3, 11, 13), 0.5), mask), tmp_path / f"b{suffix}")
    again = read(tmp_path / f"b{suffix}")
    known = mask[0].numpy() == 0
    assert np.array_equal(again.colour[known], picture.colour[known])
    assert (again.colour[~known] == round(0.5 * picture.peak)).all()
    assert (again.alpha is not None) == alpha
    if alpha:
        assert np.array_equal(again.alpha, picture.alpha)  # type: ignore


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_tiff_of_many_strips_is_exact(kind: type, tmp_path: Path):
    source = noise(kind, 3, alpha=False, size=(1500, 401))
    write(source, tmp_path / "a.tif")
    assert same_pixels(read(tmp_path / "a.tif"), source)
    with Image.open(tmp_path / "a.tif") as opened:
        assert len(opened.tag_v2[273]) > 1  # type: ignore
        if kind is np.uint8:
            assert np.array_equal(np.array(opened), source.colour)


def test_other_readers_see_the_same_16_bit_grey(tmp_path: Path):
    source = noise(np.uint16, 1, alpha=False)
    for name in ("a.png", "a.tif"):
        write(source, tmp_path / name)
        with Image.open(tmp_path / name) as opened:
            assert np.array_equal(np.array(opened), source.colour[:, :, 0])


def test_a_transparent_palette_comes_back_as_the_same_colours(tmp_path: Path):
    image = Image.fromarray((np.arange(64).reshape(8, 8) % 4).astype(np.uint8), "L")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 1, 2, 3])
    image.save(tmp_path / "a.png", transparency=b"\x00\x80\xff\xff")
    write(read(tmp_path / "a.png"), tmp_path / "b.png")
    before, after = (np.array(Image.open(tmp_path / name).convert("RGBA")) for name in ("a.png", "b.png"))
    assert np.array_equal(before, after)


def full_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8298] = 6, "Maker", "Someone"
    exif[0x8769] = {0x9003: "2020:01:02 03:04:05", 0x927C: b"private notes"}
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    return exif


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_metadata_is_written_back(suffix: str, tmp_path: Path):
    Image.fromarray(PHOTO[:40]).save(tmp_path / "a.jpg", exif=full_exif(), icc_profile=SRGB, dpi=(300, 150))
    picture = replace(read(tmp_path / "a.jpg"), xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    assert picture.size == (64, 40)
    write(picture, tmp_path / f"b{suffix}")
    again = read(tmp_path / f"b{suffix}")
    assert again.size == (64, 40)
    assert again.icc == SRGB
    assert again.xmp == picture.xmp
    if suffix != ".webp":  # has no place for it
        assert again.dpi == pytest.approx((150, 300), abs=0.02)  # PNG counts per metre
    with Image.open(tmp_path / f"b{suffix}") as opened:
        exif = opened.getexif()
        assert exif.get(0x0112, 1) == (6 if suffix == ".jpg" else 1)  # whose blocks are not turned
        assert exif[0x010F] == "Maker"
        assert exif[0x8298] == "Someone"
        assert exif.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert exif.get_ifd(0x8769)[0x927C] == b"private notes"
        assert [float(part) for part in exif.get_ifd(0x8825)[2]] == [52, 30, 0]
    write(again, tmp_path / "c.png")  # a second journey loses nothing either
    with Image.open(tmp_path / "c.png") as opened:
        assert opened.getexif().get_ifd(0x8769)[0x927C] == b"private notes"


def test_damaged_exif_never_costs_the_picture(tmp_path: Path):
    Image.fromarray(PHOTO).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + b"\x01M\0*\0\0\0\x08 nonsense")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = read(tmp_path / "a.jpg")
    for name in ("b.jpg", "b.png", "b.webp"):
        write(picture, tmp_path / name)
        assert Image.open(tmp_path / name).info["exif"].endswith(b"nonsense")
    with pytest.warns(UserWarning, match="the TIFF has none"):
        write(picture, tmp_path / "b.tif")
    assert same_pixels(read(tmp_path / "b.tif"), picture)


def test_the_outdated_thumbnail_is_unlinked(tmp_path: Path):
    # One directory at byte 8 with one entry (orientation, SHORT, 6), then the offset of the thumbnail's directory.
    head, entry, thumbnail = b"II*\0\x08\0\0\0\x01\0", b"\x12\x01\x03\0\x01\0\0\0", b"\x1a\0\0\0"
    Image.fromarray(PHOTO).save(
        tmp_path / "a.jpg", exif=b"Exif\0\0" + head + entry + b"\x06\0\0\0" + thumbnail + bytes(6)
    )
    assert read(tmp_path / "a.jpg").exif == head + entry + b"\x01\0\0\0" + bytes(4) + bytes(6)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_png_texts_and_colour_chunks_are_kept(kind: type, tmp_path: Path):
    info = PngInfo()
    info.add(b"gAMA", b"\0\0\xb1\x8f")
    info.add_text("parameters", "a landscape")
    info.add_itxt("Title", "Täglich")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=info, dpi=(72, 72), icc_profile=SRGB)
    picture = read(tmp_path / "a.png")
    write(replace(picture, colour=picture.colour.astype(kind)), tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as opened:
        opened.load()
        assert opened.text == {"parameters": "a landscape", "Title": "Täglich"}  # type: ignore
        assert opened.info["gamma"] == pytest.approx(0.45455)
        assert opened.info["icc_profile"] == SRGB
        assert opened.info["dpi"] == pytest.approx((72, 72), abs=0.01)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_compressed_as_it_was(subsampling: int, progressive: bool, tmp_path: Path):
    Image.fromarray(PHOTO).save(
        tmp_path / "a.jpg", quality=71, subsampling=subsampling, progressive=progressive, comment=b"hello"
    )
    write(read(tmp_path / "a.jpg"), tmp_path / "b.jpg")
    with Image.open(tmp_path / "a.jpg") as before, Image.open(tmp_path / "b.jpg") as after:
        assert after.quantization == before.quantization  # type: ignore
        assert JpegImagePlugin.get_sampling(after) == subsampling
        assert ("progressive" in after.info) == progressive
        assert after.info["comment"] == b"hello"


def test_a_grey_jpeg_stays_grey_with_its_tables(tmp_path: Path):
    Image.fromarray(PHOTO[:, :, 0]).save(tmp_path / "a.jpg", quality=40)
    write(read(tmp_path / "a.jpg"), tmp_path / "b.jpg")
    with Image.open(tmp_path / "a.jpg") as before, Image.open(tmp_path / "b.jpg") as after:
        assert after.mode == "L"
        assert after.quantization == before.quantization  # type: ignore


def test_another_picture_becomes_a_jpeg_of_quality_95_without_subsampling(tmp_path: Path):
    expected = io.BytesIO()
    Image.fromarray(PHOTO).save(expected, "JPEG", quality=95)
    write(Picture(PHOTO), tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as written, Image.open(expected) as reference:
        assert written.quantization == reference.quantization  # type: ignore
        assert JpegImagePlugin.get_sampling(written) == 0


def test_quality_has_an_effect_on_jpeg_and_webp(tmp_path: Path):
    for suffix in (".jpg", ".webp"):
        write(Picture(PHOTO), tmp_path / f"low{suffix}", quality=20)
        write(Picture(PHOTO), tmp_path / f"high{suffix}", quality=90)
        assert (tmp_path / f"low{suffix}").stat().st_size < (tmp_path / f"high{suffix}").stat().st_size
    with pytest.raises(ValueError, match="quality is 101"):
        write(Picture(PHOTO), tmp_path / "a.jpg", quality=101)


def test_a_webp_is_lossy_only_where_its_source_was(tmp_path: Path):
    write(Picture(PHOTO), tmp_path / "a.webp")
    write(Picture(PHOTO), tmp_path / "b.webp", quality=80)
    assert read(tmp_path / "a.webp").lossless
    write(read(tmp_path / "b.webp"), tmp_path / "c.webp")
    assert not read(tmp_path / "c.webp").lossless


@pytest.mark.parametrize(
    ("picture", "name", "sentence"),
    [
        (noise(np.uint8, 3, alpha=True), "a.jpg", r"a\.jpg cannot hold transparency.*: choose \.png"),
        (noise(np.uint16, 3, alpha=False), "a.jpg", r"cannot hold 16 bits per sample.*: choose \.png or \.tif"),
        (noise(np.uint16, 1, alpha=False), "a.webp", "cannot hold 16 bits per sample"),
        (noise(np.uint16, 1, alpha=True), "a.bmp", "cannot hold 16 bits per sample"),
        (noise(np.uint8, 3, alpha=False), "a.ico", r"'\.ico', which is no picture"),
        (noise(np.uint8, 3, alpha=True), "a.gif", "cannot hold half transparent pixels"),
        (noise(np.uint8, 3, alpha=False, size=(20, 20)), "a.gif", "cannot hold more than 256 colours"),
        (Picture(np.zeros((1, 16384, 3), np.uint8)), "a.webp", "16384 x 1 pixels, a side has at most 16383"),
        (replace(noise(np.uint8, 3, alpha=False), exif=bytes(70000)), "a.jpg", "70000 bytes of EXIF"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_and_nothing_written(
    picture: Picture, name: str, sentence: str, tmp_path: Path
):
    with pytest.raises(ValueError, match=sentence):
        write(picture, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.bmp", "a.webp"])
def test_a_failing_encoder_leaves_the_old_file_and_no_temporary(name: str, tmp_path: Path, monkeypatch):
    write(Picture(PHOTO), tmp_path / name)
    before = (tmp_path / name).read_bytes()

    def fail(*arguments, **options):
        raise OSError("encoder error")

    monkeypatch.setattr(Image.Image, "save", fail)
    monkeypatch.setattr(writing_module, "encode_tiff", fail)
    with pytest.raises(OSError, match="encoder error"):
        write(Picture(PHOTO), tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_full_disk_leaves_the_old_file_and_no_temporary(tmp_path: Path, monkeypatch):
    write(Picture(PHOTO), tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()

    def half(path: Path, data: bytes):
        with open(path, "wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        write(from_array(torch.rand(3, 50, 50)), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def smooth(height: int, width: int) -> np.ndarray:
    """A photograph of a kind: smooth, with the noise of a camera, (height, width, 3)."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 200, width)[None, :, None] + np.linspace(0, 40, height)[:, None, None]
    return (ramp + rng.normal(5, 2, (height, width, 3))).clip(0, 255).astype(np.uint8)


def test_photographs_are_compressed_by_runs_and_drawings_that_repeat_themselves_are_not():
    drawing = np.tile(np.random.default_rng(1).integers(0, 256, (8, 60, 1), dtype=np.uint8), (40, 10, 1))
    assert compression_of(smooth(400, 500)) == {"compress_type": zlib.Z_RLE}
    assert compression_of(drawing) == {}
    assert compression_of(smooth(100, 90)) == {}, "too small to matter"


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_compressed_by_runs_holds_the_same_pixels_in_hardly_more_bytes(tmp_path: Path, channels: int):
    samples = np.concatenate([smooth(400, 500), smooth(400, 500)[:, ::-1]], 2)[:, :, :channels]
    alpha = np.ascontiguousarray(samples[:, :, -1]) if channels in (2, 4) else None
    picture = Picture(np.ascontiguousarray(samples[:, :, : channels - (alpha is not None)]), alpha)
    write(picture, tmp_path / "a.png")
    assert np.array_equal(joined_samples(read(tmp_path / "a.png")), samples)
    plain = io.BytesIO()
    Image.fromarray(samples[:, :, 0] if channels == 1 else samples).save(plain, "PNG")
    assert (tmp_path / "a.png").stat().st_size < 1.04 * plain.tell()
