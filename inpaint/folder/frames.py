"""Files of a batch as frames: a still picture is an animation of one frame, and what is marked is marked in frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from inpaint import images
from inpaint.folder.marks import half_painted, nothing_painted
from inpaint.folder.paint import paint_in, parts_with, with_near_paint
from inpaint.folder.pairs import NothingMarked
from inpaint.restoring.paint_reach import FARTHEST_REACH


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


def marked_by_masks(file: Path, masks: Sequence[Path], *, threshold: int | None, invert: bool) -> Marked:
    """Read a file and its masks, whose union counts for all frames.

    Raises NothingMarked where the masks are empty, ValueError where the sizes differ, before anything is decoded.
    """
    for mask in masks:
        refuse_another_size(mask, file)
    animation = read_frames_of(file)
    first = animation.frames[0]
    found = [images.read_mask_for(first, mask, threshold=threshold, invert=invert) for mask in masks]
    marked = torch.stack([it.mask for it in found]).amax(0) > 0.5
    said = [f"{mask}: {it.note}" for mask, it in zip(masks, found, strict=True) if it.note]
    if not marked.any():
        names = " and ".join(map(str, masks))
        raise NothingMarked(f"{names} marks nothing in {file}: {'; '.join(it.note or '' for it in found)}")
    return Marked(animation, (marked,) * len(animation.frames), file, hidden=False, note="; ".join(said) or None)


def marked_by_alpha(file: Path, *, original: Path | None = None) -> Marked:
    """Read a file whose transparent holes shall be restored, soft edges included, and the original to take pixels from.

    Raises NothingMarked where nothing is transparent, ValueError as `unpainted` does.
    """
    animation = read_frames_of(file)
    masks = [transparent_holes(frame) for frame in animation.frames]
    if not any(mask.any() for mask in masks):
        raise NothingMarked(f"no pixel of {file} is transparent: erase what shall be restored")
    note = None
    if (share := float(np.mean(masks))) > 0.5:
        note = f"{100 * share:.0f} % of the picture are transparent and were restored, more than was known"
    shown = animation if original is None else unpainted(original, animation, file)
    return Marked(shown, as_marks(masks), original or file, hidden=original is None, note=note)


def transparent_holes(frame: images.Picture) -> np.ndarray:
    """Return which pixels are not opaque and belong to a hole that is less than half opaque somewhere, (H, W) bool."""
    if frame.alpha is None:
        return np.zeros(frame.size, bool)
    return parts_with(frame.alpha < frame.peak, frame.alpha < frame.peak / 2)


def as_marks(masks: Sequence[np.ndarray]) -> tuple[Tensor | None, ...]:
    """Return masks (H, W) of bool as those of frames."""
    return tuple(torch.from_numpy(mask)[None] if mask.any() else None for mask in masks)


def refuse_another_size(mask: Path, file: Path) -> None:
    """Raise ValueError where a mask cannot have the size of its picture, however both are turned."""
    (height, width), (tall, wide) = images.stored_size(mask), images.stored_size(file)
    if sorted((height, width)) != sorted((tall, wide)):
        raise ValueError(
            f"{mask} is a mask of {width} x {height} pixels, but its picture has {wide} x {tall}: a mask must have the "
            "size of its picture"
        )


def marked_by_paint(
    file: Path,
    *,
    colour: tuple[int, int, int],
    tolerance: int = 0,
    original: Path | None = None,
    near: bool = False,
) -> Marked:
    """Read a painted file, and the unpainted original that its pixels shall come from.

    near: mark what nearly has the colour, too, where it touches paint.
    Raises NothingMarked where nothing is painted, ValueError where sizes or numbers of frames differ.
    """
    animation = read_frames_of(file)
    paints = [paint_in(frame, colour, tolerance) for frame in animation.frames]
    masks = [it.mask for it in paints]
    notes = {it.note: None for it in paints if it.note}  # each once
    first = next((number for number, mask in enumerate(masks) if mask.any()), None)
    if first is None:
        said = "; ".join([nothing_painted(file, animation.frames[0], colour, tolerance), *notes])
        raise NothingMarked(said)
    beside = 0
    if near and original is None:
        pairs, beside = zip(paints, animation.frames, strict=True), FARTHEST_REACH
        masks = [with_near_paint(paint, frame) for paint, frame in pairs]
    half = half_painted(animation.frames[first], paints[first].colour, tolerance, masks[first], beside=beside)
    note = "; ".join([*notes, *([half] if half else [])]) or None
    shown = animation if original is None else unpainted(original, animation, file)
    return Marked(shown, as_marks(masks), original or file, hidden=original is None, note=note)


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
