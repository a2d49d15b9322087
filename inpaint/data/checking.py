"""Looking through a folder before a run: what its files say of themselves, by their headers."""

from __future__ import annotations

import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from inpaint.data.crops import FindMask, spare_room
from inpaint.data.skipped import sample_fault, some_of
from inpaint.data.sources import Folder
from inpaint.degradation.own_masks import MaskFiles
from inpaint.images import Picture, read_mask_for, stored_size
from inpaint.images.mask_files import check_mask_size, mask_in, sized
from inpaint.images.metadata import ORIENTATION

ON_THEIR_SIDE = (5, 6, 7, 8)  # the values of EXIF's orientation that swap the sides
MASKS_LOOKED_AT = 32  # masks of a folder that are read before a run


def leave_out_faulty(folder: Folder, size: tuple[int, int], share: float) -> list[str]:
    """Leave out of a folder what cannot give a crop, by its header, and return why, a sentence for each.

    Raises ValueError where these are more than a share of the folder.  Shards are not looked through: what they hold
    was checked when they were packed.
    """
    # Around the threads, not in them: what one of them restores would be what another has set.
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        warnings.simplefilter("ignore")
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
        height, width = header_size(path)
        spare_room((height, width), size, path)
        if mask_of is not None:
            mask = mask_of(Path(path))
            check_mask_size(mask, header_size(mask), (height, width))
    except Image.DecompressionBombError:
        return None  # huge, not faulty
    except ValueError as error:
        return str(error)
    return None


def header_size(path: Path | str) -> tuple[int, int]:
    """Return the height and width of an upright picture, px, by its header.  Raises ValueError where it has none."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            turned = picture.getexif().get(ORIENTATION) in ON_THEIR_SIDE
    except Image.DecompressionBombError:
        raise
    except Exception as error:  # decoders raise anything
        if isinstance(error, UnidentifiedImageError):
            return stored_size(path)  # of a format that Pillow alone does not read, or a sentence
        said = sample_fault(error)
        raise ValueError(said if str(path) in said else f"{path} cannot be read: {said}") from None
    return (width, height) if turned else (height, width)


def mask_notes(masks: MaskFiles) -> list[str]:
    """Look at some files of a folder of masks; say which cannot be used, and what is guessed of others.

    Raises ValueError where none of them marks anything.
    """
    count = min(MASKS_LOOKED_AT, len(masks.paths))
    notes, marking = list[str](), False
    for path in (masks.paths[index * len(masks.paths) // count] for index in range(count)):
        try:
            found = mask_in(sized(path, None))
        except (ValueError, OSError) as error:
            notes.append(f"left out: {sample_fault(error)}")
            continue
        marking |= bool(found.mask.any())
        if found.note:
            left_out = "" if found.mask.any() else "left out: "
            notes.append(f"{left_out}{path}: {without_options(found.note)}")
    if not marking:
        raise ValueError(f"none of {count} masks in {masks.folder} marks anything: {some_of(notes)}")
    return notes


def pair_notes(folder: Folder) -> list[str]:
    """Look at some pictures that have masks of their own, and say what is guessed of these."""
    if folder.mask_of is None:
        return []
    notes = list[str]()
    for number in range(min(MASKS_LOOKED_AT, len(folder))):
        try:
            name, colour = folder.colour(number)
            note = read_mask_for(Picture(colour), file := folder.mask_of(Path(name))).note
        except (ValueError, OSError):
            continue  # told when the sample is left out
        notes += [f"{file}: {without_options(note)}"] if note else []
    return notes


def without_options(note: str) -> str:
    """Return what is said of a mask, but for the options of a command that would read it in another way."""
    return re.split(r"[:;] (?:or use )?--", note)[0]
