"""What is marked in the frames of an animated file of a batch."""

from __future__ import annotations

import torch

from inpaint import images
from inpaint.detection.colour import painted
from inpaint.folder.job import Job, Planned
from inpaint.folder.marks import Marked, NothingMarked, half_painted, nothing_painted


def read_moving(one: Planned, job: Job) -> tuple[images.Animation, list[Marked | None]]:
    """Read an animation, and what is marked in each frame; None for a frame without marks.

    A mask file counts for all frames.  Raises NothingMarked where no frame has marks, ValueError where sizes or numbers
    of frames differ.
    """
    animation = images.read_frames(one.file)
    first = animation.frames[0]
    if job.masks is not None:
        assert one.beside is not None
        mask = images.read_mask(one.beside, first.size) > 0.5
        if not mask.any():
            raise NothingMarked(f"{one.beside} marks nothing in {one.file}: paint white what shall be restored.")
        reads = (one.file, one.beside)
        return animation, [Marked(frame, mask, one.file, reads, hidden=False) for frame in animation.frames]
    if one.beside is None:
        unpainted = animation
    else:
        unpainted = images.read_frames(one.beside)
        kinds = [(len(each.frames), each.frames[0].size) for each in (animation, unpainted)]
        if kinds[0] != kinds[1]:
            (frames, (height, width)), (others, (tall, wide)) = kinds
            raise ValueError(
                f"{one.beside} has {others} frames of {wide} x {tall} pixels, but the painted {one.file} has {frames} "
                f"of {width} x {height}: both must have the same."
            )
    marked = [marked_in(frame, base, one, job) for frame, base in zip(animation.frames, unpainted.frames, strict=True)]
    if not any(marked):
        raise NothingMarked(nothing_painted(one.file, first, job.colour, job.tolerance))
    return unpainted, marked


def marked_in(frame: images.Picture, base: images.Picture, one: Planned, job: Job) -> Marked | None:
    """Find the paint in a frame."""
    mask = painted(frame.colour, job.colour, tolerance=job.tolerance)  # (H, W)
    if frame.alpha is not None:
        mask &= frame.alpha > 0
    if not mask.any():
        return None
    note = half_painted(frame, job.colour, job.tolerance, int(mask.sum()))
    reads = (one.file,) if one.beside is None else (one.file, one.beside)
    file = one.beside or one.file
    return Marked(base, torch.from_numpy(mask)[None], file, reads, hidden=one.beside is None, note=note)
