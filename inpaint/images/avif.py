"""What Pillow does not say about an AVIF file: how its colours were thinned out, and how deep they are.

Source: AV1-ISOBMFF, the configuration box `av1C` of the coded picture.  Pillow reads and writes AVIF from 11.3 on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

AVIF_MISSING = "Pillow 11.3 or newer with AVIF is needed for that"


def avif_opener(path: Path) -> Any:
    """Return Pillow's decoder; ValueError, which names the path, where Pillow has none."""
    missing = ValueError(f"{path} is AVIF: {AVIF_MISSING}")
    try:
        from PIL import AvifImagePlugin
    except ImportError:
        raise missing from None
    if not AvifImagePlugin.SUPPORTED:
        raise missing
    return AvifImagePlugin.AvifImageFile


def avif_depth(data: bytes) -> int:
    """Return the bits per sample, 8 to 12."""
    flags = _flags(data)
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10


def avif_chroma(data: bytes) -> str:
    """Return how the colours are thinned out, as Pillow calls it: "4:4:4", "4:2:2", "4:2:0" or "4:0:0" (grey)."""
    flags = _flags(data)
    return "4:0:0" if flags & 0x10 else {0: "4:4:4", 8: "4:2:2", 12: "4:2:0"}.get(flags & 0x0C, "4:4:4")


def _flags(data: bytes) -> int:
    """Return the third byte of the first av1C box; that of the alpha plane, if any, stands after it."""
    at = data.find(b"av1C")
    return data[at + 6] if 0 <= at < len(data) - 6 else 0
