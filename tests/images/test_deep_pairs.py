"""TIFF of 16-bit grey with alpha is read, whoever wrote it, and stays what it is."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from inpaint.images import Picture, read, write

PAIRS = np.random.default_rng(0).integers(0, 65536, (9, 14, 2), np.uint16)


def by_hand(order: str, *, deflate: bool, predict: bool, orientation: int = 1, rows: int = 4) -> bytes:
    """A TIFF of several strips."""
    stored = PAIRS.copy()
    if predict:
        stored[:, 1:] -= PAIRS[:, :-1]
    parts = [stored[top : top + rows].astype(order + "u2").tobytes() for top in range(0, 9, rows)]
    parts = [zlib.compress(part) for part in parts] if deflate else parts
    offsets = [8 + sum(map(len, parts[:number])) for number in range(len(parts))]
    lists = 8 + sum(map(len, parts))
    count = len(parts)
    tags = [(256, 3, 1, 14), (257, 3, 1, 9), (258, 3, 2, (16, 16)), (259, 3, 1, 8 if deflate else 1), (262, 3, 1, 1),
            (273, 4, count, lists), (274, 3, 1, orientation), (277, 3, 1, 2), (278, 3, 1, rows),
            (279, 4, count, lists + 4 * count), (317, 3, 1, 2 if predict else 1), (338, 3, 1, 2)]  # fmt: skip
    listed = struct.pack(f"{order}{2 * count}I", *offsets, *map(len, parts))
    directory = struct.pack(order + "H", len(tags))
    for tag, kind, many, value in tags:
        packed = struct.pack(order + "HH", *value) if isinstance(value, tuple) else b""
        packed = packed or struct.pack(order + ("I" if kind == 4 else "HH"), *((value,) if kind == 4 else (value, 0)))
        directory += struct.pack(order + "HHI", tag, kind, many) + packed
    start = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, lists + len(listed))
    return start + b"".join(parts) + listed + directory + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("deflate", "predict"), [(False, False), (True, False), (True, True)])
def test_samples_are_read_exactly(order: str, deflate: bool, predict: bool):
    picture = read("a.tif", data=by_hand(order, deflate=deflate, predict=predict))
    assert np.array_equal(picture.colour, PAIRS[:, :, :1])
    assert np.array_equal(picture.alpha, PAIRS[:, :, 1])  # type: ignore
    assert picture.lossless


def test_it_is_turned_upright():
    picture = read("a.tif", data=by_hand("<", deflate=True, predict=True, orientation=6))
    assert np.array_equal(picture.colour[:, :, 0], np.rot90(PAIRS[:, :, 0], -1))


def test_it_is_written_back_as_it_was(tmp_path: Path):
    picture = read("a.tif", data=by_hand(">", deflate=False, predict=False))
    mask = torch.zeros(1, 9, 14)
    mask[:, 2:4, 3:7] = 1
    write(picture.restored(torch.full((3, 9, 14), 0.5), mask), tmp_path / "b.tif")
    again = read(tmp_path / "b.tif")
    known = mask[0].numpy() == 0
    assert again.colour.shape == (9, 14, 1)
    assert np.array_equal(again.colour[known], picture.colour[known])
    assert np.array_equal(again.alpha, picture.alpha)  # type: ignore
    assert (again.colour[~known] == 32768).all()
    write(Picture(picture.colour, picture.alpha), tmp_path / "c.tif")  # not from a TIFF: as readers know it
    assert read(tmp_path / "c.tif").colour.shape == (9, 14, 3)


def test_what_is_cut_off_or_unknown_is_refused():
    data = by_hand("<", deflate=True, predict=True)
    broken = data[:20] + bytes(20) + data[40:]
    for wrong in (
        data[: len(data) // 2],
        broken,
        data.replace(struct.pack("<HHIHH", 259, 3, 1, 8, 0), struct.pack("<HHIHH", 259, 3, 1, 5, 0)),
    ):
        with pytest.raises(ValueError, match=r"a\.tif (is damaged|cannot be decoded)"):
            read("a.tif", data=wrong)
