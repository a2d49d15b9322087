"""Files of a batch as frames: a still picture is an animation of one frame, and what is marked is marked in frames."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from inpaint import images
from inpaint.detection.colour import painted
from inpaint.folder.marks import NothingMarked, half_painted, nothing_painted


class Marked(NamedTuple):
    """A file to restore, and where."""

    animation: images.Animation
    masks: tuple[Tensor | None, ...]  # of each frame, bool (1, H, W); None where nothing is marked
    base: Path  # the file that the frames were read from
    hidden: bool  # whether paint covers the censored pixels
    note: str | None = None  # what the user should know although something is marked


def read_frames_of(path: Path) -> images.Animation:
    """Read a still picture or an animation.  Raises ValueError for files of several pictures that do not move."""
    try:
        return images.Animation((images.read(path),), (0.0,))
    except images.SeveralFrames:
        if not images.is_animated(path):
            raise
        return images.read_frames(path)


def write_frames_to(animation: images.Animation, path: Path) -> str | None:
    """Write a still picture or an animation; returns what could not be kept, in words."""
    if len(animation.frames) == 1:
        return images.write(animation.frames[0], path)
    return images.write_frames(animation, path)


def marked_by_mask(file: Path, mask: Path) -> Marked:
    """Read a file and its mask, which counts for all frames.

    Raises NothingMarked where the mask is empty, ValueError where the sizes differ, before anything is decoded.
    """
    refuse_another_size(mask, file)
    animation = read_frames_of(file)
    marked = images.read_mask(mask, animation.frames[0].size) > 0.5
    if not marked.any():
        raise NothingMarked(f"{mask} marks nothing in {file}: paint white what shall be restored")
    return Marked(animation, (marked,) * len(animation.frames), file, hidden=False)


def refuse_another_size(mask: Path, file: Path) -> None:
    """Raise ValueError where a mask cannot have the size of its picture, however both are turned."""
    (height, width), (tall, wide) = images.stored_size(mask), images.stored_size(file)
    if sorted((height, width)) != sorted((tall, wide)):
        raise ValueError(
            f"{mask} is a mask of {width} x {height} pixels, but its picture has {wide} x {tall}: a mask must have the "
            "size of its picture"
        )


def marked_by_paint(
    file: Path, *, colour: tuple[int, int, int], tolerance: int = 0, original: Path | None = None
) -> Marked:
    """Read a painted file, and the unpainted original that its pixels shall come from.

    Raises NothingMarked where nothing is painted, ValueError where sizes or numbers of frames differ.
    """
    animation = read_frames_of(file)
    moving = len(animation.frames) > 1
    masks = [paint_in(frame, colour, tolerance, moving=moving) for frame in animation.frames]  # (H, W) each
    first = next((number for number, mask in enumerate(masks) if mask.any()), None)
    if first is None:
        raise NothingMarked(nothing_painted(file, animation.frames[0], colour, tolerance))
    note = half_painted(animation.frames[first], colour, tolerance, int(masks[first].sum()))
    shown = animation if original is None else unpainted(original, animation, file)
    marks = tuple(torch.from_numpy(mask)[None] if mask.any() else None for mask in masks)
    return Marked(shown, marks, original or file, hidden=original is None, note=note)


def paint_in(frame: images.Picture, colour: tuple[int, int, int], tolerance: int, *, moving: bool) -> np.ndarray:
    """Return where a frame is painted, bool (H, W); what is clear in an animation has no colour of its own."""
    mask = painted(frame.colour, colour, tolerance=tolerance)
    return mask & (frame.alpha > 0) if moving and frame.alpha is not None else mask


def unpainted(original: Path, animation: images.Animation, file: Path) -> images.Animation:
    """Read the original of a painted file.  Raises ValueError where it has another size or number of frames."""
    found = read_frames_of(original)
    (count, (height, width)), (frames, (tall, wide)) = (
        (len(each.frames), each.frames[0].size) for each in (found, animation)
    )
    if (count, height, width) == (frames, tall, wide):
        return found
    if count == frames == 1:
        raise ValueError(
            f"{original} has {width} x {height} pixels, but the painted {file} has {wide} x {tall}: both must have the "
            "same size"
        )
    raise ValueError(
        f"{original} has {count} frames of {width} x {height} pixels, but the painted {file} has {frames} of {wide} x "
        f"{tall}: both must have the same"
    )
