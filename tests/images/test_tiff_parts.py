"""TIFF as scanners and photographers' programs write it: with previews, planes, inverted grey, channels and tags."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, TiffImagePlugin

from inpaint.images import read, stored_size, write
from inpaint.images.tiff_parts import numbers_of, tiff_pages

EIGHT = np.random.default_rng(0).integers(0, 256, (9, 14, 5), np.uint8)
DEEP = np.random.default_rng(1).integers(0, 65536, (9, 14, 4), np.uint16)
KINDS = {1: "B", 3: "H", 4: "I", 7: "B", 12: "d"}
Page = tuple[np.ndarray, dict[int, tuple[int, tuple]]]


def by_hand(*pages: Page, order: str = "<", planar: bool = False, deflate: bool = False, rows: int = 4) -> bytes:
    """A TIFF written tag by tag; pages: samples (H, W, C) and further tags."""
    data, link = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 0)), 4
    for samples, further in pages:
        height, width, channels = samples.shape
        stored = samples.astype(np.dtype(order + samples.dtype.str[1:]))
        planes = [stored[:, :, number] for number in range(channels)] if planar else [stored]
        strips = [plane[top : top + rows].tobytes() for plane in planes for top in range(0, height, rows)]
        strips = [zlib.compress(strip) if deflate else strip for strip in strips]
        places = []
        for strip in strips:
            places.append(len(data))
            data += strip
        tags = {256: (4, (width,)), 257: (4, (height,)), 258: (3, (samples.itemsize * 8,) * channels),
                259: (3, (8 if deflate else 1,)), 262: (3, (2 if channels >= 3 else 1,)), 273: (4, tuple(places)),
                277: (3, (channels,)), 278: (4, (rows,)), 279: (4, tuple(map(len, strips))),
                284: (3, (2 if planar else 1,))}  # fmt: skip
        link = add_directory(data, sorted((tags | further).items()), order, link)
    return bytes(data)


def add_directory(data: bytearray, tags: list, order: str, link: int) -> int:
    """Add a directory that the word at `link` shall lead to; returns where its own link stands."""
    entries = []
    for tag, (kind, values) in tags:
        packed = struct.pack(f"{order}{len(values)}{KINDS[kind]}", *values)
        where = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "I", len(data))
        data += packed if len(packed) > 4 else b""
        entries.append(struct.pack(order + "HHI", tag, kind, len(values)) + where)
    data += bytes(len(data) % 2)
    struct.pack_into(order + "I", data, link, len(data))
    data += struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return len(data) - 4


def rewritten(data: bytes, folder: Path) -> tuple[Image.Image, str | None]:
    (folder / "a.tif").write_bytes(data)
    picture = read(folder / "a.tif")
    mask = torch.zeros(1, *picture.size)
    mask[:, 2:5, 3:9] = 1
    restored = picture.restored(torch.full((3, *picture.size), 0.5), mask)
    note = write(restored, folder / "b.tif")
    again = read(folder / "b.tif")
    assert np.array_equal(again.colour, restored.colour)
    return TiffImagePlugin.TiffImageFile(folder / "b.tif"), note


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [{254: (4, (1,))}, {255: (3, (2,))}, {254: (4, (4,))}], ids=["new", "old", "mask"])
@pytest.mark.parametrize("first", [False, True])
def test_previews_are_left_out_and_said(order: str, kind: dict, first: bool, tmp_path: Path):
    preview, whole = (EIGHT[::3, ::3, :3], kind), (EIGHT[:, :, :3], {254: (4, (0,))})
    data = by_hand(*((preview, whole) if first else (whole, preview)), order=order)
    assert np.array_equal(read("a.tif", data=data).colour, EIGHT[:, :, :3])
    assert stored_size("a.tif", data) == (9, 14)
    opened, note = rewritten(data, tmp_path)
    assert note == "1 of its pages, smaller pictures of the same, were left out"
    assert opened.n_frames == 1  # pyright: ignore[reportAttributeAccessIssue]


def test_pages_of_their_own_are_refused():
    with pytest.raises(ValueError, match=r"a\.tif holds 2 pages, but a single picture is needed"):
        read("a.tif", data=by_hand((EIGHT[:, :, :3], {}), (EIGHT[:, :, :1], {})))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("samples", [EIGHT, DEEP], ids=["8", "16"])
def test_channels_one_after_the_other_are_read(
    samples: np.ndarray, channels: int, deflate: bool, order: str, tmp_path: Path
):
    alpha: dict = {338: (3, (2,))} if channels == 4 else {}
    data = by_hand((samples[:, :, :channels], alpha), order=order, planar=True, deflate=deflate)
    picture = read("a.tif", data=data)
    assert np.array_equal(picture.colour, samples[:, :, :3])
    assert (picture.alpha is None) if channels == 3 else np.array_equal(picture.alpha, samples[:, :, 3])  # type: ignore
    assert rewritten(data, tmp_path)[1] is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("samples", [EIGHT[:, :, :1], DEEP[:, :, :1]], ids=["8", "16"])
def test_grey_in_which_white_is_zero_is_read(samples: np.ndarray, order: str, tmp_path: Path):
    data = by_hand((samples, {262: (3, (0,))}), order=order)
    assert np.array_equal(read("a.tif", data=data).colour, np.iinfo(samples.dtype).max - samples)
    assert rewritten(data, tmp_path)[1] is None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("samples", [EIGHT[:, :, :4], DEEP, EIGHT[:, :, :2]], ids=["8", "16", "grey"])
def test_a_channel_of_unknown_kind_is_kept_as_one(samples: np.ndarray, order: str, tmp_path: Path):
    data = by_hand((samples, {338: (3, (0,))}), order=order)
    picture = read("a.tif", data=data)
    assert picture.alpha is None
    opened, note = rewritten(data, tmp_path)
    assert note is None
    assert opened.tag_v2[338] == (0,)  # pyright: ignore[reportAttributeAccessIssue]
    assert np.array_equal(read(tmp_path / "b.tif").extra, samples[:, :, -1])  # type: ignore
    assert "fourth channel" in str(write(picture, tmp_path / "c.png"))


def test_channels_that_are_left_out_are_said(tmp_path: Path):
    _, note = rewritten(by_hand((EIGHT, {338: (3, (0, 0))})), tmp_path)
    assert note == "2 of its channels, which are no colours, were left out"


@pytest.mark.parametrize("order", ["<", ">"])
def test_tags_are_carried_over_or_named(order: str, tmp_path: Path):
    blocks = b"8BIM\x04\x0c\0\0\0\0\0\5small\0" + b"8BIM\x04\x04\0\0\0\0\0\5hello\0"
    further = {33723: (7, tuple(b"\x1c\2x\0\5hello")), 34377: (1, tuple(blocks)), 33550: (12, (0.5, 2.5, 0.0)),
               34735: (3, (1, 1, 0, 7)), 37724: (7, tuple(b"layers")), 65000: (3, (9,))}  # fmt: skip
    opened, note = rewritten(by_hand((EIGHT[:, :, :3], further), order=order), tmp_path)
    assert note == "TIFF tags 37724, 65000 were left out"
    tags = opened.tag_v2  # pyright: ignore[reportAttributeAccessIssue]
    assert tags[33723] == b"\x1c\2x\0\5hello"
    assert (tags[33550], tags[34735]) == ((0.5, 2.5, 0.0), (1, 1, 0, 7))
    assert b"hello" in (tmp_path / "b.tif").read_bytes()
    assert b"small" not in (tmp_path / "b.tif").read_bytes()


@pytest.mark.parametrize("kind", [np.float32, np.int32, np.uint32, np.float64])
def test_samples_that_cannot_be_held_exactly_are_refused(kind: type):
    further = {339: (3, ({"f": 3, "i": 2, "u": 1}[np.dtype(kind).kind],))}
    with pytest.raises(ValueError, match=r"a\.tif is a TIFF of \d\d bits per sample, signed or floating"):
        read("a.tif", data=by_hand((EIGHT[:, :, :1].astype(kind), further)))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_directory_that_leads_nowhere_or_in_a_circle_ends():
    data = bytearray(by_hand((EIGHT[:, :, :3], {}), (EIGHT[::3, ::3, :3], {254: (4, (1,))})))
    first, second = tiff_pages(bytes(data))
    struct.pack_into("<I", data, second.link, first.start)
    assert len(tiff_pages(bytes(data))) <= 10_000
    for start in (7, len(data) - 1, 1 << 31):
        struct.pack_into("<I", data, 4, start)
        with pytest.raises(ValueError, match=r"a\.tif is damaged"):
            read("a.tif", data=bytes(data))
    assert numbers_of(bytes(data), first, 40_000, (3,)) == (3,)
