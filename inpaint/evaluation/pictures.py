"""The clean pictures that methods are measured on: a split of a dataset, or any folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor

from inpaint.images import find, read


def picture_paths(data: Path, split: str = "test") -> list[Path]:
    """Return the pictures of a dataset's split, or of a plain folder that has no splits.

    Raises ValueError where there is none.
    """
    if not data.is_dir():
        raise ValueError(f"{data} is not a folder; it should be a dataset or a folder of pictures")
    splits = sorted(path.name for path in data.iterdir() if path.is_dir() and path.name in ("train", "val", "test"))
    if splits and split not in splits:
        raise ValueError(f"{data} has no split {split!r}; choose {', '.join(splits)}")
    paths = find(data / split if splits else data)
    if not paths:
        raise ValueError(f"{data / split if splits else data} holds no picture that can be read")
    return paths


def pictures(paths: Sequence[Path]) -> Iterator[tuple[str, Tensor]]:
    """Yield each picture's name and its pixels, (3, H, W) in [0, 1]."""
    for path in paths:
        yield path.stem, read(path).tensor()
