"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def real(path: Path) -> Path:
    """Follow all links; those that lead in a circle are left where they begin to."""
    return Path(os.path.realpath(path))  # Path.resolve raises RuntimeError there before Python 3.13


@contextmanager
def atomically(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes the place of `path`, on any error it is removed.

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
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write text as UTF-8, atomically.

    A file name that is no UTF-8 has lone surrogates in it; they are written as \\udcXX, which is what JSON reads back.
    """
    with atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
