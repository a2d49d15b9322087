"""Every kind of file is read with its exact samples, upright, or refused with a sentence."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from ink_profile import ink_profile
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from inpaint.images import content, read
from inpaint.images.decoded_samples import DECODED_ROWS_AT_ONCE, array_of

COLOUR = np.random.default_rng(0).integers(0, 256, (9, 14, 4), np.uint8)
DEEP = np.random.default_rng(1).integers(0, 65536, (9, 14, 4), np.uint16)
LOSSLESS = (".png", ".tif", ".bmp", ".webp")


def png(samples: np.ndarray, depth: int, colour_type: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """An unfiltered PNG written by hand; samples (H, bytes) are the packed rows."""
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    width = samples.shape[1] * 8 // (depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type])
    header = struct.pack(">IIBBBBB", width, len(samples), depth, colour_type, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data


def big_endian(samples: np.ndarray) -> np.ndarray:
    return samples.astype(">u2").view(np.uint8).reshape(len(samples), -1)


@pytest.mark.parametrize("suffix", LOSSLESS)
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_a_lossless_file_is_read_exactly(mode: str, suffix: str, tmp_path: Path):
    if suffix == ".bmp" and mode in ("LA", "RGBA"):
        pytest.skip("Pillow writes no BMP with alpha")
    options: dict[str, Any] = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    image = Image.fromarray(COLOUR).convert("RGB" if mode in ("1", "P") else mode).convert(mode)
    image.save(tmp_path / f"a{suffix}", **options)
    picture = read(tmp_path / f"a{suffix}")
    expected = np.array(Image.open(tmp_path / f"a{suffix}").convert("RGBA"))
    assert np.array_equal(np.broadcast_to(picture.colour, (9, 14, 3)), expected[:, :, :3])
    assert (picture.alpha is not None) == (mode in ("LA", "RGBA"))
    if picture.alpha is not None:
        assert np.array_equal(picture.alpha, expected[:, :, 3])
    assert picture.lossless
    assert picture.colour.shape[2] == (3 if mode in ("P", "RGB", "RGBA") or suffix == ".webp" else 1)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_of_few_colours_are_read(bits: int, tmp_path: Path):
    indices = (np.arange(9 * 14).reshape(9, 14) % 2**bits).astype(np.uint8)
    palette = np.random.default_rng(2).integers(0, 256, (2**bits, 3), np.uint8)
    image = Image.fromarray(indices, "L")
    image.putpalette(palette.tobytes())
    image.save(tmp_path / "a.png", bits=bits)
    assert (tmp_path / "a.png").read_bytes()[24:26] == bytes([bits, 3])
    assert np.array_equal(read(tmp_path / "a.png").colour, palette[indices])


@pytest.mark.parametrize("transparency", [1, b"\x00\x80\xff"])
def test_transparent_palettes_become_rgba(transparency: int | bytes, tmp_path: Path):
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "L")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.save(tmp_path / "a.png", transparency=transparency)
    picture = read(tmp_path / "a.png")
    assert picture.colour.tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]
    assert picture.alpha is not None
    assert picture.alpha.tolist() == [[255, 0, 255] if transparency == 1 else [0, 128, 255]]


def test_a_single_transparent_colour_becomes_alpha_at_every_depth(tmp_path: Path):
    two_bits = png(np.array([[0b00011011]], np.uint8), 2, 0, (b"tRNS", b"\0\2"))
    one_bit = png(np.array([[0b00011011]], np.uint8), 1, 0, (b"tRNS", b"\0\1"))
    rgb = png(np.array([[1, 2, 3, 4, 5, 6]], np.uint8), 8, 2, (b"tRNS", b"\0\4\0\5\0\6"))
    deep = png(big_endian(np.array([[500, 501]])), 16, 0, (b"tRNS", struct.pack(">H", 501)))
    deep_rgb = png(big_endian(np.array([[256, 2, 3, 257, 2, 3]])), 16, 2, (b"tRNS", struct.pack(">3H", 257, 2, 3)))
    for data, alpha in (
        (two_bits, [255, 255, 0, 255]),
        (one_bit, [255, 255, 255, 0, 0, 255, 0, 0]),
        (rgb, [255, 0]),
        (deep, [65535, 0]),
        (deep_rgb, [65535, 0]),
    ):
        (tmp_path / "a.png").write_bytes(data)
        picture = read(tmp_path / "a.png")
        assert picture.alpha is not None
        assert picture.alpha.tolist() == [alpha]
    (tmp_path / "a.png").write_bytes(two_bits)
    assert read(tmp_path / "a.png").colour[0, :, 0].tolist() == [0, 85, 170, 255]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bit_png_keeps_its_order_and_depth(channels: int, tmp_path: Path):
    samples = DEEP[:, :, :channels]
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    (tmp_path / "a.png").write_bytes(png(big_endian(samples.reshape(9, -1)), 16, colour_type))
    picture = read(tmp_path / "a.png")
    assert picture.colour.dtype == np.uint16
    assert np.array_equal(picture.colour, samples[:, :, : channels if channels % 2 else channels - 1])
    assert (picture.alpha is None) if channels % 2 else np.array_equal(picture.alpha, samples[:, :, -1])  # type: ignore


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_tiff_keeps_its_order_and_depth(channels: int, tmp_path: Path):
    cv2.imwrite(str(tmp_path / "a.tif"), DEEP[:, :, :channels][:, :, ::-1])
    assert np.array_equal(read(tmp_path / "a.tif").colour, DEEP[:, :, :channels])


def test_the_tensor_is_the_exact_quotient(tmp_path: Path):
    Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(tmp_path / "a.png")
    image = read(tmp_path / "a.png").tensor()
    assert image.shape == (3, 16, 16)
    assert image.dtype == torch.float32
    assert torch.equal(image[1].flatten(), torch.arange(256) / 255)
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(ramp).save(tmp_path / "b.png")
    assert torch.equal(read(tmp_path / "b.png").tensor()[2].flatten(), torch.arange(65536) / 65535)


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    return exif


def turned_by_pillow(samples: np.ndarray, orientation: int) -> np.ndarray:
    image = Image.fromarray(samples)
    image.getexif()[0x0112] = orientation
    return np.array(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(orientation: int, suffix: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    exif = exif_with(orientation)
    if suffix != ".tif":  # Pillow writes no EXIF directory into a TIFF
        exif[0x8769] = {0x9003: "2020:01:02 03:04:05"}
    Image.fromarray(COLOUR[:, :, :3]).save(path, exif=exif)
    stored = COLOUR[:, :, :3] if suffix == ".tif" else np.array(Image.open(path))
    picture = read(path)
    assert np.array_equal(picture.colour, turned_by_pillow(stored, orientation))
    assert picture.exif is not None
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + picture.exif)
    assert exif.get(0x0112, 1) == 1
    assert exif[0x010F] == "Maker"
    if suffix != ".tif":
        assert exif.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_orientation_is_applied_once_at_16_bits(orientation: int, suffix: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    Image.fromarray(DEEP[:, :, 0]).save(path, exif=exif_with(orientation))
    turned = turned_by_pillow(DEEP[:, :, 0].astype(np.int32), orientation)
    assert np.array_equal(read(path).colour[:, :, 0], turned)


def test_alpha_is_turned_with_the_colours(tmp_path: Path):
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=exif_with(6))
    expected = np.array(ImageOps.exif_transpose(Image.open(tmp_path / "a.png")))
    assert np.array_equal(read(tmp_path / "a.png").alpha, expected[:, :, 3])  # type: ignore


def test_orientation_that_only_xmp_knows_is_applied_and_reset(tmp_path: Path):
    packet = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6" other="6"/></x:xmpmeta>'
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet)
    Image.fromarray(COLOUR[:, :, :3]).save(tmp_path / "a.png", pnginfo=info)
    picture = read(tmp_path / "a.png")
    assert np.array_equal(picture.colour, np.rot90(COLOUR[:, :, :3], -1))
    assert picture.xmp == packet.replace('tiff:Orientation="6"', 'tiff:Orientation="1"').encode()


def test_cmyk_without_a_profile_becomes_rgb_as_pillow_does(tmp_path: Path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=100)
    picture = read(tmp_path / "a.jpg")
    assert abs(picture.colour[4, 4].astype(int) - [255, 0, 0]).max() <= 3
    assert picture.stored is not None
    assert picture.stored.samples[4, 4].tolist() == pytest.approx([0, 255, 255, 0], abs=3)
    assert picture.icc is None


def test_cmyk_goes_through_its_profile(tmp_path: Path):
    image = Image.new("CMYK", (16, 8), (0, 0, 0, 0))
    image.paste((0, 0, 255, 0), (8, 0, 16, 8))  # yellow, which this press prints black
    image.save(tmp_path / "a.tif", icc_profile=ink_profile())
    picture = read(tmp_path / "a.tif")
    assert picture.colour[0, 0].tolist() == pytest.approx([255, 255, 255], abs=2)
    assert picture.colour[0, 15].tolist() == pytest.approx([0, 0, 0], abs=2)
    assert picture.icc is not None
    assert picture.icc[16:20] == b"RGB "


def test_a_cmyk_profile_that_cannot_be_used_is_said(tmp_path: Path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", icc_profile=srgb)
    with pytest.warns(UserWarning, match="CMYK profile"):
        assert read(tmp_path / "a.jpg").colour.shape == (8, 8, 3)


def test_a_phone_jpeg_of_several_pictures_is_its_main_picture(tmp_path: Path):
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    picture = read(tmp_path / "a.jpg")
    assert picture.format == "JPEG"
    assert picture.colour[0, 0, 0] > 250


def test_the_content_decides_not_the_suffix(tmp_path: Path):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", "PNG")
    assert read(tmp_path / "a.jpg").format == "PNG"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_a_cut_off_file_is_refused_by_name(form: str, tmp_path: Path):
    encoded = io.BytesIO()
    Image.fromarray(np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)).save(encoded, form)
    for share in (0.3, 0.7):
        path = tmp_path / f"cut.{form.lower()}"
        path.write_bytes(encoded.getvalue()[: int(len(encoded.getvalue()) * share)])
        with pytest.raises(ValueError, match=rf"cut\.{form.lower()} is damaged or cut off"):
            read(path)


def test_a_cut_off_16_bit_file_is_refused(tmp_path: Path):
    data = png(big_endian(DEEP.reshape(9, -1)), 16, 6)
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"a\.png is damaged"):
        read(tmp_path / "a.png")


def test_what_is_no_picture_is_refused_with_the_cause(tmp_path: Path):
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"empty\.png is empty"):
        read(tmp_path / "empty.png")
    (tmp_path / "note.png").write_text("hello")
    with pytest.raises(ValueError, match=r"note\.png is not a picture"):
        read(tmp_path / "note.png")
    with pytest.raises(FileNotFoundError, match=r"gone\.png does not exist"):
        read(tmp_path / "gone.png")
    with pytest.raises(ValueError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".png", "frames"), (".webp", "frames"), (".gif", "frames"), (".tif", "pages")]
)
def test_animations_and_pages_are_refused_where_one_picture_is_read(suffix: str, kind: str, tmp_path: Path):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=f"holds 3 {kind}, but a single picture is needed"):
        read(tmp_path / f"a{suffix}")


def test_decompression_bombs_are_refused_before_decoding(tmp_path: Path):
    bomb = png(np.zeros((1, 4), np.uint8), 8, 6)
    (tmp_path / "a.png").write_bytes(bomb[:16] + struct.pack(">II", 20_000, 10_001) + bomb[24:])
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ValueError, match="20000 x 10001 pixels, more than the limit of 200000000"):
        read(tmp_path / "a.png")
    Image.new("L", (10, 10)).save(tmp_path / "b.png")
    assert read(tmp_path / "b.png", limit=100).size == (10, 10)
    with pytest.raises(ValueError, match="more than the limit of 99"):
        read(tmp_path / "b.png", limit=99)


def test_samples_that_cannot_be_kept_are_refused(tmp_path: Path):
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "float.tif")
    Image.fromarray(np.ones((4, 4), np.int32), "I").save(tmp_path / "long.tif")
    for name in ("float.tif", "long.tif"):
        with pytest.raises(ValueError, match="32 bits per sample"):
            read(tmp_path / name)
    Image.new("LAB", (4, 4)).save(tmp_path / "lab.tif")
    with pytest.raises(ValueError, match="'LAB'"):
        read(tmp_path / "lab.tif")


def test_webp_knows_whether_it_is_lossless(tmp_path: Path):
    Image.fromarray(COLOUR).save(tmp_path / "a.webp", lossless=True)
    Image.fromarray(COLOUR).save(tmp_path / "b.webp")
    assert read(tmp_path / "a.webp").lossless
    assert not read(tmp_path / "b.webp").lossless


def test_a_bigtiff_is_read(tmp_path: Path):
    Image.fromarray(COLOUR).save(tmp_path / "a.tif", big_tiff=True)
    assert np.array_equal(read(tmp_path / "a.tif").colour, COLOUR[:, :, :3])


def test_content_from_elsewhere_is_read_as_a_file_is(tmp_path: Path):
    Image.fromarray(COLOUR, "RGBA").save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    member = read("pack.zip/a.png", data=data)
    whole = read(tmp_path / "a.png")
    np.testing.assert_array_equal(member.colour, whole.colour)
    with pytest.raises(ValueError, match=r"pack\.zip/a\.png is damaged or cut off"):
        read("pack.zip/a.png", data=data[:-40])
    with pytest.raises(ValueError, match="more than the limit of 5"):
        read("pack.zip/a.png", data=data, limit=5)
    with pytest.raises(ValueError, match=r"pack\.zip/a\.png is empty"):
        read("pack.zip/a.png", data=b"")


def test_only_files_of_a_sensible_size_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a\.png is no file but a pipe"):
        read(tmp_path / "a.png")
    Image.new("L", (9, 9)).save(tmp_path / "b.png")
    monkeypatch.setattr(content, "MOST_FILE_BYTES", 10)
    with pytest.raises(ValueError, match=r"b\.png has \d+ bytes, more than the limit of 10"):
        read(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to("c.png")
    with pytest.raises(ValueError, match=r"c\.png cannot be read: Too many levels"):
        read(tmp_path / "c.png")


def test_a_png_that_is_far_too_short_for_its_size_is_refused_at_once():
    bomb = png(np.zeros((1, 4), np.uint8), 8, 6)
    header = struct.pack(">II", 14_000, 14_000) + bomb[24:29]
    with pytest.raises(ValueError, match="is far too short for its size"):
        read("a.png", data=bomb[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + bomb[33:])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "P", "I;16"])
@pytest.mark.parametrize("height", [1, DECODED_ROWS_AT_ONCE, 2 * DECODED_ROWS_AT_ONCE + 3])
def test_decoded_samples_are_taken_whole(mode: str, height: int):
    kind, channels = (np.uint16, 1) if mode == "I;16" else (np.uint8, len(mode) if mode != "P" else 1)
    drawn = np.random.default_rng(2).integers(0, 200, (height, 700, channels)).astype(kind)
    opened = Image.frombytes(mode, (700, height), drawn.tobytes())
    taken = array_of(opened)
    assert taken.dtype == kind
    assert np.array_equal(taken.reshape(drawn.shape), drawn)
    assert taken.flags.writeable


def test_a_large_picture_is_taken_without_a_second_copy():
    opened = Image.new("RGB", (1000, 12 * DECODED_ROWS_AT_ONCE))
    tracemalloc.start()
    taken = array_of(opened)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.4 * taken.nbytes
