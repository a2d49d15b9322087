"""A picture before it is decoded: where it lies, what it is called, what is told about it, and its bytes.

A member of an uncompressed tar is named by its place, "OFFSET+SIZE": then any process reads it without an index.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

LARGEST = 512 << 20  # bytes of a picture file; more is no picture that could be decoded within images.reading.LIMIT
SPAN = re.compile(r"(\d+)\+(\d+)")
Facts = tuple[tuple[str, str], ...]  # (column, value), sorted; a mapping that sorts, hashes and pickles


class Source(NamedTuple):
    """A picture file, or a member of an archive, and the name by which reports and manifests call it."""

    name: str  # unique; the source's own name and the path below it, with forward slashes
    path: Path  # of the file, or of the archive that holds it
    member: str = ""  # of a zip its name there, of a tar "OFFSET+SIZE"; "" for a file
    facts: Facts = ()  # licence, author, url and whatever other columns a manifest has
    problem: str = ""  # why it cannot be read (not downloaded, encrypted, ...), a sentence; "" where it can


def read_source(source: Source) -> bytes:
    """Return the bytes of a picture file, to be decoded by images.read(source.name, data=...).

    Raises ValueError, with a sentence that names the source, for one that has a problem, is gone, is empty, is larger
    than LARGEST, or lies in a damaged or encrypted archive.
    """
    if source.problem:
        raise ValueError(f"{source.name}: {source.problem}")
    try:
        data = _member(source) if source.member else _file(source)
    except FileNotFoundError:
        raise ValueError(f"{source.name} does not exist any more.") from None
    except (OSError, EOFError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{source.name} cannot be read: {error}.") from error
    if not data:
        raise ValueError(f"{source.name} is empty (0 bytes).")
    return data


def _file(source: Source) -> bytes:
    with source.path.open("rb") as file:
        return _bounded(source, file.read(LARGEST + 1))


def _member(source: Source) -> bytes:
    if source.path.suffix.lower() == ".tar":
        return _of_tar(source)
    status = source.path.stat()
    archive = _opened(source.path, status.st_mtime_ns, status.st_size)
    with archive.open(source.member) as file:
        return _bounded(source, file.read(LARGEST + 1))


def _of_tar(source: Source) -> bytes:
    span = SPAN.fullmatch(source.member)
    assert span is not None, f"{source.member!r} is no place in a tar"
    offset, size = int(span[1]), int(span[2])
    with source.path.open("rb") as file:
        file.seek(offset)
        data = _bounded(source, file.read(min(size, LARGEST + 1)))
    if len(data) != size:
        raise ValueError(f"{source.name} is cut off: its archive ends within it.")
    return data


def _bounded(source: Source, data: bytes) -> bytes:
    if len(data) > LARGEST:
        raise ValueError(f"{source.name} has more than {LARGEST >> 20} MiB, the limit for a picture file.")
    return data


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int, size: int) -> zipfile.ZipFile:
    """Keep the last archives open in this process: their directory is read once.  A changed file is opened anew."""
    return zipfile.ZipFile(path)
