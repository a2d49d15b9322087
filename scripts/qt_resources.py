"""Read the files that a Qt resource archive (.rcc) holds, with their paths; the format is that of Qt's rcc tool."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

COMPRESSED, FOLDER, ZSTANDARD = 1, 2, 4  # flags of an entry


def files_of_resources(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every file; those compressed by Zstandard are left out.  Raises ValueError for others.

    >>> list(files_of_resources(b"PK"))
    Traceback (most recent call last):
    ...
    ValueError: no Qt resource archive: it begins with b'PK'
    """
    if data[:4] != b"qres":
        raise ValueError(f"no Qt resource archive: it begins with {data[:4]!r}")
    version, tree, contents, names = struct.unpack_from(">4I", data, 4)
    size = 14 if version == 1 else 22  # later versions add the time of the last change
    waiting = [(0, "")]
    while waiting:
        number, parent = waiting.pop()
        at = tree + number * size
        name, flags = struct.unpack_from(">IH", data, at)
        path = parent + (name_at(data, names + name) if number else "")
        if flags & FOLDER:
            count, first = struct.unpack_from(">II", data, at + 6)
            inside = f"{path}/" if path else ""
            waiting += [(child, inside) for child in range(first + count - 1, first - 1, -1)]
        elif not flags & ZSTANDARD:
            start = contents + struct.unpack_from(">I", data, at + 10)[0]
            content = data[start + 4 : start + 4 + struct.unpack_from(">I", data, start)[0]]
            yield path, zlib.decompress(content[4:]) if flags & COMPRESSED else content


def name_at(data: bytes, at: int) -> str:
    return data[at + 6 : at + 6 + 2 * struct.unpack_from(">H", data, at)[0]].decode("utf-16-be")
