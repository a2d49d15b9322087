"""Shrink a picture file where it lies, as it arrives from a download: the disk need not hold what will not be used."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageOps

SHRUNK_QUALITY = 95  # of a JPEG that is written again
SHRUNK_FORMATS = ("JPEG", "PNG", "WEBP")  # written as what they were; of others the file stays as it is


def shrink_picture(path: Path, longest_side: int) -> bool:
    """Replace a picture file by one of at most so many pixels a side, upright; say whether it was shrunk.

    What is small enough, moves, is of another format or cannot be decoded stays as it is.
    """
    try:
        with Image.open(path) as opened:
            kind = opened.format
            fits = max(opened.size) <= longest_side or getattr(opened, "n_frames", 1) > 1
            if fits or kind not in SHRUNK_FORMATS:
                return False
            profile = opened.info.get("icc_profile")
            opened.draft(opened.mode, (longest_side, longest_side))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
            shrunk = io.BytesIO()
            upright.save(shrunk, kind, quality=SHRUNK_QUALITY, lossless=kind == "WEBP", icc_profile=profile)
    except Exception:  # decoders raise nearly everything when a file is damaged; reading it will tell
        return False
    path.write_bytes(shrunk.getvalue())
    return True
