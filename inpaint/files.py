"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape as glob_escape
from pathlib import Path

LONGEST_NAME, LONGEST_PATH = 255, 4095  # bytes, on nearly all file systems
RESERVED_AT_ONCE = 1 << 20  # bytes


def real(path: Path) -> Path:
    """Follow all links; those that lead in a circle are left where they begin to."""
    return Path(os.path.realpath(path))  # Path.resolve raises RuntimeError there before Python 3.13


@contextmanager
def atomically(path: Path | str, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes the place of `path`, on any error it is removed.

    durable: have the content on the disk before it takes the place, so that not even a power failure loses both.

    The temporary name keeps the suffix (encoders choose by it), begins with a dot (folder listings skip it) and
    carries the permissions that a plainly opened file would have.  Missing parent folders are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        if durable:
            flush(temporary)
        os.replace(temporary, path)
        if durable and os.name == "posix":  # elsewhere a folder cannot be opened
            flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def reserved(path: Path | str, size: int) -> Iterator[None]:
    """Hold so many bytes beside `path` for what is written there later; OSError, with a sentence, where there are none.

    A report that does not fit on a full disk is so found before the work that it tells of.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = tempfile.NamedTemporaryFile(prefix=".reserved-", dir=path.parent)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {error.strerror or error}") from error
    with held:
        try:
            for start in range(0, size, RESERVED_AT_ONCE):
                held.write(bytes(min(RESERVED_AT_ONCE, size - start)))
            held.flush()
            os.fsync(held.fileno())
        except OSError as error:
            raise type(error)(f"{path} cannot be written: {error.strerror or error}") from error
        yield


def refuse_long_name(path: Path) -> None:
    """Raise ValueError where a file system cannot hold this name."""
    name, whole = (len(os.fsencode(it)) for it in (path.name, os.path.abspath(path)))
    if name > LONGEST_NAME or whole > LONGEST_PATH:
        what, most = ("name", LONGEST_NAME) if name > LONGEST_NAME else ("path", LONGEST_PATH)
        raise ValueError(
            f"the {what} {path} has {name if what == 'name' else whole} bytes, more than the {most} that a file system "
            "can hold: give the picture a shorter name"
        )


def flush(path: Path) -> None:
    """Have a file's content, or a folder's names, on the disk."""
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(*paths: Path) -> None:
    """Remove what `atomically` left beside these paths where the process was killed; nobody may be writing them."""
    for path in paths:
        for left in path.parent.glob(f".{glob_escape(path.stem[:40])}-????????{glob_escape(path.suffix)}"):
            left.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write text as UTF-8, atomically.

    A file name that is no UTF-8 has lone surrogates in it; they are written as \\udcXX, which is what JSON reads back.
    """
    with atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
