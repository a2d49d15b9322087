"""What the names of files say of masks: NAME_mask001.png marks NAME.png, as in LaMa's folders."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

MASK_NAME = re.compile(r"(?P<picture>.+)_mask[-_ ]?(?P<number>\d*)", re.IGNORECASE | re.DOTALL)


class MaskName(NamedTuple):
    """What the name of a mask says."""

    picture: str  # the stem of the picture that it belongs to
    number: str  # "" where it has none


def as_seen(stem: str) -> str:
    """Return a name as people compare names: without letter case, and accents written in one way."""
    return unicodedata.normalize("NFC", stem).casefold()


def mask_name(stem: str) -> MaskName | None:
    """Read the stem of a mask: NAME_mask, NAME_mask001, NAME_mask_2; None for any other name."""
    read = MASK_NAME.fullmatch(stem)
    return MaskName(read["picture"], read["number"]) if read else None


def masks_among(files: list[Path]) -> set[Path]:
    """Return which files of one folder tree are masks of another of them: they lie beside it and have its name."""
    pictures = {(file.parent, as_seen(file.stem)) for file in files}
    return {
        file for file in files if (name := mask_name(file.stem)) and (file.parent, as_seen(name.picture)) in pictures
    }
