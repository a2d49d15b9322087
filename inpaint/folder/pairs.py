"""Which files belong together: a painted picture and its original, a picture and its masks.

Source: the folders of DeepCreamPy, where an original has the stem of its painted picture, and of LaMa, where
NAME_mask001.png marks NAME.png.  What differs: any format, subfolders, names as people see them (letter case, and the
two ways in which Unicode writes an accent, count alike), and a sentence for everything that is missing.
"""

from __future__ import annotations

from pathlib import Path

from inpaint import images
from inpaint.files import real
from inpaint.images.mask_names import as_seen as as_seen
from inpaint.images.mask_names import mask_name as mask_name
from inpaint.images.mask_names import masks_among as masks_among


class NothingMarked(ValueError):
    """A picture in which nothing is marked."""


def original_of(file: Path, originals: Path, subfolder: Path) -> Path:
    """Find the original of a painted picture: the one file, or the same stem in the same subfolder of a folder."""
    if originals.is_file():
        return originals
    found = same_stem(originals / subfolder, file.stem, file)
    if found is None:
        raise ValueError(f"{file} has no original: {originals / subfolder} holds no other picture {file.stem}.*")
    return found


def masks_for(file: Path, masks: Path, subfolder: Path) -> list[Path]:
    """Find the masks of a picture: the one file for all, or NAME_mask.*, NAME_mask001.*, ..., or else NAME.*, in the
    same subfolder of a folder.  Raises NothingMarked where there is none."""
    if masks.is_file():
        return [masks]
    folder = masks / subfolder
    named: dict[str, Path] = {}
    for path in images.find(folder, recursive=False) if folder.is_dir() else ():
        name = mask_name(path.stem)
        if name and as_seen(name.picture) == as_seen(file.stem) and path.stem not in named:
            best = same_stem(folder, path.stem, file)
            named |= {} if best is None else {as_seen(best.stem): best}
    # Beside the pictures themselves, a file of the same stem is another picture.
    if not named and folder.resolve() != file.parent.resolve() and (found := same_stem(folder, file.stem, file)):
        return [found]
    if not named:
        raise NothingMarked(f"{file} has no mask: {folder} holds neither {file.stem}_mask.* nor a mask {file.stem}.*")
    return [named[stem] for stem in sorted(named)]


def same_stem(folder: Path, stem: str, other_than: Path) -> Path | None:
    """Find the picture of this stem, best in the same letter case and with the same suffix as that other file."""
    if not folder.is_dir():
        return None
    found = [path for path in images.find(folder, recursive=False) if as_seen(path.stem) == as_seen(stem)]
    found = [path for path in found if real(path) != real(other_than)]
    suffix = other_than.suffix.lower()
    return min(found, key=lambda path: (path.stem != stem, path.suffix.lower() != suffix, path.name), default=None)
