"""Reads an uploaded mask as the command line reads it, and shows it as the page paints it: white on black."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from inpaint import images
from inpaint.folder import DecensorOptions
from inpaint.web.find_regions import first_frame, png_for_page
from inpaint.web.restore_upload import Limits, check_picture, file_name, without_path


class ShownMask(NamedTuple):
    """A mask for the page."""

    png: bytes
    note: str  # what was guessed


def mask_of_upload(name: str, picture: bytes, mask: bytes, *, options: DecensorOptions, limits: Limits) -> ShownMask:
    """Return what a mask file marks in a picture.  Raises ValueError in a sentence for what cannot be read or fit."""
    shown = first_frame(name, picture, limits)
    form = check_picture("the mask", mask, limits)
    with tempfile.TemporaryDirectory(prefix="inpaint-") as made:
        file = Path(made) / file_name("the mask", form)
        file.write_bytes(mask)
        how = {"threshold": options.mask_threshold, "invert": options.invert_mask}
        try:
            found = images.read_mask_for(shown, file, **how)
        except ValueError as error:
            raise ValueError(without_path(str(error), Path(made))) from None
    return ShownMask(png_for_page(found.mask[0].byte().numpy() * 255), found.note or "")
