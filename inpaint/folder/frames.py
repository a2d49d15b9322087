"""Files of a batch as frames: a still picture is an animation of one frame, and what is marked is marked in frames.

Frames are read one after the other, so that a long animation takes no more memory than a few of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inpaint import images
from inpaint.folder.marks import half_painted, nothing_painted
from inpaint.folder.paint import paint_in, parts_with, with_near_paint
from inpaint.interrupt import go_on
from inpaint.restoring.paint_mixing import FARTHEST_REACH

MarkedFrame = tuple[images.Picture, Tensor | None]  # a frame to restore, and bool (1, H, W); None = nothing is marked


class Marks(ABC):
    """The frames of a file, and what is marked in each; what is to be said of them is known when all were read."""

    hidden = False  # whether paint covers the censored pixels

    def __init__(self, file: Path, original: Path | None = None) -> None:
        """Open a file, and the original that its pixels shall come from; ValueError where they do not fit."""
        self.file, self.base = file, original or file
        self.marked = images.open_frames(file)
        self.shown = self.marked if original is None else images.open_frames(original)
        self.notes: dict[str, None] = {}  # each once, in their order
        self.why_nothing = ""

    def __len__(self) -> int:
        return len(self.shown)

    @abstractmethod
    def mark(self, frame: images.Picture) -> np.ndarray:
        """Say what is marked in a frame, (H, W) bool, and keep what is to be said of it."""

    def frames(self) -> Iterator[MarkedFrame]:
        """Read the frames from the first on; ValueError where sizes or numbers of frames differ."""
        others = self.marked.frames() if self.shown is self.marked else self.shown.frames()
        first = True
        for marked in self.marked.frames():
            go_on()
            frame = marked if self.shown is self.marked else next(others, None)
            if first or frame is None:
                self.refuse_another(marked, frame)
            assert frame is not None
            mask, first = self.mark(marked), False
            yield frame, torch.from_numpy(mask)[None] if mask.any() else None

    def refuse_another(self, marked: images.Picture, frame: images.Picture | None) -> None:
        """Raise ValueError where the original of a painted file has another size or number of frames."""
        count, frames = len(self.shown), len(self.marked)
        (height, width), (tall, wide) = (frame or marked).size, marked.size
        if (count, height, width) == (frames, tall, wide):
            return
        if count == frames == 1:
            raise ValueError(
                f"{self.base} has {width} x {height} pixels, but the painted {self.file} has {wide} x {tall}: "
                "both must have the same size"
            )
        raise ValueError(
            f"{self.base} has {count} frames of {width} x {height} pixels, but the painted {self.file} has {frames} of "
            f"{wide} x {tall}: both must have the same"
        )

    def note(self) -> str | None:
        """Say what the user should know although something is marked."""
        return "; ".join(self.notes) or None


class MaskMarks(Marks):
    """Marked by mask files, whose union counts for all frames."""

    def __init__(self, file: Path, masks: Sequence[Path], *, threshold: int | None, invert: bool) -> None:
        """Open a file; ValueError where its size is not that of a mask, before anything is decoded."""
        for mask in masks:
            refuse_another_size(mask, file)
        super().__init__(file)
        self.masks, self.how = masks, {"threshold": threshold, "invert": invert}
        self.union: np.ndarray | None = None

    def mark(self, frame: images.Picture) -> np.ndarray:
        if self.union is None:
            found = [images.read_mask_for(frame, mask, **self.how) for mask in self.masks]  # pyright: ignore
            self.union = np.asarray(torch.stack([it.mask for it in found]).amax(0)[0] > 0.5)
            said = {f"{mask}: {it.note}": None for mask, it in zip(self.masks, found, strict=True) if it.note}
            names = " and ".join(map(str, self.masks))
            self.why_nothing = f"{names} marks nothing in {self.file}: {'; '.join(it.note or '' for it in found)}"
            self.notes |= said
        return self.union


class AlphaMarks(Marks):
    """Marked by transparent holes, soft edges included."""

    def __init__(self, file: Path, *, original: Path | None = None) -> None:
        super().__init__(file, original)
        self.hidden, self.transparent, self.pixels = original is None, 0, 0
        self.why_nothing = f"no pixel of {file} is transparent: erase what shall be restored"

    def mark(self, frame: images.Picture) -> np.ndarray:
        mask = transparent_holes(frame)
        self.transparent, self.pixels = self.transparent + int(mask.sum()), self.pixels + mask.size
        return mask

    def note(self) -> str | None:
        share = self.transparent / max(1, self.pixels)
        if share <= 0.5:
            return None
        return f"{100 * share:.0f} % of the picture are transparent and were restored, more than was known"


class PaintMarks(Marks):
    """Marked by paint of a colour."""

    def __init__(
        self,
        file: Path,
        *,
        colour: tuple[int, int, int],
        tolerance: int = 0,
        original: Path | None = None,
        near: bool = False,
    ) -> None:
        """Open a file.

        near: mark what touches paint of nearly its colour, too, and leave soft edges to the growing of holes.
        """
        super().__init__(file, original)
        self.hidden, self.colour, self.tolerance = original is None, colour, tolerance
        self.near, self.half = near and original is None, False

    def mark(self, frame: images.Picture) -> np.ndarray:
        paint = paint_in(frame, self.colour, self.tolerance, edges=not self.near)
        if paint.note:
            self.notes[paint.note] = None
        if not self.why_nothing:
            said = nothing_painted(self.file, frame, self.colour, self.tolerance)
            self.why_nothing = "; ".join([said, *self.notes])
        if not paint.mask.any():
            return paint.mask
        mask, further = with_near_paint(paint, frame) if self.near else (paint.mask, None)
        self.notes |= {further: None} if further else {}
        if not self.half:  # of the first frame that is painted
            beside = FARTHEST_REACH if self.near else 0
            half, self.half = half_painted(frame, paint.colour, self.tolerance, mask, beside=beside), True
            self.notes |= {half: None} if half else {}
        return mask


def transparent_holes(frame: images.Picture) -> np.ndarray:
    """Return which pixels are not opaque and belong to a hole that is less than half opaque somewhere, (H, W) bool."""
    if frame.alpha is None:
        return np.zeros(frame.size, bool)
    return parts_with(frame.alpha < frame.peak, frame.alpha < frame.peak / 2)


def refuse_another_size(mask: Path, file: Path) -> None:
    """Raise ValueError where a mask cannot have the size of its picture, however both are turned."""
    (height, width), (tall, wide) = images.stored_size(mask), images.stored_size(file)
    if sorted((height, width)) != sorted((tall, wide)):
        raise ValueError(
            f"{mask} is a mask of {width} x {height} pixels, but its picture has {wide} x {tall}: a mask must have the "
            "size of its picture"
        )
