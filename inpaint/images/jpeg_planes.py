"""The planes of a JPEG as it holds them, for what its rounding did to be undone.

Source: ITU-T T.81.  Decoded pixels are cut at both ends of their range and their colours are smoothed; these are not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from inpaint.images.jpeg_blocks import (
    COLOUR_PLANES,
    MOST_EDITED_PIXELS,
    ONE_CODER,
    SEQUENTIAL_CODERS,
    Component,
    bare_jpeg,
    components_of,
    use_coder,
)
from inpaint.images.picture import CodedJpeg


def jpeg_planes(coded: CodedJpeg) -> list[Component]:
    """Return the planes of a JPEG that shows grey or RGB; empty for a kind whose coefficients cannot be read."""
    height, width, channels = coded.shown.shape if coded.shown.ndim == 3 else (0, 0, 0)
    if channels not in (1, 3) or height * width > MOST_EDITED_PIXELS:
        return []
    try:
        import jpeglib

        data = bare_jpeg(coded.data)
        with tempfile.TemporaryDirectory(prefix="inpaint-") as folder, ONE_CODER:
            source = Path(folder, "source.jpg")
            source.write_bytes(data)
            use_coder(jpeglib, SEQUENTIAL_CODERS)
            return components_of(jpeglib.read_dct(str(source)), coded.shown, COLOUR_PLANES[:channels])
    except (ImportError, OSError, RuntimeError, ValueError):
        return []
