"""A folder in, what is censored in its pictures out: as masks, as DeepCreamPy's folders, as overlays, or as JSON.

Source: the folders of DeepCreamPy, `decensor_input` with what shall be restored in pure green and
`decensor_input_original` with the pictures themselves under the same stems.  What differs: subfolders are mirrored.
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from inpaint import images
from inpaint.detection.censored import Censored, find_censored
from inpaint.detection.colour import GREEN
from inpaint.files import atomically, write_text
from inpaint.folder.overlay import canvas_of, draw_found, levels, outlines_of

DETECTION_FORMS = ("masks", "green", "overlay", "json")
FORM_SUFFIXES = {"masks": ".png", "green": ".png", "overlay": ".png", "json": ".json"}
PAINTED_FOLDER, ORIGINALS_FOLDER = "decensor_input", "decensor_input_original"


class Sighting(NamedTuple):
    """What was found in one file."""

    path: Path
    found: list[Censored]
    outputs: list[Path]  # written
    error: str | None = None


SeenPicture = tuple[Sighting, images.Picture | None]  # what was found in a file, and the picture if it could be read


def detect_folder(
    source: Path,
    output: Path,
    *,
    form: str = "masks",
    jobs: int = 1,
    progress: Callable[[Sighting, int, int], None] | None = None,
    part_progress: Callable[[Path, int, int], None] | None = None,
) -> list[Sighting]:
    """Find what is censored in a picture, or in all pictures of a folder and its subfolders, and write it to a folder.

    form: "masks" (white = censored), "green" (the two folders of DeepCreamPy), "overlay" or "json".  A picture in
    which nothing is found gets no file, except as JSON.  progress gets every sighting, the number of files done and
    of all; part_progress, from the threads that search, a file, the number of its parts searched and of all.  Raises
    ValueError or FileNotFoundError for what concerns the whole batch; what concerns one file is the error in its
    sighting.
    """
    if form not in DETECTION_FORMS:
        raise ValueError(f"the form is {form!r}, but must be one of {', '.join(DETECTION_FORMS)}")
    if jobs < 1:
        raise ValueError(f"jobs is {jobs}, but at least 1 picture must be looked at at once")
    if output.is_file():
        raise ValueError(f"the output {output} is a file, but must be a folder")
    files = images.find(source)
    if source.resolve() in output.resolve().parents:  # what an earlier run has written there
        files = [file for file in files if output.resolve() not in file.resolve().parents]
    if not files:
        raise ValueError(f"{source} holds no pictures: names end with {', '.join(images.SUFFIXES)}")
    root, taken = source if source.is_dir() else source.parent, {file.resolve() for file in files}
    sightings: list[Sighting] = []

    def look(file: Path) -> SeenPicture:
        return look_into(file, part_progress)

    for file, (sighting, picture) in zip(files, work_ahead(look, files, jobs), strict=True):
        if picture is not None and (sighting.found or form == "json"):
            sighting = write_sighting(sighting, picture, output, file.relative_to(root), form, taken)
        sightings.append(sighting)
        taken |= {path.resolve() for path in sighting.outputs}
        if progress:
            progress(sighting, len(sightings), len(files))
    return sightings


def work_ahead(work: Callable[[Path], SeenPicture], files: Sequence[Path], jobs: int) -> Iterator[SeenPicture]:
    """Yield what work returns for files, in their order, with so many being worked on ahead; few results wait."""
    with ThreadPoolExecutor(jobs) as pool:
        try:
            begun = deque(pool.submit(work, file) for file in files[:jobs])
            for number in range(len(files)):
                result = begun.popleft().result()
                begun.extend(pool.submit(work, file) for file in files[number + jobs : number + jobs + 1])
                yield result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def look_into(file: Path, part_progress: Callable[[Path, int, int], None] | None = None) -> SeenPicture:
    """Read a picture and find what is censored in it; whatever goes wrong stands in its sighting."""
    sighting = Sighting(file, [], [])
    try:
        picture = images.read(file)
        told = None if part_progress is None else partial(part_progress, file)
        return sighting._replace(found=find_censored(levels(picture), progress=told)), picture
    except Exception as error:
        return sighting._replace(error=error_sentence(file, error)), None


def write_sighting(
    sighting: Sighting, picture: images.Picture, output: Path, relative: Path, form: str, taken: set[Path]
) -> Sighting:
    """Write what was found in one file; whatever goes wrong stands in its sighting."""
    folder = output / PAINTED_FOLDER if form == "green" else output
    target = (folder / relative).with_suffix(FORM_SUFFIXES[form])
    targets = [target, output / ORIGINALS_FOLDER / relative] if form == "green" else [target]
    try:
        for path in targets:
            if path.resolve() in taken:
                raise ValueError(f"{path} belongs to this batch and would be overwritten: choose another output")
        write_found(picture, sighting.found, form, target, sighting.path)
        if form == "green":
            copy_file(sighting.path, targets[1])
    except Exception as error:
        return sighting._replace(error=error_sentence(sighting.path, error))
    return sighting._replace(outputs=targets)


def error_sentence(file: Path, error: Exception) -> str:
    """Tell an error; one that is no bad input is a fault of ours or of a library, and its name says what it was."""
    expected = isinstance(error, (ValueError, OSError))
    return str(error) if expected else f"{file}: {type(error).__name__}: {error}"


def write_found(picture: images.Picture, found: Sequence[Censored], form: str, target: Path, file: Path) -> None:
    """Write what was found in one form."""
    if form == "json":
        write_text(target, json.dumps(as_json(file, picture, found), indent=1) + "\n")
        return
    drawn = np.zeros((*picture.size, 1), np.uint8) if form == "masks" else canvas_of(picture)
    if form == "overlay":
        draw_found(drawn, found)
    else:
        for region in found:
            drawn[region.top :, region.left :][: region.mask.shape[0], : region.mask.shape[1]][region.mask] = (
                255 if form == "masks" else GREEN
            )
    images.write(images.Picture(drawn), target)


def copy_file(file: Path, target: Path) -> None:
    """Copy a file, atomically."""
    with atomically(target) as temporary:
        shutil.copyfile(file, temporary)


def as_json(file: Path, picture: images.Picture, found: Sequence[Censored]) -> dict:
    """Describe what was found, for JSON; points and sizes are (y, x) and (height, width) in px.

    The block and the phase of a mosaic are whole numbers, or fractions where the picture was rescaled after it.
    """
    regions = []
    for region in found:
        height, width = region.mask.shape
        said: dict = {"censor": region.censor}
        if region.grid is not None:
            said |= {key: [round(side, 3) for side in pair] for key, pair in region.grid._asdict().items()}
        if region.colour is not None:
            said["colour"] = list(region.colour)
        if region.layer is not None:
            said["opacity"] = round(1 - region.layer.share[0], 3)
        box = [region.top, region.left, region.top + height, region.left + width]
        said |= {"score": round(region.score, 3), "box": box, "pixels": int(region.mask.sum())}
        regions.append(said | {"outline": outlines_of(region)})
    return {"file": str(file), "size": list(picture.size), "regions": regions}
