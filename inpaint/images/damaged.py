"""The sentence for a file that a decoder cannot read."""

from __future__ import annotations

from pathlib import Path


def damaged(path: Path, form: str, reason: str | Exception) -> ValueError:
    """Return the error for a file that is damaged or cut off; reason: in words, or what its decoder raised."""
    if isinstance(reason, Exception):
        reason = str(reason).strip().rstrip(".") or type(reason).__name__
    return ValueError(f"{path} is damaged or cut off and cannot be decoded as {form}: {reason}")


def left_after(data: bytes, end: int) -> str | None:
    """Say that what follows the end of a file is left out; None where nothing does."""
    return f"{len(data) - end} bytes after its end were left out" if len(data) > end else None
