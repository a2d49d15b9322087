"""What writes TensorFlow's checkpoints in tests: an index in LevelDB's table format, and the bytes beside it."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

MAGIC = bytes.fromhex("57fb808b247547db")


def write_tensorflow(prefix: Path, state: Mapping[str, Tensor]) -> Path:
    """Write tensors as tf.train.Saver does, kernels as (height, width, in, out); return the index."""
    data, entries = b"", [("", message((1, 1), (3, message((1, 1)))))]  # one shard, version 1
    for name in sorted(state):
        tensor = state[name].permute(2, 3, 1, 0) if state[name].dim() == 4 else state[name]
        array = np.ascontiguousarray(tensor.float().numpy())
        shape = message(*((2, message((1, side))) for side in array.shape))
        place = message((1, 1), (2, shape), (4, len(data)), (5, array.nbytes))
        entries.append((name, place))
        data += array.tobytes()
    prefix.parent.mkdir(parents=True, exist_ok=True)
    prefix.with_name(f"{prefix.name}.data-00000-of-00001").write_bytes(data)
    index = prefix.with_name(f"{prefix.name}.index")
    half = len(entries) // 2  # two blocks, and keys that share their beginnings
    blocks = [block(entries[:half]), block(entries[half:])]
    table, handles = b"", []
    for number, part in enumerate(blocks):
        handles.append((entries[half - 1 if number == 0 else -1][0], handle(len(table), len(part))))
        table += part + b"\0" + b"\0" * 4  # not compressed, and a checksum that nobody reads
    meta = block([])
    ends = handle(len(table), len(meta))
    table += meta + b"\0" * 5
    top = block(handles)
    footer = ends + handle(len(table), len(top))
    table += top + b"\0" * 5
    index.write_bytes(table + footer.ljust(40, b"\0") + MAGIC)
    return index


def varint(value: int) -> bytes:
    found = b""
    while value >= 0x80:
        found, value = found + bytes([value & 0x7F | 0x80]), value >> 7
    return found + bytes([value])


def handle(offset: int, size: int) -> bytes:
    return varint(offset) + varint(size)


def message(*fields: tuple[int, int | bytes]) -> bytes:
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += varint(number << 3) + varint(value)
        else:
            found += varint(number << 3 | 2) + varint(len(value)) + value
    return found


def block(entries: list[tuple[str, bytes]]) -> bytes:
    found, before = b"", b""
    for name, value in entries:
        key = name.encode()
        shared = next(
            (at for at, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), min(len(key), len(before))
        )
        found += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return found + struct.pack("<II", 0, 1)
