"""A folder in, a folder out: the marked places of many pictures are restored, and one bad file never stops the rest.

Source: the workflow of DeepCreamPy (marked pixels are painted in pure green, the pixels of a mosaic come from an
original of the same stem, variants are named `STEM K`).  What differs: every region is restored whatever its size and
place, folders are walked as trees, files keep their format and what else they carry, masks may be files, and a picture
that cannot be restored says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from inpaint import images
from inpaint.detection.colour import GREEN
from inpaint.detection.marked import Marked, from_mask, from_paint, mask_for, original_of
from inpaint.detection.regions import Damage, count_regions
from inpaint.repair import FLIPS, Restores, Window, examine, variations

__all__ = ["FLIPS", "Outcome", "Restores", "decensor"]

CENSORS = ("auto", "bar", "mosaic")
VARIATIONS = (1, 2, 4)


class Outcome(NamedTuple):
    """What became of one file."""

    path: Path
    outputs: list[Path]  # written
    regions: int  # 8-connected marked places
    censor: str  # "bar", "mosaic", "mosaic and bar"; "" where nothing was restored
    error: str | None
    seconds: float
    note: str | None = None  # what the user should know although it worked


class Job(NamedTuple):
    """How the pictures of one batch are restored; see `decensor`."""

    source: Path
    output: Path
    restorer: Restores
    original: Path | None
    masks: Path | None
    censor: str
    colour: tuple[int, int, int]
    tolerance: int
    variations: int
    block: tuple[int, int] | None


def decensor(
    source: Path | str,
    output: Path | str,
    *,
    restorer: Restores,
    original: Path | str | None = None,
    masks: Path | str | None = None,
    censor: str = "auto",
    colour: tuple[int, int, int] = GREEN,
    tolerance: int = 0,
    variations: int = 1,
    block: tuple[int, int] | None = None,
    progress: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Restore the marked places of a picture, or of all pictures of a folder and its subfolders, into a folder.

    Marked is what is painted in the colour, or, with masks (one file for all, or a folder with the same stems or
    `STEM_mask`), what a mask file says.  original: a folder of unpainted pictures, or one such file; their pixels are
    restored instead of the painted ones, unless the censor is "bar".  A single picture may also be written to an
    output that is itself named like a picture.  progress gets every outcome, the number of files done and of all.
    Raises ValueError or FileNotFoundError for what concerns the whole batch; what concerns one file is the error in
    its outcome.
    """
    unpainted, marks = (None if path is None else Path(path) for path in (original, masks))
    job = Job(Path(source), Path(output), restorer, unpainted, marks, censor, colour, tolerance, variations, block)
    check(job)
    files = pictures_of(job)
    taken = {file.resolve() for file in files}  # files that must not be written: inputs, and what is already written
    outcomes: list[Outcome] = []
    for file in files:
        outcome = restore_file(file, job, taken)
        taken |= {path.resolve() for path in outcome.outputs}
        outcomes.append(outcome)
        if progress:
            progress(outcome, len(outcomes), len(files))
    return outcomes


def check(job: Job) -> None:
    """Refuse, in one sentence, options that no file can be restored with."""
    if job.censor not in CENSORS:
        raise ValueError(f"The censor is {job.censor!r}, but must be one of {', '.join(CENSORS)}.")
    if job.variations not in VARIATIONS:
        raise ValueError(f"The number of variations is {job.variations}, but must be 1, 2 or 4.")
    if not 0 <= job.tolerance <= 255:
        raise ValueError(f"The tolerance is {job.tolerance}, but must lie between 0 and 255.")
    if len(job.colour) != 3 or not all(0 <= level <= 255 for level in job.colour):
        raise ValueError(f"The colour is {job.colour}, but must be red, green and blue between 0 and 255.")
    if job.block is not None and min(job.block) < 2:
        raise ValueError(f"The block is {job.block}, but cells must be at least 2 pixels high and wide.")
    if job.original is not None and job.masks is not None:
        raise ValueError("Give either originals or masks: with masks the pixels come from the pictures themselves.")
    if job.masks is not None and (job.tolerance or job.colour != GREEN):
        raise ValueError("Masks say what is restored, so a colour or a tolerance of paint means nothing: leave it out.")
    for name, path in (("originals", job.original), ("masks", job.masks)):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"The {name} {path} do not exist: give a file or a folder.")
        if path is not None and path.is_file() and name == "originals" and job.source.is_dir():
            raise ValueError(f"The originals {path} are one file, but {job.source} is a folder: give a folder.")
    if job.output.is_file() and not names_output(job):
        raise ValueError(f"The output {job.output} is a file, but must be a folder.")


def pictures_of(job: Job) -> list[Path]:
    """List the pictures to restore, without what lies in the other folders of the batch, or is a mask beside them."""
    files, root = images.find(job.source), job.source.resolve()
    folders = (path.resolve() for path in (job.output, job.original, job.masks) if path is not None)
    others = {path for path in folders if root in path.parents}
    files = [file for file in files if others.isdisjoint([file.resolve(), *file.resolve().parents])]
    if job.masks is not None and job.masks.resolve() == root:
        files = [file for file in files if not file.stem.endswith("_mask")]
    if not files:
        raise ValueError(f"{job.source} holds no pictures to restore: names end with {', '.join(images.SUFFIXES)}.")
    return files


def restore_file(file: Path, job: Job, taken: set[Path]) -> Outcome:
    """Restore one file; whatever goes wrong is told in its outcome."""
    started = time.perf_counter()
    outcome, unkept = Outcome(file, [], 0, "", None, 0.0), None
    try:
        marked = read_marked(file, job)
        targets = targets_of(file, marked.base.suffix, job)
        refuse_to_overwrite(targets, taken | {path.resolve() for path in marked.reads})
        windows = examine_marked(file, marked, job)
        outcome = outcome._replace(regions=sum(window.regions for window in windows))
        repairs = variations(marked.picture, windows, job.restorer, len(targets))
        for target, repaired in zip(targets, repairs, strict=True):
            unkept = images.write(repaired, target)
            outcome.outputs.append(target)
        damage = [part for window in windows for part in window.damage]
        outcome = outcome._replace(censor=censor_of(damage), note=note_of(marked, damage, job.block, unkept))
    except (ValueError, OSError) as error:
        outcome = outcome._replace(error=str(error))
    except Exception as error:  # a fault of ours or of a library: the batch goes on, and its name says what it was
        outcome = outcome._replace(error=f"{file}: {type(error).__name__}: {error}")
    return outcome._replace(seconds=time.perf_counter() - started)


def read_marked(file: Path, job: Job) -> Marked:
    """Read a picture and what is marked in it, by the rule of this batch."""
    subfolder = file.relative_to(job.source if job.source.is_dir() else file.parent).parent
    if job.masks is not None:
        return from_mask(file, mask_for(file, job.masks, subfolder))
    wanted = job.original if job.censor != "bar" else None
    original = None if wanted is None else original_of(file, wanted, subfolder)
    return from_paint(file, colour=job.colour, tolerance=job.tolerance, original=original)


def targets_of(file: Path, suffix: str, job: Job) -> list[Path]:
    """Name the outputs of a file: numbered as DeepCreamPy does, unless there is one and it has a name of its own."""
    if names_output(job):
        plain = job.output
    else:
        root = job.source if job.source.is_dir() else job.source.parent
        plain = job.output / file.relative_to(root).parent / f"{file.stem}{suffix}"
    if job.variations == 1 and (names_output(job) or job.masks is not None):
        return [plain]
    return [plain.with_name(f"{plain.stem} {number}{plain.suffix}") for number in range(job.variations)]


def names_output(job: Job) -> bool:
    """Tell whether the output is the name of the one restored picture, not a folder."""
    return not job.source.is_dir() and job.output.suffix.lower() in images.SUFFIXES and not job.output.is_dir()


def refuse_to_overwrite(targets: list[Path], taken: set[Path]) -> None:
    """Raise ValueError where an output would replace a file of this batch."""
    for target in targets:
        if target.resolve() in taken:
            raise ValueError(f"{target} belongs to this batch and would be overwritten: choose another output folder.")


def examine_marked(file: Path, marked: Marked, job: Job) -> list[Window]:
    """Find out what was done to the marked pixels; paint that hides them can only be a bar."""
    if marked.hidden and job.censor == "mosaic":
        raise ValueError(f"The paint in {file} hides the mosaic: give the unpainted picture with --original.")
    return examine(marked.picture, marked.mask, censor="bar" if marked.hidden else job.censor, block=job.block)


def censor_of(damage: list[Damage]) -> str:
    """Name the kinds of censoring for the user."""
    return " and ".join(sorted({"bar" if part.censor == "hole" else "mosaic" for part in damage}, reverse=True))


def note_of(
    marked: Marked, damage: list[Damage], block: tuple[int, int] | None, unkept: str | None = None
) -> str | None:
    """Say what the user should know: paint that was left, a wrong suffix, a block not used, mosaics without a grid.

    unkept: what of the file could not be written as it was.
    """
    notes = [note for note in (marked.note, unkept) if note]
    form, named = marked.picture.format, images.format_of(marked.base)
    if form != named:
        notes.append(f"{marked.base.name} is a {form} file, but its name says {named}, as which it was written")
    if block is not None and all(part.censor == "hole" for part in damage):
        notes.append("taken for a bar, so the block was not used: a mosaic needs its own pixels and the censor mosaic")
    lost = sum(count_regions(part.mask) for part in damage if part.censor == "mosaic" and part.grid is None)
    if lost:
        notes.append(f"no grid found in {lost} regions: restored without projection")
    return "; ".join(notes) or None
