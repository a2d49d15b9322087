"""How large a picture is, from the head of its file alone: what does not fit is refused before anything is decoded."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from inpaint.images.content import content_of, format_in
from inpaint.images.damaged import damaged
from inpaint.images.decoding import opener_of
from inpaint.images.extra_formats import jxl_head
from inpaint.images.tiff_parts import main_page, numbers_of
from inpaint.images.tiff_tags import IMAGE_LENGTH, IMAGE_WIDTH


def stored_size(path: Path | str, data: bytes | None = None) -> tuple[int, int]:
    """Return (height, width) in px as a file stores it, before EXIF turns it; of an animation, that of its canvas.

    data: the content of a file that lies elsewhere.  Raises FileNotFoundError where there is no such file, and
    ValueError for what is no picture, or whose head is damaged.
    """
    path = Path(path)
    data = content_of(path, data)
    form = format_in(path, data)
    try:
        if form == "PNG":
            if data[12:16] != b"IHDR":
                raise OSError("its header does not come first")
            width, height = struct.unpack_from(">II", data, 16)
        elif form == "GIF":
            width, height = struct.unpack_from("<HH", data, 6)
        elif form == "JXL":
            height, width = jxl_head(data).size
        elif form == "TIFF" and (page := main_page(data)):
            (width,), (height,) = numbers_of(data, page, IMAGE_WIDTH), numbers_of(data, page, IMAGE_LENGTH)
        else:
            width, height = opener_of(path, form)(io.BytesIO(data), str(path)).size
    except Exception as error:  # decoders raise nearly everything when a file is damaged
        if isinstance(error, ValueError) and str(error).startswith(str(path)):
            raise
        raise damaged(path, form, error) from error
    return height, width
