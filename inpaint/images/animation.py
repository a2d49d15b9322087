"""Animated files: read as full pictures with their times, written back in the same format with the same times.

GIF, WebP and PNG hold animations.  In GIF and PNG, and in WebP without loss, known pixels of every frame come back
exactly.  What differs from Pillow's writers: frames that differ in nothing but their time stay apart.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from inpaint.images import gif
from inpaint.images.animated_webp import WebpCanvas, animated_webp, parse_webp, webp_pictures
from inpaint.images.apng import animated_png, apng_pictures, parse_apng
from inpaint.images.content import content_of, format_in
from inpaint.images.damaged import damaged
from inpaint.images.encoders import joined_samples
from inpaint.images.frame_box import box_around_changes, pixels_in_box
from inpaint.images.gif_writing import encode_gif
from inpaint.images.left_out import left_out
from inpaint.images.listing import format_of
from inpaint.images.palette import PALETTE_SIZE
from inpaint.images.picture import Picture, Stored
from inpaint.images.png_parts import part_png, png_is_whole, with_chunks
from inpaint.images.storing import NativeSamples, native_samples
from inpaint.images.writing import encode, encode_png, gif_note, png_options, refuse_what_does_not_fit, save_bytes

MOST_ANIMATION_PIXELS = 100_000_000  # pixels of all frames together; each takes 4 bytes, twice while it is restored
ANIMATED_FORMATS = ("GIF", "PNG", "WEBP")
STILL_IMAGE_LEFT_OUT = "its separate still image, which is no frame, was left out"


@dataclass(frozen=True, eq=False)
class Animation:
    """Frames as they are seen, all of one size, upright; the first carries what stands beside the pixels."""

    frames: tuple[Picture, ...]
    durations: tuple[float, ...]  # milliseconds, of each frame
    plays: int = 0  # how often, 0 = for ever


def is_animated(path: Path | str) -> bool:
    """Say whether a file claims to hold more than one frame; False for what cannot be read at all."""
    path = Path(path)
    try:
        data = content_of(path)
        form = format_in(path, data)
    except (ValueError, OSError):
        return False
    try:
        return form in ANIMATED_FORMATS and _times(path, data, form, 1 << 62) is not None
    except ValueError:  # damaged, as reading it will tell
        return True


def read_frames(path: Path | str, *, limit: int = MOST_ANIMATION_PIXELS, data: bytes | None = None) -> Animation:
    """Read a GIF, WebP or PNG of several frames; a clear place is one where nothing is seen, as in a browser.

    data: the content of a file that lies elsewhere.  Raises FileNotFoundError where there is no such file, and
    ValueError for a file that is damaged, has a single frame, or more than `limit` pixels in all frames together.
    """
    path = Path(path)
    data = content_of(path, data)
    form = format_in(path, data)
    times = _times(path, data, form, limit) if form in ANIMATED_FORMATS else None
    if times is None:
        raise ValueError(f"{path} is not animated: it holds one picture")
    (height, width), durations, plays = times
    if height * width * len(durations) > limit:
        raise ValueError(f"{path} has {len(durations)} times {width} x {height} pixels, more than the limit of {limit}")
    return Animation(tuple(_pictures(path, data, form, limit)), tuple(durations), plays)


def _times(path: Path, data: bytes, form: str, limit: int) -> tuple[tuple[int, int], Sequence[float], int] | None:
    """Give size, durations and plays of an animated file; None for a still."""
    times, whole = None, True
    try:
        if form == "GIF":
            parsed = gif.parse_gif(path, data, limit)
            times = parsed.size, [10.0 * frame.control.delay for frame in parsed.frames], parsed.plays
        elif form == "WEBP" and (moving := parse_webp(data)):
            whole = len(data) >= int.from_bytes(data[4:8], "little") + 8
            times = moving.size, moving.durations, moving.plays
        elif form == "PNG" and (moving := parse_apng(data)):
            whole = moving.count == len(moving.frames) and png_is_whole(data)
            times = moving.size, [frame.duration for frame in moving.frames], moving.plays
    except (IndexError, struct.error):
        whole = False
    if not whole:
        raise damaged(path, form, "its chunks are not whole")
    return times if times and len(times[1]) > 1 else None


def _pictures(path: Path, data: bytes, form: str, limit: int) -> list[Picture]:
    if form == "GIF":
        return list(gif.gif_pictures(path, gif.parse_gif(path, data, limit)))
    if form == "WEBP":
        moving = parse_webp(data)
        assert moving is not None
        return list(webp_pictures(path, data, moving))
    parts = part_png(path, data)
    moving = parse_apng(parts.data)
    assert moving is not None
    first, *others = apng_pictures(path, parts.data, moving, limit)
    lost = "; ".join(said for said in (STILL_IMAGE_LEFT_OUT if moving.still else None, parts.lost) if said) or None
    return [replace(first, icc=parts.icc or first.icc, chunks=parts.kept, lost=lost), *others]


def write_frames(animation: Animation, path: Path | str, quality: int | None = None) -> str | None:
    """Write an animation in the format of the suffix, atomically: an error leaves what was at `path` before.

    Metadata, palettes and quality are as `write` keeps them, from the first frame.  Returns what could not be kept, in
    words.  Raises ValueError where the format cannot hold the animation, and OSError where the file cannot be written.
    """
    path, form = Path(path), format_of(path)
    first = animation.frames[0]
    if form not in ANIMATED_FORMATS:
        raise ValueError(f"{path} cannot hold {len(animation.frames)} frames: choose .gif, .webp or .png")
    if any(frame.size != first.size for frame in animation.frames):
        raise ValueError(f"{path} cannot hold frames of different sizes")
    for frame in animation.frames:
        refuse_what_does_not_fit(frame, path, form, quality)
    if form == "GIF":
        encoded = encode_gif(animation.frames, animation.durations, animation.plays)
        data, note = encoded.data, gif_note(encoded.inexact, encoded.error)
    else:
        data, note = {"PNG": _png, "WEBP": _webp}[form](animation, quality)
    save_bytes(data, path)
    return "; ".join(said for said in (first.lost, note, left_out(first, form)) if said) or None


def _png(animation: Animation, quality: int | None) -> tuple[bytes, str | None]:
    stack = _stacked(animation.frames)
    stored, note = native_samples(stack, "PNG")
    samples = joined_samples(stack) if stored is None else stored.samples
    plain = NativeSamples("", samples) if stored is None else stored
    if plain.mode == "P":  # a frame of few colours would have fewer bits than the others
        plain = plain._replace(palette=_filled(plain))
    height, options = animation.frames[0].size[0], png_options(animation.frames[0])
    whole = [samples[top : top + height] for top in range(0, len(samples), height)]
    first, unfit = with_chunks(encode_png(whole[0], plain._replace(samples=whole[0]), options), stack.chunks)
    others = []
    for before, after in pairwise(whole):
        box = box_around_changes(before, after)
        part = np.ascontiguousarray(after[pixels_in_box(box)])
        others.append((box, encode_png(part, plain._replace(samples=part), {})))
    notes = "; ".join(said for said in (note, unfit) if said) or None
    return animated_png(first, others, animation.durations, animation.plays), notes


def _webp(animation: Animation, quality: int | None) -> tuple[bytes, str | None]:
    first, *later = animation.frames
    whole, note = encode(first, "WEBP", quality)
    others, before = [], first
    for frame in later:
        left, top, across, down = box_around_changes(joined_samples(before), joined_samples(frame))
        box = (left - left % 2, top - top % 2, across + left % 2, down + top % 2)
        inside = pixels_in_box(box)
        alpha = None if frame.alpha is None else frame.alpha[inside]
        part = Picture(frame.colour[inside], alpha, frame.format, first.lossless)
        others.append((box, encode(part, "WEBP", quality)[0]))
        before = frame
    canvas = WebpCanvas(first.size, any(frame.alpha is not None for frame in animation.frames))
    return animated_webp(whole, others, animation.durations, animation.plays, canvas=canvas), note


def _filled(plain: NativeSamples) -> np.ndarray:
    """Give the palette with enough entries for all 8 bits."""
    assert plain.palette is not None
    filled = np.full((max(17, min(PALETTE_SIZE, len(plain.palette))), 4), 255, np.uint8)
    filled[: len(plain.palette)] = plain.palette
    return filled


def _kind(stored: Stored) -> tuple[str, bytes]:
    return stored.mode, b"" if stored.palette is None else stored.palette.tobytes()


def _stacked(frames: Sequence[Picture]) -> Picture:
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
