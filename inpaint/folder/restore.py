"""One file of a batch: read, restored, written; whatever goes wrong stands in its outcome."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from inpaint import images
from inpaint.detection.censored import find_censored
from inpaint.detection.damage import Damage
from inpaint.files import atomically
from inpaint.folder.damage_notes import notes_on_damage
from inpaint.folder.file_outcome import Outcome
from inpaint.folder.frames import (
    Marked,
    marked_by_alpha,
    marked_by_masks,
    marked_by_paint,
    read_frames_of,
    write_frames_to,
)
from inpaint.folder.job import Job, Planned
from inpaint.folder.overlay import levels, overlay, thumbnail
from inpaint.folder.pairs import NothingMarked
from inpaint.folder.passes import reach_of
from inpaint.restoring.block_doubts import doubt_block
from inpaint.restoring.repair import RepairWindow, examine_marks, variations, windows_of


class FramesToRestore(NamedTuple):
    """The frames of a file, and what is to be restored in them."""

    animation: images.Animation
    windows: list[list[RepairWindow]]  # of each frame; in one of them at least
    base: Path  # the file that the frames were read from
    note: str | None  # what the user should know of the marks

    @property
    def damage(self) -> list[Damage]:
        return [part for found in self.windows for window in found for part in window.damage]

    @property
    def regions(self) -> int:
        return sum(window.regions for found in self.windows for window in found)

    @property
    def first_number(self) -> int:
        """Which frame is the first with something to restore."""
        return next(number for number, found in enumerate(self.windows) if found)

    @property
    def first(self) -> tuple[images.Picture, list[RepairWindow]]:
        return self.animation.frames[self.first_number], self.windows[self.first_number]


def restore_file(one: Planned, job: Job) -> Outcome:
    """Restore one file; whatever goes wrong stands in its outcome."""
    started = time.perf_counter()
    outcome = Outcome(one.file, [], 0, "", one.error, 0.0)
    try:
        if one.error is None:
            times = base_of(one, job).stat() if job.options.keep_times else None  # before it is read
            outcome = restore_frames(one, job, outcome)
            if times:
                for target in outcome.outputs:
                    images.keep_times(times, target)
    except ValueError as error:
        outcome = outcome._replace(error=str(error))
    except OSError as error:  # of the system, which names the file and says why, or of ours, which is a sentence
        sentence = f"{error.filename or one.file}: {error.strerror}" if error.strerror else str(error)
        outcome = outcome._replace(error=sentence)
    except Exception as error:  # a fault of ours or of a library: the batch goes on, and its name says what it was
        outcome = outcome._replace(error=f"{one.file}: {type(error).__name__}: {error}")
    return outcome._replace(seconds=time.perf_counter() - started)


def restore_frames(one: Planned, job: Job, outcome: Outcome) -> Outcome:
    """Do what the batch asks for, frame by frame; `outcome.outputs` grows as files are written."""
    if job.options.skip_existing and all(target.exists() for target in one.targets):
        return outcome._replace(status="skipped", note="its output exists")
    if one.unmarked:
        return without_marks(one, job, outcome, one.unmarked)
    try:
        seen = look_at_frames(one, job)
    except NothingMarked as error:
        return without_marks(one, job, outcome, str(error))
    outcome = outcome._replace(regions=seen.regions, censor=censors_of(seen.damage))
    frame, found = seen.first
    doubt = None if job.options.block is None else doubt_block(frame, found, job.options.block)
    if job.options.dry_run:
        images.write(overlay(frame, found), one.targets[0])
        outcome.outputs.append(one.targets[0])
        return outcome._replace(status="seen", note=note_of(seen, job.options.block, doubt))
    shown, unkept = [thumbnail(frame, found)] if job.thumbnails else [], None
    frames, count = seen.animation.frames, len(one.targets)
    repairs = variations(frames, seen.windows, job.restorer, count, best=job.options.best, reuse_samples=True)
    for target, repaired in zip(one.targets, repairs, strict=True):
        unkept = write_frames_to(replace(seen.animation, frames=repaired), target)
        outcome.outputs.append(target)
        if len(shown) == 1:
            shown.append(thumbnail(repaired[seen.first_number], found))
    note = note_of(seen, job.options.block, doubt, unkept)
    return outcome._replace(status="restored", note=note, thumbnails=tuple(shown))


def base_of(one: Planned, job: Job) -> Path:
    """Return the file whose pixels are restored: the original of a painted picture, if it has one."""
    return one.original or one.file


def look_at_frames(one: Planned, job: Job) -> FramesToRestore:
    """Read a file, and find what to restore in each frame: what is marked, or else, where asked to, what is found.

    Raises NothingMarked where that is nothing.
    """
    finds, nothing = job.options.censor == "auto" and job.masks is None, None
    try:
        marked = read_marked(one, job)
    except NothingMarked as error:
        if not finds:
            raise
        animation, nothing = read_frames_of(base_of(one, job)), error
        marked = Marked(animation, (None,) * len(animation.frames), base_of(one, job), hidden=False)
    windows: list[list[RepairWindow]] = []
    context = reach_of(job.restorer, job.options.view)
    for frame, mask in zip(marked.animation.frames, marked.masks, strict=True):
        if mask is not None:
            windows.append(examine_marked(one.file, frame, mask, job, hidden=marked.hidden))
        else:
            found = find_censored(levels(frame)) if finds else []
            windows.append(windows_of(found, frame, grow=growth(job), context=context))
    if not any(windows):
        raise NothingMarked(f"{nothing}; nothing censored was found")
    return FramesToRestore(marked.animation, windows, marked.base, marked.note)


def read_marked(one: Planned, job: Job) -> Marked:
    """Read a file and what is marked in it, by the rule of this batch."""
    options = job.options
    if one.masks:
        return marked_by_masks(one.file, one.masks, threshold=options.mask_threshold, invert=options.invert_mask)
    if options.mark == "alpha":
        return marked_by_alpha(one.file, original=one.original)
    near = options.grow == "auto"
    return marked_by_paint(
        one.file, colour=options.colour, tolerance=options.tolerance, original=one.original, near=near
    )


def without_marks(one: Planned, job: Job, outcome: Outcome, why: str) -> Outcome:
    """Do with a picture in which nothing is marked what the batch asks for."""
    if job.options.on_empty == "error":
        return outcome._replace(error=why)
    if job.options.on_empty == "skip" or job.options.dry_run:
        return outcome._replace(status="skipped", note=f"nothing is marked: {why}")
    with atomically(one.targets[0]) as temporary:
        shutil.copyfile(base_of(one, job), temporary)
    outcome.outputs.append(one.targets[0])
    return outcome._replace(status="copied", note=f"nothing is marked: {why}")


def examine_marked(file: Path, frame: images.Picture, mask: Tensor, job: Job, *, hidden: bool) -> list[RepairWindow]:
    """Find out what was done to the marked pixels; paint that hides them can only be a hole."""
    if hidden and job.options.censor == "mosaic":
        raise ValueError(f"the paint in {file} hides the mosaic: give the unpainted picture with --original")
    censor = "hole" if hidden else "auto" if job.options.censor == "marked" else job.options.censor
    context = reach_of(job.restorer, job.options.view)
    return examine_marks(frame, mask, censor=censor, block=job.options.block, grow=growth(job), context=context)


def growth(job: Job) -> int | None:
    """Return by how many px holes grow, None for as far as paint reaches."""
    return None if job.options.grow == "auto" else job.options.grow


def censors_of(damage: list[Damage]) -> str:
    """Name the kinds of censoring for the user."""
    return " and ".join(sorted({part.censor for part in damage}, reverse=True))


def note_of(seen: FramesToRestore, block: tuple[int, int] | None, *others: str | None) -> str | None:
    """Say what the user should know: paint that was left, a wrong suffix, a block not used, mosaics without a grid.

    others: what else there is to say, such as what of the file could not be written as it was.
    """
    notes = [note for note in (seen.note, *others) if note]
    form, named = seen.animation.frames[0].format, images.format_of(seen.base)
    if form != named:
        notes.append(f"{seen.base.name} is a {form} file, but its name says {named}, as which it was written")
    if reach := max(window.reach for found in seen.windows for window in found):
        notes.append(
            f"paint is mixed in up to {reach} px beyond the marks, and so far was restored: --grow 0 keeps that"
        )
    if block is not None and all(part.censor == "hole" for part in seen.damage):
        notes.append("taken for a hole, so the block was not used: a mosaic needs its own pixels and the censor mosaic")
    return "; ".join(notes + notes_on_damage(seen.damage)) or None
