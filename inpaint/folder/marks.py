"""Where the marks of a picture lie, in the picture itself or in a file beside it, and what to say of those that miss.

Source: the folders of DeepCreamPy, where an original has the stem of its painted picture.  What differs: any format,
subfolders, masks as files, and a sentence for everything that is missing or does not fit.
"""

from __future__ import annotations

from pathlib import Path

from inpaint import images
from inpaint.detection.colour import near_misses
from inpaint.files import real

# Fewer near misses than this share of the painted pixels are not worth a word.
NOTED_SHARE = 0.01


class NothingMarked(ValueError):
    """A picture in which nothing is marked."""


def nothing_painted(file: Path, picture: images.Picture, colour: tuple[int, int, int], tolerance: int) -> str:
    """Say that nothing has the marking colour, and what nearly has."""
    rule = "exactly" if tolerance == 0 else f"within tolerance {tolerance} of"
    sentence = f"no pixel of {file} is {rule} {colour}"
    near = near_misses(picture.colour, colour, tolerance=tolerance)
    if near is None:
        return f"{sentence}, nor near it: paint what shall be restored in that colour, without soft edges"
    return (
        f"{sentence}; {near.count} pixels are within tolerance {near.tolerance}, most often {near.colour}: "
        f"use --tolerance {near.tolerance}"
    )


def half_painted(picture: images.Picture, colour: tuple[int, int, int], tolerance: int, count: int) -> str | None:
    """Say where paint was left out because it is only nearly of the colour, as JPEG and soft brushes make it."""
    near = near_misses(picture.colour, colour, tolerance=tolerance)
    if near is None or near.count < NOTED_SHARE * count:
        return None
    return (
        f"{count} pixels are marked, but {near.count} more nearly are, most often {near.colour}, and were kept: "
        f"--tolerance {near.tolerance} restores them too"
    )


def original_of(file: Path, originals: Path, subfolder: Path) -> Path:
    """Find the original of a painted picture: the one file, or the same stem in the same subfolder of a folder."""
    if originals.is_file():
        return originals
    found = same_stem(originals / subfolder, file.stem, file)
    if found is None:
        raise ValueError(f"{file} has no original: {originals / subfolder} holds no other picture {file.stem}.*")
    return found


def mask_for(file: Path, masks: Path, subfolder: Path) -> Path:
    """Find the mask of a picture: the one file for all, or STEM.* or STEM_mask.* in the same subfolder of a folder."""
    if masks.is_file():
        return masks
    folder = masks / subfolder
    found = same_stem(folder, f"{file.stem}_mask", file)
    # Beside the pictures themselves, a file of the same stem is another picture.
    if found is None and folder.resolve() != file.parent.resolve():
        found = same_stem(folder, file.stem, file)
    if found is None:
        raise NothingMarked(f"{file} has no mask: {folder} holds neither {file.stem}_mask.* nor a mask {file.stem}.*")
    return found


def same_stem(folder: Path, stem: str, other_than: Path) -> Path | None:
    """Find the picture of this stem, best in the same letter case and with the same suffix as that other file."""
    if not folder.is_dir():
        return None
    found = [path for path in images.find(folder, recursive=False) if path.stem.lower() == stem.lower()]
    found = [path for path in found if real(path) != real(other_than)]
    suffix = other_than.suffix.lower()
    return min(found, key=lambda path: (path.stem != stem, path.suffix.lower() != suffix, path.name), default=None)
