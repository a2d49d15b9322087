"""Which files of a folder are pictures, by their suffix."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FORMAT_BY_SUFFIX = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
    ".jxl": "JXL",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
SUFFIXES = tuple(FORMAT_BY_SUFFIX)


def find(path: Path | str, recursive: bool = True) -> list[Path]:
    """List the pictures of a folder, sorted; a path that is itself a file is listed alone.

    Files and folders whose name begins with a dot are skipped, and links to folders are not followed.
    Raises FileNotFoundError where there is no such path, ValueError for a file of another kind.
    """
    path = Path(path)
    if path.is_file():
        format_of(path)
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"{path} does not exist: give a picture or a folder of pictures")
    return sorted(file for file in _files_below(path, recursive) if _is_picture(file.name))


def other_files(path: Path | str) -> dict[str, int]:
    """Count the files of a folder that are no pictures by their name: suffix, "" for none -> how many, most first."""
    suffixes = (file.suffix.lower() for file in _files_below(Path(path), True) if not _is_picture(file.name))
    return dict(Counter(suffixes).most_common())


def _files_below(path: Path, recursive: bool) -> Iterator[Path]:
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def format_of(path: Path | str) -> str:
    """Name the format that a file's suffix stands for; ValueError for a suffix that is none of SUFFIXES."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMAT_BY_SUFFIX:
        raise ValueError(f"{path} has the suffix {suffix!r}, which is no picture: choose one of {', '.join(SUFFIXES)}")
    return FORMAT_BY_SUFFIX[suffix]


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in FORMAT_BY_SUFFIX
