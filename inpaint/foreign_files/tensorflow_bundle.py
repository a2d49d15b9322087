"""TensorFlow's checkpoints, read without TensorFlow: an index of names, and the bytes that it points to.

Source: TensorFlow's tensor_bundle.proto and LevelDB's table format, which the index has.  A checkpoint PREFIX is
PREFIX.index and PREFIX.data-00000-of-00001, or more of the latter.  Kernels of convolutions come back as PyTorch has
them, (out, in, height, width).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

MAGIC = bytes.fromhex("57fb808b247547db")  # the last bytes of a table
FOOTER = 48  # bytes
TYPES = {1: np.float32, 2: np.float64, 3: np.int32, 9: np.int64, 19: np.float16}  # of DataType, what weights are of
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of a protocol buffer
Fields = dict[int, list[int | bytes]]


class Placed(NamedTuple):
    """Where the bytes of a tensor lie."""

    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def is_tensorflow(path: Path) -> bool:
    """Tell whether a name is that of a TensorFlow checkpoint: its prefix, or one of its files."""
    return index_of(path).is_file()


def index_of(path: Path) -> Path:
    """Return the index of the checkpoint that a name belongs to; it need not exist."""
    name = path.name
    for mark in (".index", ".meta", ".data-"):
        if mark in name:
            name = name[: name.rindex(mark)]
            break
    return path.with_name(f"{name}.index")


def read_tensorflow(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint's floating-point and whole numbers by their names, such as net/conv1/kernel.

    Raises ValueError in a sentence for a file that is damaged, compressed, or lacks its data.
    """
    index = index_of(path)
    entries = list(table_entries(index))
    if not entries or entries[0][0] != "":
        raise ValueError(f"{index} is not the index of a TensorFlow checkpoint: it has no header")
    header = fields_of(entries[0][1])
    shards = int(first_value(header, 1, 1))
    if first_value(header, 2, 0):
        raise ValueError(f"{index} holds big-endian numbers, which cannot be read here")
    files = [index.with_name(f"{index.stem}.data-{shard:05}-of-{shards:05}") for shard in range(shards)]
    for file in files:
        if not file.is_file():
            raise ValueError(f"{index} belongs to {file.name}, which is missing: keep both in one folder")
    return {name: it for name, value in entries[1:] if (it := tensor_of(name, placed_tensor(value), files)) is not None}


def tensor_of(name: str, place: Placed, files: list[Path]) -> Tensor | None:
    """Return a tensor; None for what is no number."""
    if place.kind not in TYPES:
        return None
    with files[place.shard].open("rb") as file:
        file.seek(place.offset)
        data = file.read(place.size)
    kind = np.dtype(TYPES[place.kind]).newbyteorder("<")
    if len(data) != place.size or place.size != int(np.prod(place.shape)) * kind.itemsize:
        raise ValueError(f"{files[place.shard]} is damaged: {name} should be {place.size} bytes for {place.shape}")
    array = np.frombuffer(data, kind).reshape(place.shape).astype(TYPES[place.kind])
    tensor = torch.from_numpy(array.copy())
    return tensor.permute(3, 2, 0, 1).contiguous() if tensor.dim() == 4 else tensor


def placed_tensor(value: bytes) -> Placed:
    """Read where a tensor lies."""
    fields = fields_of(value)
    sizes = (fields_of(it)[1][0] if fields_of(it) else 0 for it in fields_of(first_value(fields, 2, b"")).get(2, []))
    shape = tuple(int(size) for size in sizes if not isinstance(size, bytes))
    kind, shard, offset, size = (int(first_value(fields, number, 0)) for number in (1, 3, 4, 5))
    return Placed(kind, shape, shard, offset, size)


def table_entries(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and values of a table, in order."""
    data = path.read_bytes()
    if len(data) < FOOTER or data[-8:] != MAGIC:
        raise ValueError(f"{path} is not the index of a TensorFlow checkpoint")
    try:
        place = 0
        for _ in range(2):  # of the table's own properties
            _, place = varint(data[-FOOTER:], place)
        handle = data[-FOOTER:][place:]
        for _, where in block_entries(path, data, handle):
            for key, value in block_entries(path, data, where):
                yield key.decode("utf-8"), value
    except (IndexError, struct.error, UnicodeDecodeError):
        raise ValueError(f"{path} is damaged") from None


def block_entries(path: Path, data: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a block; every key shares its beginning with the one before."""
    offset, place = varint(handle, 0)
    size, _ = varint(handle, place)
    if data[offset + size]:
        raise ValueError(f"{path} is a compressed table, which no TensorFlow since 1.0 writes: save it anew")
    block = data[offset : offset + size]
    (restarts,) = struct.unpack("<I", block[-4:])
    end, place, key = len(block) - 4 * (restarts + 1), 0, b""
    while place < end:
        shared, place = varint(block, place)
        own, place = varint(block, place)
        length, place = varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own
        yield key, block[place : place + length]
        place += length


def fields_of(message: int | bytes) -> Fields:
    """Return the fields of a protocol buffer's message by their numbers."""
    found: Fields = {}
    place = 0
    assert isinstance(message, bytes)
    while place < len(message):
        tag, place = varint(message, place)
        value: int | bytes
        if tag & 7 == VARINT:
            value, place = varint(message, place)
        elif tag & 7 == BYTES:
            size, place = varint(message, place)
            value, place = message[place : place + size], place + size
        else:
            width = {FIXED32: 4, FIXED64: 8}[tag & 7]
            value, place = message[place : place + width], place + width
        found.setdefault(tag >> 3, []).append(value)
    return found


def first_value(fields: Fields, number: int, default: int | bytes) -> int | bytes:
    """Return the first value of a field, or what it is where it is not written."""
    return fields.get(number, [default])[0]


def varint(data: bytes, place: int) -> tuple[int, int]:
    """Read a number of seven bits a byte; return it and where the next begins."""
    value, shift = 0, 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
