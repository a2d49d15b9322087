"""A JPEG stays as it was stored where nothing was restored: coefficients, tables, segments, and what follows it."""

from __future__ import annotations

import io
import struct
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from inpaint.images import Picture, jpeg_blocks, jpeg_files, read, write
from inpaint.images.jpeg_files import decoded_jpeg
from inpaint.images.jpeg_parts import PHOTOSHOP, part_jpeg, segment

jpeglib = pytest.importorskip("jpeglib", reason="jpeglib has no wheel for this machine")

HEIGHT, WIDTH, HOLE = 83, 117, (slice(34, 51), slice(40, 77))
CORNER = (slice(0, 9), slice(0, 11))
SMOOTH = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
PHOTO = Image.fromarray(SMOOTH).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
FACTORS = {"4:4:4": 0x111111, "4:2:2": 0x211111, "4:4:0": 0x121111, "4:2:0": 0x221111, "4:1:1": 0x411111}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "grey": ("L", {}),
    "rgb": ("RGB", {"keep_rgb": True}),
    "progressive": ("RGB", {"progressive": True}),
    "restarts": ("RGB", {"restart_marker_rows": 1, "subsampling": 1}),
    "coarse": ("RGB", {"quality": 20}),
    "fine": ("RGB", {"quality": 100}),
}


INKS = Image.merge("CMYK", [*PHOTO.split(), PHOTO.getchannel(0).transpose(Image.Transpose.ROTATE_180)])


def inks(transform: int, **options: Any) -> bytes:
    """A JPEG of inks, stored as they are (0), or as luma, two colour differences, and black (2)."""
    encoded = io.BytesIO()
    INKS.save(encoded, "JPEG", **options)
    data = bytearray(encoded.getvalue())
    data[data.index(b"Adobe") + 11] = transform
    return bytes(data)


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    encoded = io.BytesIO()
    PHOTO.convert(mode).save(encoded, "JPEG", **options)
    return encoded.getvalue()


def thinned(kind: str) -> bytes:
    """A JPEG whose colours are thinned out in this way."""
    options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, FACTORS[kind], cv2.IMWRITE_JPEG_QUALITY, 85]
    return cv2.imencode(".jpg", np.array(PHOTO)[:, :, ::-1], options)[1].tobytes()


def restored(picture: Picture, hole: tuple[slice, slice] = HOLE, level: float = 0.7) -> Picture:
    mask = torch.zeros(1, *picture.size)
    mask[(0, *hole)] = 1
    return picture.restored(torch.full((3, *picture.size), level), mask)


def rewritten(data: bytes, folder: Path, **how: Any) -> tuple[bytes, str | None]:
    (folder / "a.jpg").write_bytes(data)
    note = write(restored(read(folder / "a.jpg"), **how), folder / "b.jpg")
    return (folder / "b.jpg").read_bytes(), note


def coefficients(data: bytes, folder: Path) -> list[np.ndarray]:
    (folder / "read.jpg").write_bytes(data)
    opened = jpeglib.read_dct(str(folder / "read.jpg"))
    return [plane for plane in (opened.Y, opened.Cb, opened.Cr, opened.K) if plane is not None]


def error_inside(data: bytes, hole: tuple[slice, slice] = HOLE) -> float:
    """The mean distance of the luma of restored pixels from what they were given; colours thinned out may bleed."""
    luma = np.array(Image.open(io.BytesIO(data)).convert("L")).astype(int)
    return float(np.abs(luma[hole] - round(0.7 * 255)).mean())


@pytest.mark.parametrize("kind", [*KINDS, *FACTORS])
def test_blocks_without_restored_pixels_keep_their_coefficients(kind: str, tmp_path: Path):
    data = thinned(kind) if kind in FACTORS else jpeg(KINDS[kind][0], **KINDS[kind][1])
    written, note = rewritten(data, tmp_path)
    assert note is None
    for before, after in zip(coefficients(data, tmp_path), coefficients(written, tmp_path), strict=True):
        assert before.shape == after.shape
        side = 8 * -(-HEIGHT // 8 // before.shape[0]), 8 * -(-WIDTH // 8 // before.shape[1])
        touched = np.zeros(before.shape[:2], bool)
        touched[34 // side[0] : 50 // side[0] + 1, 40 // side[1] : 76 // side[1] + 1] = True
        assert np.array_equal(before[~touched], after[~touched])
        assert not np.array_equal(before[touched], after[touched])
    old, new = (JpegImageFile(io.BytesIO(it)) for it in (data, written))
    assert (new.mode, new.size, new.quantization, new.layer) == (old.mode, old.size, old.quantization, old.layer)
    assert ("progressive" in new.info) == ("progressive" in old.info)
    away = np.abs(decoded_jpeg(data).astype(int) - decoded_jpeg(written))
    far = np.ones((HEIGHT, WIDTH), bool)
    far[31:65, 31:97] = False  # the MCUs of 32 x 16 px at most, and the pixel beside them that smoothed colours reach
    assert away[far].max() == 0
    assert error_inside(written) <= {"coarse": 8, "fine": 0.5}.get(kind, 2)


@pytest.mark.parametrize("transform", [0, 2])
@pytest.mark.parametrize("options", [{}, {"subsampling": 2}, {"progressive": True}], ids=str)
def test_inks_outside_the_restored_blocks_come_back_exactly(transform: int, options: dict[str, Any], tmp_path: Path):
    data = inks(transform, quality=85, **options)
    written, note = rewritten(data, tmp_path)
    assert note is None
    far = np.ones((HEIGHT, WIDTH), bool)
    far[31:65, 31:81] = False  # MCUs of 16 px at most, and the pixel beside them
    before, after = decoded_jpeg(data).astype(int), decoded_jpeg(written).astype(int)
    assert np.array_equal(before[far], after[far])
    ink, inside = 255 - round(0.7 * 255), after[38:47, 44:73]  # further in than colours bleed that are thinned out
    assert np.abs(inside - (ink, ink, ink, 0)).mean(axis=(0, 1)).max() < 4
    for old, new in zip(coefficients(data, tmp_path), coefficients(written, tmp_path), strict=True):
        same = (old == new).all(axis=(2, 3))
        assert same[[0, 1, -1]].all()
        assert 0 < (~same).sum() < same.size / 4
    new, old = (JpegImageFile(io.BytesIO(it)) for it in (written, data))
    assert (new.layer, "progressive" in new.info) == (old.layer, "progressive" in old.info)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg_keeps_its_turn_and_its_blocks(orientation: int, tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker"
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="{orientation}"/></x:xmpmeta>'.encode()
    data = jpeg(exif=exif, xmp=packet)
    written, note = rewritten(data, tmp_path, hole=(slice(30, 40), slice(20, 40)))
    assert note is None
    before, after = (np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(it)))) for it in (data, written))
    far = np.ones(before.shape[:2], bool)
    far[12:64, 0:64] = False
    assert np.array_equal(before[far], after[far])
    assert not np.array_equal(before, after)
    opened = Image.open(io.BytesIO(written))
    assert (opened.getexif()[0x0112], opened.getexif()[0x010F]) == (orientation, "Maker")
    assert opened.info["xmp"] == packet
    again = read(tmp_path / "b.jpg")
    assert np.array_equal(again.colour, after)
    write(again, tmp_path / "c.jpg")
    assert np.array_equal(read(tmp_path / "c.jpg").colour, after)


def test_many_edits_lose_nothing_elsewhere(tmp_path: Path):
    data = jpeg(quality=75)
    written = data
    for number in range(6):
        written, _ = rewritten(written, tmp_path, hole=(slice(0, 12), slice(10 * number, 10 * number + 9)))
    assert np.array_equal(decoded_jpeg(data)[17:], decoded_jpeg(written)[17:])
    assert abs(len(written) - len(data)) < 0.2 * len(data)


def test_a_jpeg_in_which_nothing_changed_comes_back_byte_by_byte(tmp_path: Path):
    data = jpeg(icc_profile=b"p" * 70_000, comment=b"hello") + b"a video"
    (tmp_path / "a.jpg").write_bytes(data)
    assert "the 7 bytes after its end" in str(write(read(tmp_path / "a.jpg"), tmp_path / "b.jpg"))
    (tmp_path / "c.jpg").write_bytes((tmp_path / "b.jpg").read_bytes())
    write(read(tmp_path / "c.jpg"), tmp_path / "d.jpg")
    assert (tmp_path / "d.jpg").read_bytes() == (tmp_path / "c.jpg").read_bytes()
    assert read(tmp_path / "c.jpg").icc == b"p" * 70_000
    assert read(tmp_path / "c.jpg").comment == b"hello"


def resource(number: int, body: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HH", number, 0) + struct.pack(">I", len(body)) + body + bytes(len(body) % 2)


def test_other_segments_are_carried_over_but_no_picture_of_what_was(tmp_path: Path):
    iptc, thumbnail = resource(1028, b"\x1c\x02\x78\x00\x05hello"), resource(1036, b"small picture")
    added = (
        segment(0xED, PHOTOSHOP + thumbnail + iptc) + segment(0xEB, b"JP" + b"signed") + segment(0xE0, b"JFXX\0\x13")
    )
    data = jpeg()
    written, _ = rewritten(data[:2] + data[2:20] + added + data[20:], tmp_path)
    parts = part_jpeg(written)
    assert parts is not None
    assert (0xED, PHOTOSHOP + iptc) in parts.segments
    assert (0xEB, b"JPsigned") in parts.segments
    assert b"small picture" not in written
    assert b"JFXX" not in written
    assert [marker for marker, _ in parts.segments].count(0xE0) == 1


def test_further_pictures_and_a_video_are_kept_where_their_index_says(tmp_path: Path):
    second = Image.new("RGB", (40, 30), "blue")
    PHOTO.save(tmp_path / "a.mpo", "MPO", save_all=True, append_images=[second])
    data = (tmp_path / "a.mpo").read_bytes() + b"\0\0\0\x18ftypmp42 a video"
    written, note = rewritten(data, tmp_path, level=0.1)
    assert note is not None
    assert "bytes after its end, such as a second picture or a video, were kept" in note
    opened = Image.open(io.BytesIO(written))
    assert (opened.format, opened.n_frames) == ("MPO", 2)  # pyright: ignore[reportAttributeAccessIssue]
    opened.seek(1)
    assert opened.size == (40, 30)
    assert np.abs(np.array(opened).astype(int) - (0, 0, 255)).max() <= 2
    assert written.endswith(b"\0\0\0\x18ftypmp42 a video")
    assert len(written) != len(data)


def test_what_follows_a_jpeg_is_said_where_the_format_cannot_hold_it(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(jpeg() + b"video" * 100)
    note = write(restored(read(tmp_path / "a.jpg")), tmp_path / "b.png")
    assert note is not None
    assert "500 bytes after its end" in note


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}], ids=str)
@pytest.mark.parametrize("rest", [b"", b"\xff", b"\0\0"])
def test_a_jpeg_without_its_end_is_read_if_all_pixels_are_there(options: dict, rest: bytes, tmp_path: Path):
    data = jpeg(**options)
    (tmp_path / "a.jpg").write_bytes(data[:-2] + rest)
    picture = read(tmp_path / "a.jpg")
    assert np.array_equal(picture.colour, decoded_jpeg(data))
    assert picture.lost == "its end marker was missing, and was added"
    scans = part_jpeg(data).scans  # pyright: ignore[reportOptionalMemberAccess]
    for end in {scans[-1][2] - 30, scans[-1][1] + 40, scans[-1][1] - 3, scans[len(scans) // 2][1] + 1}:
        (tmp_path / "a.jpg").write_bytes(data[:end])
        with pytest.raises(ValueError, match=r"a\.jpg is damaged or cut off"):
            read(tmp_path / "a.jpg")


@pytest.mark.parametrize("fault", ["missing", "broken", "large"])
def test_where_blocks_cannot_be_kept_it_is_said(fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    if fault == "missing":
        monkeypatch.setitem(sys.modules, "jpeglib", None)
    elif fault == "large":
        monkeypatch.setattr(jpeg_blocks, "MOST_EDITED_PIXELS", 100)
    else:
        monkeypatch.setattr(jpeg_files, "edited_scans", lambda *_: jpeg_blocks.bare_jpeg(jpeg(quality=10))[2:])
    written, note = rewritten(jpeg(subsampling=0) + b"a video", tmp_path, hole=CORNER)
    assert note is not None
    assert "it was compressed anew as a whole, which moves known pixels slightly: " in note
    assert written.endswith(b"a video")
    assert error_inside(written, CORNER) <= 2
