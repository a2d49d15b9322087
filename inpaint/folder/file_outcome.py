"""What became of one file."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Outcome(NamedTuple):
    """What became of one file."""

    path: Path
    outputs: list[Path]  # written
    regions: int  # 8-connected marked places
    censor: str  # "hole", "mosaic", "mosaic and hole"; "" where nothing was restored
    error: str | None
    seconds: float
    note: str | None = None  # what the user should know although it worked
    status: str = "failed"  # restored, seen (a dry run), copied or skipped
    thumbnails: tuple[bytes, ...] = ()  # JPEGs of a damaged place before and after
