"""The pictures that lie in zip and tar archives, without unpacking them.

A compressed tar can only be read from its beginning, so it is decompressed once into the cache.  Nothing is ever
written under a name that an archive gives.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from inpaint.builders.sources.source import DEFLATED, LARGEST_FILE, PICTURE_SUFFIXES, STORED, SourcePicture
from inpaint.builders.sources.text import decoded_text
from inpaint.files import atomically

DECOMPRESSORS = {
    ".tar.gz": gzip.open,
    ".tgz": gzip.open,
    ".tar.bz2": bz2.open,
    ".tbz2": bz2.open,
    ".tar.xz": lzma.open,
    ".txz": lzma.open,
}
ARCHIVE_SUFFIXES = (".zip", ".tar", *DECOMPRESSORS)
MOST_EXPANSION = 100  # pictures hardly shrink by compressing: an archive that unpacks to more than this is a trap ...
ALWAYS_ALLOWED = 1 << 30  # ... beyond so many bytes
ENCRYPTED = "it is encrypted: unpack the archive with its password and give the folder"
UTF8_NAME = 0x800  # flag of a zip's member
ARCHIVE_ERRORS = (
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    NotImplementedError,
)


def is_archive(name: str) -> bool:
    """Say whether a file name is that of an archive which can be read."""
    return name.lower().endswith(ARCHIVE_SUFFIXES)


def archive_sources(path: Path, name: str, cache: Path) -> Iterator[SourcePicture]:
    """Yield the pictures of an archive as NAME/MEMBER, in the order in which they lie there, each name once.

    Links, hidden files and what is no picture are passed over.  A member that is encrypted, larger than a picture can
    be or named to lead outside, and an archive that is damaged, become a Source that says so as its problem.
    """
    seen: set[int] = set()  # hashes take less room than a million names
    try:
        members = _of_zip(path) if path.suffix.lower() == ".zip" else _of_tar(path, cache)
        for source in members:
            shown = source.name.replace("\\", "/")
            parts = [part for part in shown.split("/") if part not in ("", ".")]
            escapes = shown.startswith("/") or ".." in parts or ":" in parts[0]
            source = source._replace(name="/".join((name, *(part for part in parts if part != ".."))))
            if escapes:
                source = source._replace(problem=f"its name in the archive, {shown!r}, leads outside of it")
            digest = int.from_bytes(
                hashlib.blake2b(source.name.encode(errors="replace"), digest_size=8).digest(), "big"
            )
            if digest not in seen and not any(part.startswith(".") and part != ".." for part in parts):
                seen.add(digest)
                yield source
    except ARCHIVE_ERRORS as error:
        yield SourcePicture(name, path, problem=f"the archive is damaged or of an unknown kind: {error}")


def _of_zip(path: Path) -> Iterator[SourcePicture]:
    with zipfile.ZipFile(path) as archive:
        for info in {info.filename: info for info in archive.infolist()}.values():
            if info.filename.lower().endswith(PICTURE_SUFFIXES) and not stat.S_ISLNK(info.external_attr >> 16):
                place = f"{info.header_offset}+{info.compress_size}+{info.compress_type}"
                yield SourcePicture(_member_name(info), path, place, problem=_hindrance(info))


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member; without the mark of UTF-8 in what encoding its bytes look like."""
    if info.flag_bits & UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        return decoded_text(info.filename.encode("cp437"), info.filename)
    except ValueError:
        return info.filename


def _hindrance(info: zipfile.ZipInfo) -> str:
    """Return why a member of a zip cannot be read."""
    if info.flag_bits & 1:
        return ENCRYPTED
    if str(info.compress_type) not in (STORED, DEFLATED):
        return f"it is compressed by method {info.compress_type} of zip: unpack the archive and give the folder"
    return _too_large(info.file_size)


def _of_tar(path: Path, cache: Path) -> Iterator[SourcePicture]:
    path = path if path.suffix.lower() == ".tar" else _decompressed(path, cache)
    with tarfile.open(path, "r:") as archive:
        while (info := archive.next()) is not None:
            archive.members.clear()  # pyright: ignore  # tarfile would keep them, a kilobyte each
            if info.isreg() and not info.issparse() and info.name.lower().endswith(PICTURE_SUFFIXES):
                yield SourcePicture(info.name, path, f"{info.offset_data}+{info.size}", problem=_too_large(info.size))


def _too_large(size: int) -> str:
    return f"it has {size} bytes, a picture file may have {LARGEST_FILE} at most" if size > LARGEST_FILE else ""


def _decompressed(path: Path, cache: Path) -> Path:
    """Return a plain tar in the cache with the content of a compressed one; the same path for the same content."""
    status = path.stat()
    key = f"{path.resolve()} {status.st_size} {status.st_mtime_ns}"
    target = cache / "archives" / f"{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:16]}.tar"
    if not target.exists():
        opener = next(opener for suffix, opener in DECOMPRESSORS.items() if path.name.lower().endswith(suffix))
        with opener(path, "rb") as packed, atomically(target) as temporary, temporary.open("wb") as plain:
            _copy(packed, plain, max(ALWAYS_ALLOWED, MOST_EXPANSION * status.st_size))
    return target


def _copy(packed: BinaryIO, plain: BinaryIO, most: int) -> None:
    """Copy until the end; an OSError where there is more than `most`."""
    written = 0
    while block := packed.read(1 << 20):
        written += len(block)
        if written > most:
            raise OSError(f"it unpacks to more than {MOST_EXPANSION} times its size")
        plain.write(block)
