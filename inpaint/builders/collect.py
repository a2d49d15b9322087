"""Collect the pictures that a dataset is built from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inpaint import images
from inpaint.builders.source import Source


def collect(sources: Sequence[Path], output: Path) -> list[Source]:
    """Return every picture of the sources once, sorted by name.

    A source is a folder, searched with everything below it, or a picture.  Names begin with the source's own name,
    so they stay when another source is added.  Raises FileNotFoundError for a source that does not exist, and
    ValueError for a file that is no picture and where the output lies inside a source.
    """
    found: dict[Path, Source] = {}
    roots: dict[str, Path] = {}
    for source in sources:
        root = source.resolve()
        if root == output.resolve() or root in output.resolve().parents:
            raise ValueError(
                f"the dataset {output} would lie inside its source {source}, and the next build would take its patches "
                "for pictures: choose an output outside"
            )
        prefix = root.name if roots.setdefault(root.name, root) == root else root.as_posix().lstrip("/")
        for path in images.find(root):
            name = prefix if path == root else f"{prefix}/{path.relative_to(root).as_posix()}"
            found.setdefault(path.resolve(), Source(name, path))
    return sorted(found.values())
