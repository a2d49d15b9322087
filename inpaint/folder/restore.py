"""One file of a batch: read, restored, written; whatever goes wrong stands in its outcome."""

from __future__ import annotations

import hashlib
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inpaint import images
from inpaint.detection.censored import Censored, find_censored
from inpaint.detection.steady import SteadyFinds
from inpaint.files import atomically
from inpaint.folder.file_outcome import Outcome
from inpaint.folder.frames import AlphaMarks, Marks, MaskMarks, PaintMarks
from inpaint.folder.given_inputs import GivenInputs
from inpaint.folder.job import Job, Planned
from inpaint.folder.outpainted import NothingButBorder, OutpaintedMarks
from inpaint.folder.overlay import levels, overlay, thumbnail
from inpaint.folder.passes import reach_of
from inpaint.folder.results import MovingResults, StillResults
from inpaint.folder.seen_frames import SeenFrames
from inpaint.restoring.answer_ranks import note_on_order
from inpaint.restoring.block_doubts import doubt_block
from inpaint.restoring.repair import RepairWindow, examine_marks, part_of_picture, windows_of


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
    if one.unmarked and job.options.outpaint is None:
        return without_marks(one, job, outcome, one.unmarked)
    marks, seen, results, before = marks_of(one, job), SeenFrames(), None, b""
    if not job.options.dry_run:
        still = len(marks) == 1
        results = StillResults(one.targets, job) if still else MovingResults(one.targets, job, marks.shown)
    doubt, examine = None, Examiner(one, job, marks)
    for number, (frame, mask) in enumerate(marks.frames(), 1):
        windows = examine(frame, mask)
        if seen.add(frame, windows):
            doubt = None if job.options.block is None else doubt_block(frame, windows, job.options.block)
            before = thumbnail(frame, windows) if job.thumbnails else b""
        if results is not None:
            results.add(frame, windows)
        if job.frame_progress and len(marks) > 1:
            job.frame_progress(one.file, number, len(marks))
    if seen.first is None:
        sought = "; nothing censored was found" if examine.finds else ""
        return without_marks(one, job, outcome, f"{marks.why_nothing}{sought}")
    outcome, said = outcome._replace(regions=seen.regions, censor=seen.censors), (marks.base, job.options.block)
    if results is None:
        images.write(overlay(*seen.first), one.targets[0])
        outcome.outputs.append(one.targets[0])
        return outcome._replace(status="seen", note=seen.note(*said, marks.note(), doubt))
    seen.first = None  # whose samples are not needed any more
    unkept = results.end(outcome.outputs)
    shown = tuple(it for it in (before, results.after) if it)
    order = note_on_order(job.restorer, job.options.variations, seen.censors)
    notes = marks.note(), examine.given.note(), doubt, order, note_on_vivid(job.options.vivid, seen), unkept
    return outcome._replace(status="restored", note=seen.note(*said, *notes), thumbnails=shown)


def note_on_vivid(vivid: float, seen: SeenFrames) -> str | None:
    """Say where invented detail was asked for and there was no mosaic to invent it in."""
    if not vivid or seen.shows_cells:
        return None
    return f"vivid {vivid:g} changed nothing: it invents detail in mosaics that show their cells, and here is none"


def base_of(one: Planned, job: Job) -> Path:
    """Return the file whose pixels are restored: the original of a painted picture, if it has one."""
    return one.original or one.file


class Examiner:
    """Finds what to restore in a frame: what is marked, or else, where asked to, what is found.

    A frame whose marked parts are those of the frame before is not examined again.
    """

    def __init__(self, one: Planned, job: Job, marks: Marks | OutpaintedMarks) -> None:
        self.one, self.job, self.hidden = one, job, marks.hidden
        self.border = marks.border if isinstance(marks, OutpaintedMarks) else lambda frame: None
        self.given = GivenInputs(dict(one.inputs), job.restorer, job.options.outpaint)
        self.finds = job.options.censor == "auto" and job.masks is None
        self.steady = found_in_frames(one, job) if self.finds and len(marks) > 1 else None
        self.number = -1  # of the frame
        self.before: tuple[Tensor | None, bytes, list[RepairWindow]] | None = None

    def __call__(self, frame: images.Picture, mask: Tensor | None) -> list[RepairWindow]:
        self.number += 1
        looking = mask is None or (self.finds and not mask.any())  # at all of the frame
        if self.before is not None:
            marked, digest, windows = self.before
            same = mask is marked or (mask is not None and marked is not None and torch.equal(mask, marked))
            if same and digest == digest_of(frame, windows, whole=looking):
                return windows
        if not looking:
            assert mask is not None
            border = self.border(frame)
            windows = examine_marked(self.one.file, frame, mask, self.job, hidden=self.hidden, border=border)
        else:
            context = reach_of(self.job.restorer, self.job.options.view)
            found = self.found(frame) if self.finds else []
            windows = windows_of(found, frame, grow=growth(self.job), context=context, border=self.border(frame))
        windows = self.given.in_windows(windows, frame.size)
        self.before = mask, digest_of(frame, windows, whole=looking), windows
        return windows

    def found(self, frame: images.Picture) -> list[Censored]:
        """Return what is censored in a frame in which nothing is marked."""
        if self.steady is not None:
            return self.steady.in_frame(self.number, levels(frame).transpose(1, 2, 0))
        told = None if self.job.part_progress is None else partial(self.job.part_progress, self.one.file)
        return find_censored(levels(frame), progress=told)


def found_in_frames(one: Planned, job: Job) -> SteadyFinds:
    """Find what is censored in the frames of an animation in which nothing is marked."""
    found: list[list[Censored]] = []
    marks, before = marks_of(one, job), b""
    for number, (frame, mask) in enumerate(marks.frames(), 1):
        looking = mask is None or not mask.any()
        digest = digest_of(frame, [], whole=True) if looking else b""
        found.append([] if not looking else found[-1] if digest == before else find_censored(levels(frame)))
        before = digest
        if job.part_progress:
            job.part_progress(one.file, number, len(marks))
    return SteadyFinds(found)


def digest_of(frame: images.Picture, windows: list[RepairWindow], *, whole: bool) -> bytes:
    """Return what the parts of a frame that windows show are known by; whole: all of the frame."""
    digest = hashlib.blake2b()
    for part in [frame] if whole else [part_of_picture(frame, window.box) for window in windows]:
        for samples in (part.colour, part.alpha):
            if samples is not None:
                digest.update(np.ascontiguousarray(samples).data)
    return digest.digest()


def marks_of(one: Planned, job: Job) -> Marks | OutpaintedMarks:
    """Open a file, on a larger canvas where that is asked for, and what is marked in it, by the rule of this batch."""
    marks = NothingButBorder(one.file) if one.unmarked else own_marks_of(one, job)
    if job.options.outpaint is None:
        return marks
    return OutpaintedMarks(marks, job.options.outpaint, learned=getattr(job.restorer, "borders", None))


def own_marks_of(one: Planned, job: Job) -> Marks:
    """Open a file and what is marked in it."""
    options = job.options
    if one.masks:
        return MaskMarks(one.file, one.masks, threshold=options.mask_threshold, invert=options.invert_mask)
    if options.mark == "alpha":
        return AlphaMarks(one.file, original=one.original)
    near = options.grow == "auto"
    return PaintMarks(one.file, colour=options.colour, tolerance=options.tolerance, original=one.original, near=near)


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


def examine_marked(
    file: Path, frame: images.Picture, mask: Tensor, job: Job, *, hidden: bool, border: Tensor | None = None
) -> list[RepairWindow]:
    """Find out what was done to the marked pixels; paint that hides them can only be a hole."""
    if hidden and job.options.censor == "mosaic" and mask.any():
        raise ValueError(f"the paint in {file} hides the mosaic: give the unpainted picture with --original")
    censor = "hole" if hidden else "auto" if job.options.censor == "marked" else job.options.censor
    context = reach_of(job.restorer, job.options.view)
    how: dict[str, Any] = {"block": job.options.block, "grow": growth(job), "context": context}
    return examine_marks(frame, mask, censor=censor, border=border, **how)


def growth(job: Job) -> int | None:
    """Return by how many px holes grow, None for as far as paint reaches."""
    return None if job.options.grow == "auto" else job.options.grow
