"""Pictures in tar shards: random access by an index of where each lies, so training draws from them as from files.

A shard is a plain tar as webdataset reads it: KEY.png or KEY.jpg, beside KEY.json and KEY.mask.png.  What follows the
first dot of a name is its kind; a picture to train on has a kind without another dot.  The index is made by reading
the headers once and is kept beside the shards, where that folder can be written to.
"""

from __future__ import annotations

import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from inpaint.files import atomically
from inpaint.images import SUFFIXES

SHARD_INDEX = "index.npz"
PICTURE_KINDS = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)


class Shards:
    """The pictures of a folder of shards, in the order of the shards' names and of their members."""

    def __init__(self, folder: Path | str):
        """Open the index or make it.  Raises ValueError for a shard that is no plain tar, and where no picture is."""
        folder = Path(folder)
        self.paths = [str(path) for path in shards_in(folder)]
        self.table = _index(folder, self.paths)  # (N, 3) int64: shard, offset, size
        if not len(self.table):
            raise ValueError(f"the shards in {folder} hold no picture; one is named KEY.png or KEY.jpg")

    def __len__(self) -> int:
        return len(self.table)

    def file(self, number: int) -> tuple[str, bytes]:
        """Return what errors call a picture, and the content of its file."""
        shard, offset, size = self.table[number].tolist()
        with open(self.paths[shard], "rb") as file:
            file.seek(offset)
            return f"{self.paths[shard]} (at byte {offset})", file.read(size)


def shards_in(folder: Path) -> list[Path]:
    """Return the tar shards that lie directly in a folder, sorted."""
    return sorted(path for path in folder.glob("*.tar") if not path.name.startswith("."))


def shard_members(shard: Path | str) -> Iterator[tuple[str, str, int, int]]:
    """Yield key, kind, offset and size of every file in a shard, in order.

    Raises ValueError for a file that is no plain tar, is compressed, or cut off.
    """
    try:
        with _Tar.open(shard, "r:") as archive:
            for member in archive:
                if member.isfile():
                    parent, slash, name = member.name.rpartition("/")
                    key, _, kind = name.partition(".")
                    yield parent + slash + key, kind.lower(), member.offset_data, member.size
                archive.members.clear()  # or they pile up in memory
    except tarfile.TarError as error:
        raise ValueError(f"{shard} cannot be read as a plain tar ({error}); shards are not compressed") from None


class _Tar(tarfile.TarFile):
    members: list[tarfile.TarInfo]  # those read so far


def _index(folder: Path, paths: list[str]) -> np.ndarray:
    """Return the kept index where it is of these shards, or else make and keep it."""
    names = np.array([Path(path).name for path in paths])
    sizes = np.array([Path(path).stat().st_size for path in paths], np.int64)
    try:
        with np.load(folder / SHARD_INDEX, allow_pickle=False) as kept:
            if np.array_equal(kept["names"], names) and np.array_equal(kept["sizes"], sizes):
                return kept["table"]
    except (OSError, ValueError, KeyError):
        pass  # there is none, or it is damaged
    places = [
        (number, offset, size)
        for number, path in enumerate(paths)
        for _, kind, offset, size in shard_members(path)
        if kind in PICTURE_KINDS
    ]
    table = np.array(places, np.int64).reshape(-1, 3)
    try:
        with atomically(folder / SHARD_INDEX) as temporary:
            np.savez(temporary, names=names, sizes=sizes, table=table)
    except OSError as error:
        warnings.warn(f"the index of {folder} cannot be kept ({error}): it is made again each time", stacklevel=2)
    return table
