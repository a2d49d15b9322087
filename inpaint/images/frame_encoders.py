"""Encoders that are given one frame after the other, so that no more than two are held at once.

What is compressed already is kept until the end, for a header counts the frames.  A PNG whose frames share a palette,
or a clear colour, is the exception: its frames are held, for all of them decide what the palette is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from inpaint.images.animated_webp import WebpCanvas, animated_webp
from inpaint.images.apng import animated_png
from inpaint.images.encoders import joined_samples
from inpaint.images.frame_box import FrameBox, box_around_changes, pixels_in_box
from inpaint.images.gif_writing import GifEncoder
from inpaint.images.palette import PALETTE_SIZE
from inpaint.images.picture import Picture, Stored
from inpaint.images.png_parts import with_chunks
from inpaint.images.storing import NativeSamples, native_samples
from inpaint.images.writing import encode, encode_png, gif_note, png_options

MOST_PALETTE_PIXELS = 100_000_000  # of all frames together that are held for their palette
WITHOUT_PALETTE = "it has too many pixels for its palette to be kept: written as RGB"


class FrameTimes(NamedTuple):
    """How the frames follow each other."""

    durations: Sequence[float]  # milliseconds, of each frame
    plays: int  # how often, 0 = for ever


class FrameEncoder(Protocol):
    """Takes frames in their order, and gives the file at the end."""

    def add(self, frame: Picture) -> None: ...

    def end(self) -> tuple[bytes, str | None]:
        """Return the file, and what could not be kept, in words."""
        ...


def encoder_of(
    form: str, first: Picture, times: FrameTimes, *, clear: bool, quality: int | None = None
) -> FrameEncoder:
    """Return an encoder for frames like the first; clear: whether any of them has alpha."""
    if form == "GIF":
        return GifFrames(times)
    if form == "WEBP":
        return WebpFrames(times, quality)
    shared = first.stored is not None and first.stored.mode in ("P", "KEY")
    if shared and first.colour.shape[0] * first.colour.shape[1] * len(times.durations) <= MOST_PALETTE_PIXELS:
        return StackedPngFrames(times)
    return PngFrames(times, clear=clear, note=WITHOUT_PALETTE if shared else None)


class GifFrames:
    """GIF, in which each frame may have a palette of its own."""

    def __init__(self, times: FrameTimes) -> None:
        self.encoder = GifEncoder(times.durations, times.plays)

    def add(self, frame: Picture) -> None:
        self.encoder.add(frame)

    def end(self) -> tuple[bytes, str | None]:
        encoded = self.encoder.end()
        return encoded.data, gif_note(encoded.inexact, encoded.error)


class WebpFrames:
    """WebP; each frame holds the box of what differs from the one before."""

    def __init__(self, times: FrameTimes, quality: int | None) -> None:
        self.times, self.quality = times, quality
        self.first: tuple[Picture, bytes, str | None] | None = None  # but for its pixels; encoded; what was lost
        self.others: list[tuple[FrameBox, bytes]] = []
        self.before, self.clear = np.zeros((0, 0)), False

    def add(self, frame: Picture) -> None:
        samples, self.clear = joined_samples(frame), self.clear or frame.alpha is not None
        if self.first is None:
            self.first = (frame, *encode(frame, "WEBP", self.quality))
        else:
            left, top, across, down = box_around_changes(self.before, samples)
            box = (left - left % 2, top - top % 2, across + left % 2, down + top % 2)
            inside = pixels_in_box(box)
            alpha = None if frame.alpha is None else frame.alpha[inside]
            part = Picture(frame.colour[inside], alpha, frame.format, self.first[0].lossless)
            self.others.append((box, encode(part, "WEBP", self.quality)[0]))
        self.before = samples

    def end(self) -> tuple[bytes, str | None]:
        assert self.first is not None
        first, encoded, note = self.first
        canvas = WebpCanvas(first.size, self.clear)
        return animated_webp(encoded, self.others, self.times.durations, self.times.plays, canvas=canvas), note


class PngFrames:
    """PNG whose frames hold colours, or single bits; each holds the box of what differs from the one before."""

    def __init__(self, times: FrameTimes, *, clear: bool, note: str | None = None) -> None:
        self.times, self.clear, self.notes, self.first = times, clear, [note], b""
        self.before: np.ndarray | None = None
        self.others: list[tuple[FrameBox, bytes]] = []

    def add(self, frame: Picture) -> None:
        if self.clear and frame.alpha is None:
            frame = replace(frame, alpha=np.full(frame.size, frame.peak, frame.colour.dtype))
        stored, note = native_samples(frame, "PNG") if frame.stored and frame.stored.mode == "1" else (None, None)
        plain = stored or NativeSamples("", joined_samples(frame))
        if self.before is None:
            self.notes.append(note)
            encoded = encode_png(plain.samples, plain, png_options(frame))
            self.first, unfit = with_chunks(encoded, frame.chunks)
            self.notes.append(unfit)
        else:
            box = box_around_changes(self.before, plain.samples)
            part = np.ascontiguousarray(plain.samples[pixels_in_box(box)])
            self.others.append((box, encode_png(part, plain._replace(samples=part), {})))
        self.before = plain.samples

    def end(self) -> tuple[bytes, str | None]:
        note = "; ".join(said for said in self.notes if said) or None
        return animated_png(self.first, self.others, self.times.durations, self.times.plays), note


class StackedPngFrames:
    """PNG whose frames share a palette or a clear colour."""

    def __init__(self, times: FrameTimes) -> None:
        self.times = times
        self.frames: list[Picture] = []

    def add(self, frame: Picture) -> None:
        self.frames.append(frame)

    def end(self) -> tuple[bytes, str | None]:
        stack = stacked_frames(self.frames)
        stored, note = native_samples(stack, "PNG")
        plain = stored or NativeSamples("", joined_samples(stack))
        if plain.mode == "P":  # a frame of few colours would have fewer bits than the others
            plain = plain._replace(palette=_filled(plain))
        height, options = self.frames[0].size[0], png_options(self.frames[0])
        whole = [plain.samples[top : top + height] for top in range(0, len(plain.samples), height)]
        first, unfit = with_chunks(encode_png(whole[0], plain._replace(samples=whole[0]), options), stack.chunks)
        others = []
        for before, after in pairwise(whole):
            box = box_around_changes(before, after)
            part = np.ascontiguousarray(after[pixels_in_box(box)])
            others.append((box, encode_png(part, plain._replace(samples=part), {})))
        notes = "; ".join(said for said in (note, unfit) if said) or None
        return animated_png(first, others, self.times.durations, self.times.plays), notes


def _filled(plain: NativeSamples) -> np.ndarray:
    """Give the palette with enough entries for all 8 bits."""
    assert plain.palette is not None
    filled = np.full((max(17, min(PALETTE_SIZE, len(plain.palette))), 4), 255, np.uint8)
    filled[: len(plain.palette)] = plain.palette
    return filled


def _kind(stored: Stored) -> tuple[str, bytes]:
    return stored.mode, b"" if stored.palette is None else stored.palette.tobytes()


def stacked_frames(frames: Sequence[Picture]) -> Picture:
    """Set all frames under each other in one picture, so that they share a palette."""
    colour = np.concatenate([frame.colour for frame in frames])
    alpha = None
    if any(frame.alpha is not None for frame in frames):
        peak = frames[0].peak
        full = np.full(frames[0].size, peak, colour.dtype)
        alpha = np.concatenate([full if frame.alpha is None else frame.alpha for frame in frames])
    known = [frame.stored for frame in frames if frame.stored is not None]
    stored = None
    if len(known) == len(frames) and len({_kind(each) for each in known}) == 1:
        shown, samples = (np.concatenate([getattr(each, name) for each in known]) for name in ("shown", "samples"))
        stored = known[0]._replace(shown=shown, samples=samples)
    return replace(frames[0], colour=colour, alpha=alpha, stored=stored)
