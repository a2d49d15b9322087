"""Finding the file that belongs to a picture among those of another program: restored pictures, or masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SEPARATORS = " ._-"  # what stands between a picture's name and what a program adds to it


def file_named(stem: str, files: Sequence[Path], folder: Path) -> Path:
    """Return the one file whose name, without its ending, is the stem, or begins with it and one of SEPARATORS.

    Raises ValueError where there is none, or more than one.
    """
    found = [path for path in files if path.stem == stem]
    found = found or [path for path in files if path.stem.startswith(tuple(stem + it for it in SEPARATORS))]
    if not found:
        raise ValueError(f"{folder} has no file for {stem}")
    if len(found) > 1:
        raise ValueError(
            f"{folder} has {len(found)} files for {stem}, such as {found[0].name} and {found[1].name}: leave one"
        )
    return found[0]
