"""One file of a batch: read, restored, written; whatever goes wrong is told in its outcome."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from itertools import repeat
from pathlib import Path

from inpaint import images
from inpaint.detection.censored import find_censored, mask_of
from inpaint.detection.damage import Damage, count_regions
from inpaint.files import atomically
from inpaint.folder.detecting import levels
from inpaint.folder.glance import overlay, thumbnail
from inpaint.folder.job import Job, Planned
from inpaint.folder.marks import Marked, NothingMarked, from_mask, from_paint
from inpaint.folder.moving import read_moving
from inpaint.folder.outcome import Outcome
from inpaint.mosaic.lattice import Lattice, sides_in_words
from inpaint.restoring.repair import Window, doubts, examine, variations, windows_of


def restore_file(one: Planned, job: Job) -> Outcome:
    """Restore one file; whatever goes wrong is told in its outcome."""
    started = time.perf_counter()
    outcome = Outcome(one.file, [], 0, "", one.error, 0.0)
    try:
        if one.error is None:
            times = base_of(one, job).stat() if job.keep_times else None  # before it is read
            outcome = worked(one, job, outcome)
            if times:
                for target in outcome.outputs:
                    images.keep_times(times, target)
    except ValueError as error:
        outcome = outcome._replace(error=str(error))
    except OSError as error:  # of the system, which names the file and says why, or of ours, which is a sentence
        told = f"{error.filename or one.file}: {error.strerror}." if error.strerror else str(error)
        outcome = outcome._replace(error=told)
    except Exception as error:  # a fault of ours or of a library: the batch goes on, and its name says what it was
        outcome = outcome._replace(error=f"{one.file}: {type(error).__name__}: {error}")
    return outcome._replace(seconds=time.perf_counter() - started)


def worked(one: Planned, job: Job, outcome: Outcome) -> Outcome:
    """Do what the batch asks for; `outcome.outputs` grows as files are written."""
    if job.existing == "skip" and all(target.exists() for target in one.targets):
        return outcome._replace(status="skipped", note="its output exists")
    if one.unmarked:
        return without_marks(one, job, outcome, one.unmarked)
    try:
        marked, windows = looked_at(one, job)
    except NothingMarked as error:
        return without_marks(one, job, outcome, str(error))
    except images.SeveralFrames:
        if not images.is_animated(one.file):
            raise
        return worked_frames(one, job, outcome)
    damage = [part for window in windows for part in window.damage]
    outcome = outcome._replace(regions=sum(window.regions for window in windows), censor=censor_of(damage))
    doubt = None if job.block is None else doubts(marked.picture, windows, job.block)
    if job.dry_run:
        images.write(overlay(marked.picture, windows), one.targets[0])
        outcome.outputs.append(one.targets[0])
        return outcome._replace(status="seen", note=note_of(marked, damage, job.block, doubt))
    shown, unkept = [thumbnail(marked.picture, windows)] if job.thumbnails else [], None
    repairs = variations(marked.picture, windows, job.restorer, len(one.targets), best=job.best, spent=True)
    for target, repaired in zip(one.targets, repairs, strict=True):
        unkept = images.write(repaired, target)
        outcome.outputs.append(target)
        if len(shown) == 1:
            shown.append(thumbnail(repaired, windows))
    note = note_of(marked, damage, job.block, doubt, unkept)
    return outcome._replace(status="restored", note=note, thumbnails=tuple(shown))


def worked_frames(one: Planned, job: Job, outcome: Outcome) -> Outcome:
    """Do what the batch asks for with an animated file, frame by frame."""
    try:
        animation, marked = read_moving(one, job)
    except NothingMarked as error:
        return without_marks(one, job, outcome, str(error))
    found = [[] if frame is None else examine_marked(one.file, frame, job) for frame in marked]
    damage = [part for windows in found for window in windows for part in window.damage]
    regions = sum(window.regions for windows in found for window in windows)
    outcome = outcome._replace(regions=regions, censor=censor_of(damage))
    first, told = next((number, frame) for number, frame in enumerate(marked) if frame is not None)
    if job.dry_run:
        images.write(overlay(animation.frames[first], found[first]), one.targets[0])
        outcome.outputs.append(one.targets[0])
        return outcome._replace(status="seen", note=note_of(told, damage, job.block))
    repairs = [
        variations(frame, windows, job.restorer, len(one.targets)) if windows else repeat(frame)
        for frame, windows in zip(animation.frames, found, strict=True)
    ]
    shown, unkept = [thumbnail(animation.frames[first], found[first])] if job.thumbnails else [], None
    for target in one.targets:
        frames = tuple(next(repair) for repair in repairs)
        unkept = images.write_frames(replace(animation, frames=frames), target)
        outcome.outputs.append(target)
        if len(shown) == 1:
            shown.append(thumbnail(frames[first], found[first]))
    note = note_of(told, damage, job.block, unkept)
    return outcome._replace(status="restored", note=note, thumbnails=tuple(shown))


def base_of(one: Planned, job: Job) -> Path:
    """Return the file whose pixels are restored: the original of a painted picture, if it has one."""
    return one.file if job.masks is not None else one.beside or one.file


def looked_at(one: Planned, job: Job) -> tuple[Marked, list[Window]]:
    """Read a picture, and find what is to be restored in it: what is marked, or else, where asked to, what is found."""
    try:
        marked = read_marked(one, job)
    except NothingMarked as error:
        if job.censor != "auto" or job.masks is not None:
            raise
        base = base_of(one, job)
        picture = images.read(base)
        found = find_censored(levels(picture))
        if not found:
            raise NothingMarked(f"{error} And nothing censored was found.") from None
        marked = Marked(picture, mask_of(found, picture.size) > 0, base, (one.file, base), hidden=False)
        return marked, windows_of(found, picture.size, grow=job.grow)
    return marked, examine_marked(one.file, marked, job)


def read_marked(one: Planned, job: Job) -> Marked:
    """Read a picture and what is marked in it, by the rule of this batch."""
    if job.masks is not None:
        assert one.beside is not None
        return from_mask(one.file, one.beside)
    return from_paint(one.file, colour=job.colour, tolerance=job.tolerance, original=one.beside)


def without_marks(one: Planned, job: Job, outcome: Outcome, why: str) -> Outcome:
    """Do with a picture in which nothing is marked what the batch asks for."""
    if job.on_empty == "error":
        return outcome._replace(error=why)
    if job.on_empty == "skip" or job.dry_run:
        return outcome._replace(status="skipped", note="nothing is marked")
    with atomically(one.targets[0]) as temporary:
        shutil.copyfile(base_of(one, job), temporary)
    outcome.outputs.append(one.targets[0])
    return outcome._replace(status="copied", note="nothing is marked")


def examine_marked(file: Path, marked: Marked, job: Job) -> list[Window]:
    """Find out what was done to the marked pixels; paint that hides them can only be a bar."""
    if marked.hidden and job.censor == "mosaic":
        raise ValueError(f"The paint in {file} hides the mosaic: give the unpainted picture with --original.")
    censor = "bar" if marked.hidden else "auto" if job.censor == "marked" else job.censor
    return examine(marked.picture, marked.mask, censor=censor, block=job.block, grow=job.grow)


def censor_of(damage: list[Damage]) -> str:
    """Name the kinds of censoring for the user."""
    return " and ".join(sorted({"bar" if part.censor == "hole" else "mosaic" for part in damage}, reverse=True))


def note_of(marked: Marked, damage: list[Damage], block: tuple[int, int] | None, *others: str | None) -> str | None:
    """Say what the user should know: paint that was left, a wrong suffix, a block not used, mosaics without a grid.

    others: what else there is to say, such as what of the file could not be written as it was.
    """
    notes = [note for note in (marked.note, *others) if note]
    form, named = marked.picture.format, images.format_of(marked.base)
    if form != named:
        notes.append(f"{marked.base.name} is a {form} file, but its name says {named}, as which it was written")
    if block is not None and all(part.censor == "hole" for part in damage):
        notes.append("taken for a bar, so the block was not used: a mosaic needs its own pixels and the censor mosaic")
    lost = sum(count_regions(part.mask) for part in damage if part.censor == "mosaic" and part.grid is None)
    if lost:
        notes.append(f"no grid found in {lost} regions: restored without projection")
    if rescaled := sorted({sides_in_words(part.grid) for part in damage if isinstance(part.grid, Lattice)}):
        notes.append(f"cells of {', '.join(rescaled)} px are no whole pixels: their means are kept only nearly")
    return "; ".join(notes) or None
