"""Pictures made larger, whose new border is restored: frames on a larger canvas, and where it is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint import images
from inpaint.folder.frames import MarkedFrame, Marks

Widths = tuple[int, int, int, int]  # left, right, top, bottom, px
MOST_OUTPAINTED_PIXELS = 1 << 28  # of a larger picture
OUTPAINT_WORDS = "left", "right", "top", "bottom"


class NothingButBorder(Marks):
    """Nothing is marked in a file."""

    def mark(self, frame: images.Picture) -> np.ndarray:
        return np.zeros(frame.size, bool)


class OutpaintedMarks:
    """The frames of a file on a larger canvas, and what is marked in each beside the border."""

    def __init__(self, marks: Marks, widths: Widths, *, learned: bool | None = None) -> None:
        """Take what is marked in the file as it is.

        widths: of the border, px.  learned: whether the network learned to draw borders, None where nobody knows.
        """
        self.marks, self.widths, self.learned = marks, widths, learned
        self.base, self.shown, self.hidden, self.why_nothing = marks.base, marks.shown, marks.hidden, ""
        self.compressed = False

    def __len__(self) -> int:
        return len(self.marks)

    def frames(self) -> Iterator[MarkedFrame]:
        """Read the frames; ValueError for a canvas that is too large."""
        for frame, mask in self.marks.frames():
            left, right, top, bottom = self.widths
            height, width = frame.size[0] + top + bottom, frame.size[1] + left + right
            if height * width > MOST_OUTPAINTED_PIXELS:
                raise ValueError(
                    f"{self.base} would become {width} x {height} pixels, more than {MOST_OUTPAINTED_PIXELS}: "
                    "extend it by less"
                )
            self.compressed |= frame.coded is not None
            marked = torch.zeros(1, *frame.size, dtype=torch.bool) if mask is None else mask
            yield on_larger_canvas(frame, self.widths), F.pad(marked, self.widths)

    def border(self, frame: images.Picture) -> Tensor:
        """Return what is new in a frame on the larger canvas, (1, H, W)."""
        left, right, top, bottom = self.widths
        border = torch.ones(1, *frame.size)
        border[:, top : frame.size[0] - bottom, left : frame.size[1] - right] = 0
        return border

    def note(self) -> str | None:
        """Say what the user should know."""
        sides = ", ".join(f"{wide} px {side}" for side, wide in zip(OUTPAINT_WORDS, self.widths, strict=True) if wide)
        notes = [self.marks.note(), f"made larger by {sides}"]
        notes += ["as it is larger, all of the JPEG was compressed anew"] if self.compressed else []
        if self.learned is False:
            notes.append("this network never learned to draw beyond a picture, so what is new may be smooth or repeat")
        return "; ".join(filter(None, notes))


def on_larger_canvas(picture: images.Picture, widths: Widths) -> images.Picture:
    """Return a picture with a border that repeats its outermost pixels and is opaque.

    >>> from inpaint.folder.outpainted import on_larger_canvas
    >>> on_larger_canvas(images.from_array(torch.zeros(3, 4, 5)), (1, 2, 0, 3)).size
    (7, 8)
    """
    left, right, top, bottom = widths

    def wider(samples: np.ndarray | None) -> np.ndarray | None:
        if samples is None or not samples.size or samples.ndim < 2:
            return samples
        around = ((top, bottom), (left, right), *((0, 0),) * (samples.ndim - 2))
        return np.pad(samples, around, mode="edge")

    stored = picture.stored
    if stored is not None:
        shown, samples = wider(stored.shown), wider(stored.samples)
        assert shown is not None
        assert samples is not None
        stored = stored._replace(shown=shown, samples=samples)
    colour, alpha = wider(picture.colour), None
    assert colour is not None
    if picture.alpha is not None:
        alpha = np.pad(picture.alpha, ((top, bottom), (left, right)), constant_values=picture.peak)
    return replace(picture, colour=colour, alpha=alpha, extra=wider(picture.extra), stored=stored, coded=None)
