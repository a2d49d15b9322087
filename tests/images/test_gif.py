"""GIF files are drawn as browsers draw them and written so that nothing known changes."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.images import Picture, gif, read, write
from inpaint.images.gif_writing import GifEncoder, _compressed

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (5, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)  # (40, 48, 3)
TABLE = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])  # red, green, blue, dark


def frame(indices: list[list[int]], left: int = 0, top: int = 0, *, disposal: int = 0, clear: int | None = None):
    """The blocks of one frame, by hand."""
    control = b"\x21\xf9\x04" + struct.pack("<BHBB", disposal << 2 | (clear is not None), 7, clear or 0, 0)
    pixels = np.array(indices, np.uint8)
    place = struct.pack("<4HB", left, top, pixels.shape[1], pixels.shape[0], 0)
    return control + b"\x2c" + place + _compressed(pixels)


def file_of(*frames: bytes, size: tuple[int, int] = (2, 3), table: bytes = TABLE) -> bytes:
    flags = 0x80 | (len(table) // 3).bit_length() - 2
    return b"GIF89a" + struct.pack("<HHBBB", size[1], size[0], flags, 0, 0) + table + b"".join(frames) + b";"


def drawn(data: bytes) -> list[Picture]:
    return list(gif.gif_pictures(Path("a.gif"), gif.parse_gif(Path("a.gif"), data, 1000)))


def look(picture: Picture) -> list[str]:
    """Rows of letters: r, g, b, d(ark), or . where it is clear."""
    names = {(255, 0, 0): "r", (0, 255, 0): "g", (0, 0, 255): "b", (9, 9, 9): "d"}
    alpha = np.full(picture.size, 255) if picture.alpha is None else picture.alpha
    return [
        "".join(names[tuple(pixel)] if seen else "." for pixel, seen in zip(row.tolist(), opaque, strict=True))
        for row, opaque in zip(picture.colour, alpha, strict=True)
    ]


def test_frames_are_drawn_over_each_other():
    first = frame([[0, 0, 0], [0, 0, 0]])
    second = frame([[1, 3]], left=1, top=1, clear=3)
    third = frame([[2]], left=2)
    assert [look(picture) for picture in drawn(file_of(first, second, third))] == [
        ["rrr", "rrr"],
        ["rrr", "rgr"],
        ["rrb", "rgr"],
    ]


def test_a_frame_is_cleared_or_taken_back_before_the_next():
    first = frame([[0, 0, 0], [0, 0, 0]])
    back = frame([[1, 1]], disposal=3)
    away = frame([[2]], left=2, top=1, disposal=2)
    last = frame([[3]])
    assert [look(picture) for picture in drawn(file_of(first, back, away, last))] == [
        ["rrr", "rrr"],
        ["ggr", "rrr"],
        ["rrr", "rrb"],
        ["drr", "rr."],
    ]


def test_what_reaches_beyond_the_canvas_is_cut_off():
    assert look(drawn(file_of(frame([[0, 1, 2], [1, 1, 1]], left=1, top=1)))[0]) == ["...", ".rg"]


def test_pillow_draws_the_same(tmp_path: Path):
    frames = [Image.fromarray(RNG.integers(0, 256, (20, 30, 3), np.uint8)).quantize(60) for _ in range(4)]
    for number, image in enumerate(frames):
        image.paste(number, (3, 3, 9 + number, 15))
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=[50, 60, 70, 80], loop=0)
    data = (tmp_path / "a.gif").read_bytes()
    parsed = gif.parse_gif(tmp_path / "a.gif", data, 10**6)
    assert [each.control.delay for each in parsed.frames] == [5, 6, 7, 8]
    assert parsed.plays == 0
    with Image.open(tmp_path / "a.gif") as opened:
        for number, picture in enumerate(gif.gif_pictures(tmp_path / "a.gif", parsed)):
            opened.seek(number)
            assert np.array_equal(picture.colour, np.array(opened.convert("RGB")))


@pytest.mark.parametrize("plays", [0, 1, 7])
def test_what_is_written_is_read_frame_by_frame(plays: int):
    size = (12, 17)
    colours = RNG.integers(0, 256, (200, 3), np.uint8)  # each frame has others than the one before
    frames = []
    for number in range(5):
        colour = colours[RNG.integers(number * 10, 200, size)]
        alpha = np.where(RNG.random(size) < 0.2 * number, 0, 255).astype(np.uint8)
        colour[alpha == 0] = 0
        frames.append(Picture(colour, alpha if number else None))
    frames.append(frames[-1])  # nothing moves
    durations = [10.0, 20.0, 0.0, 650.0, 70.0, 80.0]
    encoder = GifEncoder(durations, plays)
    for frame in frames:
        encoder.add(frame)
    encoded = encoder.end()
    assert not encoded.inexact
    parsed = gif.parse_gif(Path("a.gif"), encoded.data, 10**6)
    assert parsed.plays == plays
    assert [each.control.delay * 10 for each in parsed.frames] == durations
    for before, after in zip(frames, gif.gif_pictures(Path("a.gif"), parsed), strict=True):
        assert np.array_equal(before.colour, after.colour)
        assert (before.alpha is None) == (after.alpha is None)
        assert np.array_equal(before.alpha, after.alpha)  # type: ignore


def test_a_still_keeps_palette_comment_profile_and_grey(tmp_path: Path):
    Image.fromarray(PHOTO).quantize(256).save(tmp_path / "a.gif", comment=b"hello")
    Image.fromarray(PHOTO[:, :, 0]).save(tmp_path / "grey.gif", optimize=False)
    for name, mode in (("a.gif", "P"), ("grey.gif", "L")):
        source = replace(read(tmp_path / name), icc=b"profile" * 60, xmp=b"<x:xmpmeta/>" * 40)
        mask = torch.zeros(1, 40, 48)
        mask[:, 4:9, 5:20] = 1
        assert write(source.restored(torch.full((3, 40, 48), 0.2), mask), tmp_path / "b.gif") is None
        again = read(tmp_path / "b.gif")
        assert (again.comment, again.icc, again.xmp) == (source.comment, source.icc, source.xmp)
        known = mask[0].numpy() == 0
        assert np.array_equal(again.colour[known], source.colour[known])
        assert (again.colour[~known] == 51).all()
        with Image.open(tmp_path / name) as before, Image.open(tmp_path / "b.gif") as after:
            assert before.mode == after.mode == mode
            assert np.array_equal(np.array(after.convert("RGB")), np.broadcast_to(again.colour, (40, 48, 3)))
            if mode == "P":
                assert np.array_equal(np.array(before)[known], np.array(after)[known])


def test_a_gif_written_as_png_keeps_its_palette(tmp_path: Path):
    Image.fromarray(PHOTO).quantize(20).save(tmp_path / "a.gif", transparency=3)
    write(read(tmp_path / "a.gif"), tmp_path / "a.png")
    with Image.open(tmp_path / "a.gif") as before, Image.open(tmp_path / "a.png") as after:
        assert after.mode == "P"
        assert np.array_equal(np.array(before.convert("RGBA")), np.array(after.convert("RGBA")))


def test_restored_colours_beyond_a_full_palette_are_said_to_be_missed(tmp_path: Path):
    reds = np.zeros((16, 32, 3), np.uint8)
    reds[:, :, 0] = np.arange(512).reshape(16, 32) % 256
    Image.fromarray(reds).quantize(256).save(tmp_path / "a.gif")
    source = read(tmp_path / "a.gif")
    mask = torch.zeros(1, 16, 32)
    mask[:, 3] = 1
    note = write(source.restored(torch.ones(3, 16, 32), mask), tmp_path / "b.gif")
    assert note is not None
    assert "a frame of a GIF holds 256 colours: restored pixels are off" in note
    known = mask[0].numpy() == 0
    assert np.array_equal(read(tmp_path / "b.gif").colour[known], source.colour[known])


def test_damage_is_told(tmp_path: Path):
    Image.fromarray(PHOTO).quantize(64).save(tmp_path / "a.gif")
    whole = (tmp_path / "a.gif").read_bytes()
    for share in (0.1, 0.4, 0.9):
        with pytest.raises(ValueError, match=r"a\.gif is damaged or cut off and cannot be decoded as GIF"):
            read("a.gif", data=whole[: int(len(whole) * share)])
    with pytest.raises(ValueError, match="holds no pixels"):
        read("a.gif", data=file_of())
    huge = whole[:6] + struct.pack("<HH", 65535, 65535) + whole[10:]
    with pytest.raises(ValueError, match="65535 x 65535 pixels, more than the limit"):
        read("a.gif", data=huge)
