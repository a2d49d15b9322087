"""Animated files: read as full pictures with their times, written back in the same format with the same times.

GIF, WebP and PNG hold animations.  In GIF and PNG, and in WebP without loss, known pixels of every frame come back
exactly.  Frames are read one after the other, so that a long animation takes no more memory than a few of them.  What
differs from Pillow's writers: frames that differ in nothing but their time stay apart.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inpaint.images import gif
from inpaint.images.animated_webp import parse_webp, webp_pictures
from inpaint.images.apng import apng_pictures, may_be_clear, parse_apng
from inpaint.images.content import content_of, format_in
from inpaint.images.damaged import damaged, left_after
from inpaint.images.frame_encoders import FrameTimes, encoder_of
from inpaint.images.left_out import left_out
from inpaint.images.listing import format_of
from inpaint.images.metadata import webp_end
from inpaint.images.picture import Picture
from inpaint.images.png_parts import part_png, png_is_whole
from inpaint.images.reading import read
from inpaint.images.writing import refuse_what_does_not_fit, save_bytes

MOST_ANIMATION_PIXELS = 2_000_000_000  # pixels of all frames together
MOST_HELD_PIXELS = 100_000_000  # of all frames together where they are held at once; each takes 4 bytes
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


@dataclass(frozen=True)
class FrameStream:
    """The frames of a file, decoded one after the other whenever they are asked for."""

    times: FrameTimes
    frames: Callable[[], Iterator[Picture]]  # from the first on, each time that it is called; as in Animation
    clear: Callable[[], bool]  # whether any frame has alpha

    def __len__(self) -> int:
        return len(self.times.durations)


def open_frames(path: Path | str, *, limit: int = MOST_ANIMATION_PIXELS, data: bytes | None = None) -> FrameStream:
    """Open an animated file, or a still picture as an animation of one frame, which is read at once.

    data: the content of a file that lies elsewhere.  Errors as of `read` and `read_frames`; those of later frames come
    when they are asked for.
    """
    path = Path(path)
    data = content_of(path, data)
    stream = _stream(path, data, format_in(path, data), limit)
    if stream is not None:
        return stream
    still = read(path, data=data)
    return FrameStream(FrameTimes((0.0,), 0), lambda: iter((still,)), lambda: still.alpha is not None)


def read_frames(path: Path | str, *, limit: int = MOST_HELD_PIXELS, data: bytes | None = None) -> Animation:
    """Read a GIF, WebP or PNG of several frames; a clear place is one where nothing is seen, as in a browser.

    data: the content of a file that lies elsewhere.  Raises FileNotFoundError where there is no such file, and
    ValueError for a file that is damaged, has a single frame, or more than `limit` pixels in all frames together.
    """
    path = Path(path)
    data = content_of(path, data)
    stream = _stream(path, data, format_in(path, data), limit)
    if stream is None:
        raise ValueError(f"{path} is not animated: it holds one picture")
    return Animation(tuple(stream.frames()), tuple(stream.times.durations), stream.times.plays)


def _stream(path: Path, data: bytes, form: str, limit: int) -> FrameStream | None:
    """Open an animated file; None for a still."""
    times = _times(path, data, form, limit) if form in ANIMATED_FORMATS else None
    if times is None:
        return None
    (height, width), durations, plays = times
    if height * width * len(durations) > limit:
        raise ValueError(f"{path} has {len(durations)} times {width} x {height} pixels, more than the limit of {limit}")

    def frames() -> Iterator[Picture]:
        return _pictures(path, data, form, limit)

    def clear() -> bool:
        return (form != "PNG" or may_be_clear(data)) and any(frame.alpha is not None for frame in frames())

    return FrameStream(FrameTimes(tuple(durations), plays), frames, clear)


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


def _pictures(path: Path, data: bytes, form: str, limit: int) -> Iterator[Picture]:
    if form in ("GIF", "WEBP"):
        if form == "GIF":
            parsed = gif.parse_gif(path, data, limit)
            frames, end = gif.gif_pictures(path, parsed), parsed.end
        else:
            moving = parse_webp(data)
            assert moving is not None
            frames, end = webp_pictures(path, data, moving), webp_end(data)
        yield replace(next(frames), lost=left_after(data, end))
        yield from frames
        return
    parts = part_png(path, data)
    moving = parse_apng(parts.data)
    assert moving is not None
    frames = apng_pictures(path, parts.data, moving, limit)
    lost = "; ".join(said for said in (STILL_IMAGE_LEFT_OUT if moving.still else None, parts.lost) if said) or None
    first = next(frames)
    yield replace(first, icc=parts.icc or first.icc, chunks=parts.kept, lost=lost)
    yield from frames


def write_frames(animation: Animation, path: Path | str, quality: int | None = None) -> str | None:
    """Write an animation in the format of the suffix, atomically: an error leaves what was at `path` before.

    Metadata, palettes and quality are as `write` keeps them, from the first frame.  Returns what could not be kept, in
    words.  Raises ValueError where the format cannot hold the animation, and OSError where the file cannot be written.
    """
    times = FrameTimes(animation.durations, animation.plays)
    clear = any(frame.alpha is not None for frame in animation.frames)
    writing = FrameWriter(path, times, clear=clear, quality=quality)
    for frame in animation.frames:
        writing.add(frame)
    return writing.end(path)


class FrameWriter:
    """Writes an animation frame by frame; nothing is written, and what was there before is left, until its end."""

    def __init__(self, path: Path | str, times: FrameTimes, *, clear: bool, quality: int | None = None) -> None:
        """Begin an animation in the format of the suffix; clear: whether any frame has alpha."""
        self.path, self.form = Path(path), format_of(path)
        if self.form not in ANIMATED_FORMATS:
            raise ValueError(f"{path} cannot hold {len(times.durations)} frames: choose .gif, .webp or .png")
        self.times, self.clear, self.quality = times, clear, quality
        self.size: Sequence[int] | None = None

    def add(self, frame: Picture) -> None:
        """Encode the next frame; ValueError where the format cannot hold it, or its size is another."""
        if self.size is None:
            self.size = frame.size
            self.encoder = encoder_of(self.form, frame, self.times, clear=self.clear, quality=self.quality)
            self.lost = (frame.lost, left_out(frame, self.form))
        if frame.size != self.size:
            raise ValueError(f"{self.path} cannot hold frames of different sizes")
        refuse_what_does_not_fit(frame, self.path, self.form, self.quality)
        self.encoder.add(frame)

    def end(self, path: Path | str) -> str | None:
        """Write the file, atomically, under a name of the same suffix; returns what could not be kept, in words."""
        data, note = self.encoder.end()
        save_bytes(data, path)
        return "; ".join(said for said in (self.lost[0], note, self.lost[1]) if said) or None
