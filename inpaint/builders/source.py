"""A picture before it is read: where it lies, what it is called, and what is told about it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

Facts = tuple[tuple[str, str], ...]  # (column, value), sorted; a mapping that sorts, hashes and pickles


class Source(NamedTuple):
    """A picture file, or a member of an archive, and the name by which reports and manifests call it."""

    name: str  # unique; the source's own name and the path below it, with forward slashes
    path: Path  # of the file, or of the archive that holds it
    member: str = ""  # name inside the archive; "" for a file
    facts: Facts = ()  # licence, author, url and whatever other columns a manifest has
