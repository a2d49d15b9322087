"""What stands beside the pixels of a PNG is carried over, and what is damaged there costs no picture."""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, PngImagePlugin

from inpaint.images import Picture, read, read_frames, write, write_frames
from inpaint.images.png_parts import png_chunks, png_of, with_chunks

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 14, 4), np.uint8)
Chunks = list[tuple[bytes, bytes]]


def saved(mode: str = "RGB", **options: Any) -> Chunks:
    encoded = io.BytesIO()
    Image.fromarray(PIXELS if mode == "RGBA" else PIXELS[:, :, :3]).convert(mode).save(encoded, "PNG", **options)
    return list(png_chunks(encoded.getvalue()))


def with_added(chunks: Chunks, *added: tuple[bytes, bytes], before: bytes = b"IDAT") -> Chunks:
    place = [name for name, _ in chunks].index(before)
    return [*chunks[:place], *added, *chunks[place:]]


def broken_at(chunks: Chunks, broken: bytes) -> bytes:
    """A PNG in which the checksum of one chunk is wrong."""
    data = png_of(chunks)
    place = data.index(broken) + 4 + len(dict(chunks)[broken])
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def rewritten(data: bytes, folder: Path, target: str = "b.png") -> tuple[bytes, str | None]:
    (folder / "a.png").write_bytes(data)
    picture = read(folder / "a.png")
    mask = torch.zeros(1, *picture.size)
    mask[:, 2:5, 3:9] = 1
    note = write(picture.restored(torch.full((3, *picture.size), 0.5), mask), folder / target)
    return (folder / target).read_bytes(), note


CARRIED = [
    (b"sBIT", b"\5\6\5"),
    (b"cLLI", bytes(8)),
    (b"gAMA", struct.pack(">I", 45455)),
    (b"bKGD", struct.pack(">3H", 1, 2, 3)),
    (b"pHYs", struct.pack(">IIB", 3, 2, 0)),
    (b"prVt", b"whatever a program keeps here"),
    (b"oFFs", struct.pack(">iiB", 5, 6, 0)),
]


def test_chunks_that_mean_the_same_beside_restored_pixels_are_carried_over(tmp_path: Path):
    source = with_added(saved(), *CARRIED)
    for name in ("b.png", "c.png"):
        data, note = rewritten(png_of(source), tmp_path, name)
        written = list(png_chunks(data))
        assert note is None
        assert {it for it in written if it[0] in dict(CARRIED)} == set(CARRIED)
        names = [name for name, _ in written]
        assert names.index(b"sBIT") < names.index(b"bKGD") < names.index(b"IDAT")
        assert len(names) - names.count(b"IDAT") == len({*names} - {b"IDAT"})
        assert Image.open(tmp_path / name).info["aspect"] == (3, 2)
        source = written


def test_chunks_that_describe_the_unchanged_pixels_are_left_out_and_named(tmp_path: Path):
    data, note = rewritten(png_of(with_added(saved(), (b"caBX", b"signed"), (b"hIST", b"\0\1"))), tmp_path)
    assert note == "PNG chunks caBX, hIST (of the unchanged pixels) were left out"
    assert not {b"caBX", b"hIST"} & {name for name, _ in png_chunks(data)}


def test_chunks_that_count_in_other_samples_are_left_out_and_named():
    data, note = with_chunks(png_of(saved("RGBA")), [(b"sBIT", b"\5\6\5"), (b"gAMA", bytes(4))])
    assert note == "PNG chunks sBIT do not fit its new samples: left out"
    assert [name for name, _ in png_chunks(data)][:2] == [b"IHDR", b"gAMA"]


def test_the_background_of_grey_of_few_bits_counts_in_8_bits(tmp_path: Path):
    header = struct.pack(">IIBBBBB", 8, 2, 2, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((0, 0x1B, 0x1B, 0, 0x1B, 0x1B)))
    chunks = [(b"IHDR", header), (b"bKGD", b"\0\2"), (b"IDAT", pixels), (b"IEND", b"")]
    data, note = rewritten(png_of(chunks), tmp_path)
    assert dict(png_chunks(data))[b"bKGD"] == struct.pack(">H", 170)
    assert note is None


@pytest.mark.parametrize("name", [b"tEXt", b"gAMA", b"prVt", b"iCCP", b"eXIf", b"tRNS"])
@pytest.mark.parametrize("moving", [False, True])
def test_a_wrong_checksum_beside_the_pixels_costs_that_chunk_alone(name: bytes, moving: bool, tmp_path: Path):
    more = [Image.fromarray(PIXELS[::-1, :, :3])] if moving else []
    chunks = with_added(saved(save_all=moving, append_images=more), (name, b"hello\0!"))
    (tmp_path / "a.png").write_bytes(broken_at(chunks, name))
    if moving:
        frames = read_frames(tmp_path / "a.png")
        note, picture = write_frames(frames, tmp_path / "b.png"), frames.frames[0]
    else:
        picture = read(tmp_path / "a.png")
        note = write(picture, tmp_path / "b.png")
    assert note == f"PNG chunks {name.decode()} (damaged) were left out"
    assert np.array_equal(picture.colour, PIXELS[:, :, :3])
    assert name not in dict(png_chunks((tmp_path / "b.png").read_bytes()))


@pytest.mark.parametrize(("mode", "length"), [("RGB", 300), ("RGB", 2), ("L", 6), ("P", 0), ("P", 999), ("RGBA", 6)])
def test_clear_colours_of_a_wrong_length_are_left_out(mode: str, length: int, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(png_of(with_added(saved(mode), (b"tRNS", bytes(length)))))
    (tmp_path / "b.png").write_bytes(png_of(saved(mode)))
    picture, wanted = read(tmp_path / "a.png"), read(tmp_path / "b.png")
    assert picture.lost == "PNG chunks tRNS (damaged) were left out"
    assert np.array_equal(picture.colour, wanted.colour)
    assert (picture.alpha is None) == (mode != "RGBA")


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        (b"iCCP", b"name\0\0not packed"),
        (b"iCCP", b"name\0\x21"),
        (b"gAMA", b"\0"),
        (b"cHRM", bytes(31)),
        (b"pHYs", bytes(3)),
        (b"zTXt", b"key\0\7text"),
    ],
)
def test_what_cannot_be_what_its_name_says_is_left_out(name: bytes, chunk: bytes, tmp_path: Path):
    data, note = rewritten(png_of(with_added(saved(), (name, chunk))), tmp_path)
    assert note == f"PNG chunks {name.decode()} (damaged) were left out"
    assert name not in dict(png_chunks(data))


def late_header() -> bytes:
    header, *rest = saved()
    return png_of([(b"gAMA", bytes(4)), header, *rest])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (late_header(), "its header does not come first"),
        (png_of([(b"IHDR", bytes(5)), *saved()[1:]]), "its header does not come first"),
        (png_of([]), "it holds no chunks"),
        (broken_at(saved(), b"IHDR"), "the checksum of its chunk IHDR is wrong"),
        (broken_at(saved("P"), b"PLTE"), "the checksum of its chunk PLTE is wrong"),
    ],
)
def test_a_chunk_that_is_needed_must_be_right(data: bytes, reason: str):
    with pytest.raises(ValueError, match=f"pack/a.png is damaged or cut off and cannot be decoded as PNG: {reason}"):
        read("pack/a.png", data=data)


def test_large_texts_and_profiles_are_read_and_kept(tmp_path: Path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = struct.pack(">I", 3 << 20) + srgb[4:] + bytes((3 << 20) - len(srgb))
    info = PngImagePlugin.PngInfo()
    info.add_text("packed", "word " * 500_000, zip=True)
    info.add_text("plain", "word " * 500_000)
    info.add_itxt("both", "wörd " * 500_000, zip=True)
    info.add_text("Title", "a cat")
    source = png_of(saved(pnginfo=info, icc_profile=profile))
    data, note = rewritten(source, tmp_path)
    assert note is None
    texts = [it for it in png_chunks(data) if it[0] in (b"tEXt", b"zTXt", b"iTXt")]
    assert sorted(texts) == sorted(it for it in png_chunks(source) if it[0] in (b"tEXt", b"zTXt", b"iTXt"))
    assert read(tmp_path / "b.png").icc == profile


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_bytes_after_the_end_cost_no_time(form: str, tmp_path: Path):
    encoded = io.BytesIO()
    Image.fromarray(PIXELS[:, :, :3]).save(encoded, form, lossless=True)
    path = tmp_path / f"a.{form.lower()}"
    started = time.process_time()
    wanted = read(path, data=encoded.getvalue()).colour
    alone = time.process_time() - started
    for rest in (bytes(8 << 20), b"\xff" * (8 << 20), b"\x21\xfe\1\0" * (1 << 20)):
        started = time.process_time()
        assert np.array_equal(read(path, data=encoded.getvalue() + rest).colour, wanted)
        assert time.process_time() - started < alone + 0.3


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("moving", [False, True])
def test_bytes_after_the_end_are_told(form: str, moving: bool):
    encoded = io.BytesIO()
    more = [Image.fromarray(PIXELS[::-1, :, :3])] if moving else []
    Image.fromarray(PIXELS[:, :, :3]).save(encoded, form, lossless=True, save_all=moving, append_images=more)
    for rest, told in ((b"", None), (bytes(99), "99 bytes after its end were left out")):
        data = encoded.getvalue() + rest
        picture = read_frames("a", data=data).frames[0] if moving else read("a", data=data)
        assert picture.lost == told


def test_what_other_formats_have_no_place_for_is_told(tmp_path: Path):
    picture = Picture(PIXELS[:, :, :3], icc=b"p", xmp=b"x", dpi=(72, 72), text={"a": "b"}, chunks=(CARRIED[0],))
    for suffix, lost in (
        (".bmp", "BMP has no place for its profile, XMP, its texts, its PNG chunks sBIT: left out"),
        (".webp", "WEBP has no place for its resolution, its texts, its PNG chunks sBIT: left out"),
        (".tif", "TIFF has no place for its texts, its PNG chunks sBIT: left out"),
        (".png", None),
    ):
        assert write(picture, tmp_path / f"a{suffix}") == lost
