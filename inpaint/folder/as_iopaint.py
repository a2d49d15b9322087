"""A batch as `iopaint run` takes it, for scripts that were written for IOPaint: masks by stem, a PNG for each picture.

Source: IOPaint 1.6, `iopaint/batch_processing.py`.  As there, a mask of another size is resized without smoothing, a
picture without a mask is left out, what is marked is taken away whatever it shows, and results are called STEM.png.
What differs: alpha, profiles and 16 bits are kept, two pictures of one stem do not overwrite each other, and one faulty
file does not end the batch.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inpaint import images
from inpaint.folder.batch import decensor
from inpaint.folder.file_outcome import Outcome
from inpaint.restoring.repair import Restores

HALF = 127  # of 255, from which on IOPaint restores a pixel
OUTPAINTING = ("use_extender",)  # asks for what no network here does
TELLING = ("prompt", "use_croper", "enable_controlnet", "enable_brushnet", "enable_powerpaint_v2")


def restore_as_iopaint(
    image: Path,
    mask: Path,
    output: Path,
    *,
    restorer: Restores,
    concat: bool = False,
    progress: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Restore a picture, or the pictures of a folder (not of its subfolders), into a folder, as STEM.png.

    mask: a file for all pictures, or a folder with masks of the same stems.  concat: write the picture, its mask and
    the result beside each other instead of the result.  What concerns one picture is said in its outcome.
    Raises ValueError or FileNotFoundError for what concerns the whole batch.
    """
    for path in (image, mask):
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist: give a picture or a folder")
    if output.is_file() or output.suffix.lower() in images.SUFFIXES:
        raise ValueError(f"the output {output} must be a folder: results are called by the pictures' names")
    pictures, masks = by_stem(image), by_stem(mask)
    if not masks:
        raise ValueError(f"{mask} holds no masks: names end with {', '.join(images.SUFFIXES)}")
    if not pictures:
        raise ValueError(f"{image} holds no pictures: names end with {', '.join(images.SUFFIXES)}")
    count, outcomes = sum(map(len, pictures.values())), []
    for stem, files in pictures.items():
        for file in files:
            if file is not files[0]:
                outcome = failed(file, f"{stem}.png is made of {files[0].name} already: give one of them another name")
            elif mask.is_dir() and stem not in masks:
                outcome = failed(file, None)._replace(status="skipped", note=f"{mask} holds no mask called {stem}")
            else:
                outcome = restored_one(file, (masks.get(stem) or [mask])[0], output / f"{stem}.png", restorer, concat)
            outcomes.append(outcome)
            if progress:
                progress(outcome, len(outcomes), count)
    return outcomes


def by_stem(path: Path) -> dict[str, list[Path]]:
    """Return the pictures of a folder by their stems, or the one."""
    if path.is_file():
        return {path.stem: [path]}
    found: dict[str, list[Path]] = {}
    for file in sorted(path.iterdir()):
        if file.is_file() and file.suffix.lower() in images.SUFFIXES:
            found.setdefault(file.stem, []).append(file)
    return found


def failed(file: Path, error: str | None) -> Outcome:
    return Outcome(file, [], 0, "", error, 0.0)


def restored_one(file: Path, mask: Path, target: Path, restorer: Restores, concat: bool) -> Outcome:
    """Restore one picture; whatever is wrong with it or its mask is the error of its outcome."""
    try:
        with tempfile.TemporaryDirectory(prefix="inpaint-") as folder:
            fitting, note = fitting_mask(mask, file, Path(folder))
            (outcome,) = decensor(file, target, restorer=restorer, masks=fitting, censor="hole")
            if concat and not outcome.error:
                side_by_side(file, fitting, target)
    except (ValueError, OSError) as error:
        return failed(file, str(error))
    return outcome._replace(note="; ".join(filter(None, (note, outcome.note))) or None)


def fitting_mask(mask: Path, file: Path, folder: Path) -> tuple[Path, str | None]:
    """Return a mask of the picture's size, the file itself where it fits, and what was done to it."""
    size, given = images.read(file).size, images.read_mask(mask)
    if tuple(given.shape[1:]) == size:
        return mask, None
    levels = Image.fromarray((given[0].numpy() * 255).astype(np.uint8))
    resized = folder / "mask.png"
    levels.resize((size[1], size[0]), Image.Resampling.NEAREST).save(resized)
    return resized, f"its mask was resized from {given.shape[2]} x {given.shape[1]} to {size[1]} x {size[0]} pixels"


def side_by_side(file: Path, mask: Path, target: Path) -> None:
    """Replace a result by the picture, its mask and the result in one row of 8-bit colours."""
    before, after = (images.read(it).tensor() for it in (file, target))  # (3, H, W)
    marked = images.read_mask(mask).expand_as(before)
    row = np.concatenate([(it * 255).round().byte().permute(1, 2, 0).numpy() for it in (before, marked, after)], axis=1)
    images.write(images.Picture(row), target)


def config_from(path: Path | None) -> dict[str, Any]:
    """Read a configuration of IOPaint's.  Raises ValueError where it is none, and for what cannot be done."""
    if path is None:
        return {}
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(config, dict):
        raise ValueError(f"{path} should be a JSON object with IOPaint's options")
    return config


def unheeded(asked: Mapping[str, Any]) -> str | None:
    """Say which of IOPaint's options change nothing here.  Raises ValueError for one that asks for outpainting."""
    for name in OUTPAINTING:
        if asked.get(name):
            raise ValueError(f"{name} asks to extend the picture, which no network here does: leave it out")
    telling = [name for name in TELLING if asked.get(name)]
    return f"{', '.join(telling)}: of no effect here, for no network here is told in words" if telling else None
