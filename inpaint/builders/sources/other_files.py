"""Files in the sources that are no pictures which can be read: counted by suffix, so that none is lost in silence."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath

UNREADABLE_PICTURES = (  # suffixes of pictures that are not read; what converts them is known to whoever has them
    ".psd",
    ".svg",
    ".raw",
    ".dng",
    ".cr2",
    ".cr3",
    ".nef",
    ".arw",
    ".orf",
    ".rw2",
    ".exr",
    ".hdr",
    ".jp2",
    ".ico",
    ".xcf",
)
SUFFIXES_SHOWN = 6


class OtherFiles:
    """How many files of each suffix were passed over."""

    def __init__(self) -> None:
        """Begin with none."""
        self.counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """Count a file."""
        self.counts[PurePath(name).suffix.lower() or "without a suffix"] += 1

    def sentence(self) -> str:
        """Say what is there where no picture is, to stand behind it."""
        if not self.counts:
            return ": there are no files at all; give a folder of pictures, an archive or a list of files"
        total = sum(self.counts.values())
        return f"; {total} files of other kinds: {_listed(self.counts)}"

    def notes(self) -> list[str]:
        """Say which pictures were passed over because their format is not read."""
        lost = Counter({suffix: count for suffix, count in self.counts.items() if suffix in UNREADABLE_PICTURES})
        total = sum(lost.values())
        if not total:
            return []
        return [f"{total} pictures of formats that are not read were passed over: {_listed(lost)}; convert them first."]


def _listed(counts: Counter[str]) -> str:
    shown = ", ".join(f"{suffix} {count}" for suffix, count in counts.most_common(SUFFIXES_SHOWN))
    return shown + (", ..." if len(counts) > SUFFIXES_SHOWN else "")
