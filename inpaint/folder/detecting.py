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
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from inpaint import images
from inpaint.detection.censored import Censored, find_censored, mask_of
from inpaint.detection.colour import GREEN
from inpaint.files import atomically, write_text
from inpaint.mosaic.lattice import sides_in_words

FORMS = ("masks", "green", "overlay", "json")
SUFFIXES = {"masks": ".png", "green": ".png", "overlay": ".png", "json": ".json"}
PAINTED, ORIGINALS = "decensor_input", "decensor_input_original"
MOSAIC, HOLE = (0, 160, 255), (255, 0, 160)  # colours of the overlay, that pictures seldom hold


class Sighting(NamedTuple):
    """What was found in one file."""

    path: Path
    found: list[Censored]
    outputs: list[Path]  # written
    error: str | None = None


Seen = tuple[Sighting, images.Picture | None]  # what was found in a file, and the picture if it could be read


def survey(
    source: Path,
    output: Path,
    *,
    form: str = "masks",
    jobs: int = 1,
    progress: Callable[[Sighting, int, int], None] | None = None,
) -> list[Sighting]:
    """Find what is censored in a picture, or in all pictures of a folder and its subfolders, and write it to a folder.

    form: "masks" (white = censored), "green" (the two folders of DeepCreamPy), "overlay" or "json".  A picture in
    which nothing is found gets no file, except as JSON.  progress gets every sighting, the number of files done and
    of all.  Raises ValueError or FileNotFoundError for what concerns the whole batch; what concerns one file is the
    error in its sighting.
    """
    if form not in FORMS:
        raise ValueError(f"The form is {form!r}, but must be one of {', '.join(FORMS)}.")
    if jobs < 1:
        raise ValueError(f"jobs is {jobs}, but at least 1 picture must be looked at at once.")
    if output.is_file():
        raise ValueError(f"The output {output} is a file, but must be a folder.")
    files = images.find(source)
    if source.resolve() in output.resolve().parents:  # what an earlier run has written there
        files = [file for file in files if output.resolve() not in file.resolve().parents]
    if not files:
        raise ValueError(f"{source} holds no pictures: names end with {', '.join(images.SUFFIXES)}.")
    root, taken = source if source.is_dir() else source.parent, {file.resolve() for file in files}
    sightings: list[Sighting] = []
    for file, (sighting, picture) in zip(files, ahead(look, files, jobs), strict=True):
        if picture is not None and (sighting.found or form == "json"):
            sighting = kept(sighting, picture, output, file.relative_to(root), form, taken)
        sightings.append(sighting)
        taken |= {path.resolve() for path in sighting.outputs}
        if progress:
            progress(sighting, len(sightings), len(files))
    return sightings


def ahead(work: Callable[[Path], Seen], files: Sequence[Path], jobs: int) -> Iterator[Seen]:
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


def look(file: Path) -> Seen:
    """Read a picture and find what is censored in it; whatever goes wrong is told in its sighting."""
    sighting = Sighting(file, [], [])
    try:
        picture = images.read(file)
        return sighting._replace(found=find_censored(levels(picture))), picture
    except Exception as error:
        return sighting._replace(error=sentence(file, error)), None


def kept(
    sighting: Sighting, picture: images.Picture, output: Path, relative: Path, form: str, taken: set[Path]
) -> Sighting:
    """Write what was found in one file; whatever goes wrong is told in its sighting."""
    folder = output / PAINTED if form == "green" else output
    target = (folder / relative).with_suffix(SUFFIXES[form])
    targets = [target, output / ORIGINALS / relative] if form == "green" else [target]
    try:
        for path in targets:
            if path.resolve() in taken:
                raise ValueError(f"{path} belongs to this batch and would be overwritten: choose another output.")
        write(picture, sighting.found, form, target, sighting.path)
        if form == "green":
            copy(sighting.path, targets[1])
    except Exception as error:
        return sighting._replace(error=sentence(sighting.path, error))
    return sighting._replace(outputs=targets)


def sentence(file: Path, error: Exception) -> str:
    """Tell an error; one that is no bad input is a fault of ours or of a library, and its name says what it was."""
    expected = isinstance(error, (ValueError, OSError))
    return str(error) if expected else f"{file}: {type(error).__name__}: {error}"


def levels(picture: images.Picture) -> torch.Tensor:
    """Return a picture's colours as (3, H, W) uint8, without a copy where it has three channels of 8 bits."""
    colour = images.eight_bits(picture.colour)
    return torch.from_numpy(np.ascontiguousarray(colour)).permute(2, 0, 1).expand(3, -1, -1)


def write(picture: images.Picture, found: Sequence[Censored], form: str, target: Path, file: Path) -> None:
    """Write what was found in one form."""
    if form == "json":
        write_text(target, json.dumps(described(file, picture, found), indent=1) + "\n")
        return
    mask = mask_of(found, picture.size)[0].numpy() > 0
    if form == "masks":
        drawn = np.where(mask, 255, 0).astype(np.uint8)[..., None]
    else:
        drawn = np.ascontiguousarray(levels(picture).permute(1, 2, 0).numpy()).copy()
        if form == "green":
            drawn[mask] = GREEN
        else:
            draw(drawn, found)
    images.write(images.Picture(drawn), target)


def copy(file: Path, target: Path) -> None:
    """Copy a file, atomically."""
    with atomically(target) as temporary:
        shutil.copyfile(file, temporary)


def draw(canvas: np.ndarray, found: Sequence[Censored]) -> None:
    """Outline regions on a picture (H, W, 3) in place, mosaics with their block."""
    wide = max(1, max(canvas.shape[:2]) // 600)
    for region in found:
        colour = MOSAIC if region.censor == "mosaic" else HOLE
        outlines = [np.array(outline)[:, None, ::-1].astype(np.int32) for outline in outlines_of(region)]
        cv2.drawContours(canvas, outlines, -1, colour, wide)
        text = sides_in_words(region.grid).replace(" ", "") if region.grid else "bar"
        place = region.left, max(region.top - 4 * wide, 12)
        cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * wide, colour, wide, cv2.LINE_AA)


def outlines_of(region: Censored) -> list[list[list[int]]]:
    """Return the outlines of a region in its picture, each a list of [y, x]; corners only."""
    outlines, _ = cv2.findContours(region.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [[[int(y) + region.top, int(x) + region.left] for x, y in outline[:, 0]] for outline in outlines]


def described(file: Path, picture: images.Picture, found: Sequence[Censored]) -> dict:
    """Describe what was found, for JSON; points and sizes are (y, x) and (height, width) in px.

    The block and the phase of a mosaic are whole numbers, or fractions where the picture was rescaled after it.
    """
    regions = []
    for region in found:
        height, width = region.mask.shape
        said: dict = {"censor": "mosaic" if region.censor == "mosaic" else "bar"}
        if region.grid is not None:
            said |= {key: [round(side, 3) for side in pair] for key, pair in region.grid._asdict().items()}
        if region.colour is not None:
            said["colour"] = list(region.colour)
        box = [region.top, region.left, region.top + height, region.left + width]
        said |= {"score": round(region.score, 3), "box": box, "pixels": int(region.mask.sum())}
        regions.append(said | {"outline": outlines_of(region)})
    return {"file": str(file), "size": list(picture.size), "regions": regions}
