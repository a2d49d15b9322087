"""Looking through a folder before a run: what its files say of themselves, by their headers."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from inpaint.data.crops import FindMask, spare_room
from inpaint.data.sources import Folder


def leave_out_faulty(folder: Folder, size: tuple[int, int], share: float) -> list[str]:
    """Leave out of a folder what cannot give a crop, by its header, and return why, a sentence for each.

    Raises ValueError where these are more than a share of the folder.  Shards are not looked through: what they hold
    was checked when they were packed.
    """
    with ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(partial(header_fault, size=size, mask_of=folder.mask_of), folder.paths))
    told = [fault for fault in faults if fault]
    if len(told) > share * len(faults):
        raise ValueError(
            f"{told[0]}; {len(told)} of {len(faults)} pictures of the folder cannot be learned from, and data.skip "
            f"allows {share:g} of them"
        )
    folder.paths = [path for path, fault in zip(folder.paths, faults, strict=True) if not fault]
    return told


def header_fault(path: str, size: tuple[int, int], mask_of: FindMask | None = None) -> str | None:
    """Say why a crop cannot be cut from a picture, as far as its header tells."""
    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            width, height = picture.size
    except Image.DecompressionBombError:
        return None  # huge, not faulty
    except Exception as error:  # decoders raise anything
        return f"{path} cannot be read: {' '.join(str(error).split())}"
    try:
        spare_room((height, width), size, path)
        if mask_of is not None:
            mask_of(Path(path))
    except ValueError as error:
        return str(error)
    return None
