"""A picture before it is decoded: where it lies, what it is called, what is known about it, and its bytes.

A member of an archive is found by its place, so any process reads it without the archive's index, which would be long.
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from inpaint import images

PICTURE_SUFFIXES = images.SUFFIXES  # what is collected; what moves is rejected and counted, a GIF of one frame kept
LARGEST_FILE = (
    512 << 20
)  # bytes of a picture file; more is no picture that could be decoded within images.reading.LIMIT
MEMBER_PLACE = re.compile(r"(\d+)\+(\d+)(?:\+(\d+))?")
ZIP_HEADER = struct.Struct(
    "<26xHH"
)  # of a member of a zip; the lengths of the name and of the extra field, which follow
STORED, DEFLATED = "0", "8"  # the methods by which a member of a zip may be compressed
Facts = tuple[tuple[str, str], ...]  # (column, value), sorted; a mapping that sorts, hashes and pickles


class SourcePicture(NamedTuple):
    """A picture file, or a member of an archive, and the name by which reports and manifests call it."""

    name: str  # unique; the source's own name and the path below it, with forward slashes
    path: Path  # of the file, or of the archive that holds it
    member: str = ""  # of a tar "OFFSET+SIZE", of a zip "OFFSET+SIZE+METHOD"; "" for a file
    facts: Facts = ()  # licence, author, url and whatever other columns a manifest has
    problem: str = ""  # why it cannot be read (not downloaded, encrypted, ...), a sentence; "" where it can


def read_source(source: SourcePicture) -> bytes:
    """Return the bytes of a picture file, to be decoded by images.read(source.name, data=...).

    Raises ValueError, with a sentence that names the source, for one that has a problem, is gone, is empty, is larger
    than LARGEST_FILE, or lies in a damaged or encrypted archive.
    """
    if source.problem:
        raise ValueError(f"{source.name}: {source.problem}")
    try:
        data = _member(source) if source.member else _file(source)
    except FileNotFoundError:
        raise ValueError(f"{source.name} does not exist any more") from None
    except (OSError, zlib.error) as error:
        raise ValueError(f"{source.name} cannot be read: {error}") from error
    if not data:
        raise ValueError(f"{source.name} is empty (0 bytes)")
    return data


def _file(source: SourcePicture) -> bytes:
    with source.path.open("rb") as file:
        return _bounded(source, file.read(LARGEST_FILE + 1))


def _member(source: SourcePicture) -> bytes:
    """Return the bytes of a member at its place: as they lie there, or behind the header that a zip has before each."""
    place = MEMBER_PLACE.fullmatch(source.member)
    assert place is not None, f"{source.member!r} is no place in an archive"
    offset, size, method = int(place[1]), int(place[2]), place[3]
    with source.path.open("rb") as file:
        if method is not None:
            file.seek(offset)
            head = file.read(ZIP_HEADER.size)
            if not head.startswith(b"PK\3\4") or len(head) < ZIP_HEADER.size:
                raise ValueError(f"{source.name} cannot be read: its archive is damaged or was changed")
            offset += ZIP_HEADER.size + sum(ZIP_HEADER.unpack(head))
        file.seek(offset)
        data = _bounded(source, file.read(min(size, LARGEST_FILE + 1)))
    if len(data) != size:
        raise ValueError(f"{source.name} is cut off: its archive ends within it")
    if method != DEFLATED:
        return data
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    data = _bounded(source, inflater.decompress(data, LARGEST_FILE + 1))
    if not inflater.eof:
        raise ValueError(f"{source.name} is damaged in its archive")
    return data


def _bounded(source: SourcePicture, data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{source.name} has more than {LARGEST_FILE >> 20} MiB, the limit for a picture file")
    return data
