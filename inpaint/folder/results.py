"""The restored results of a file: made and written frame by frame, of a part that stands still once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inpaint import images
from inpaint.folder.job import Job
from inpaint.folder.overlay import thumbnail
from inpaint.restoring.answer_ranks import AnswerRank, new_rank, rank_key
from inpaint.restoring.repair import (
    Measures,
    RepairWindow,
    assembled,
    part_of_picture,
    pieces_of,
    variations,
)
from inpaint.restoring.turns import FLIPS

MOST_KEPT_BYTES = 64 << 20  # of restored parts that may come again
Pieces = list[np.ndarray]  # a restored part, in each variation


class StillResults:
    """The results of a picture."""

    def __init__(self, targets: Sequence[Path], job: Job) -> None:
        self.targets, self.job = targets, job
        self.after: bytes | None = None  # a thumbnail of the first result

    def add(self, frame: images.Picture, windows: list[RepairWindow]) -> None:
        self.one = frame, windows

    def end(self, outputs: list[Path]) -> str | None:
        """Restore and write; outputs grows.  Returns what could not be kept, in words."""
        (frame, windows), note, count = self.one, None, len(self.targets)
        del self.one  # whose samples the last variation takes
        options = self.job.options
        ways = variations([frame], [windows], self.job.restorer, count, best=options.best, reuse_samples=True)
        for target, (repaired,) in zip(self.targets, ways, strict=True):
            note = images.write(repaired, target)
            outputs.append(target)
            if self.job.thumbnails and self.after is None:
                self.after = thumbnail(repaired, windows)
        return note


class MovingResults:
    """The results of an animation, each frame restored and encoded as it comes."""

    def __init__(self, targets: Sequence[Path], job: Job, stream: images.FrameStream) -> None:
        self.targets, self.job = targets, job
        clear = images.format_of(targets[0]) == "PNG" and stream.clear()
        self.writers = [images.FrameWriter(target, stream.times, clear=clear) for target in targets]
        self.parts = KnownParts()
        self.sums = [AnswerRank().sums for _ in targets]  # by which they are ordered
        self.thumbnails: list[bytes] = []

    def add(self, frame: images.Picture, windows: list[RepairWindow]) -> None:
        """Restore a frame in every variation."""
        repaired = self.repaired(frame, windows)
        for writer, each in zip(self.writers, repaired, strict=True):
            writer.add(each)
        if self.job.thumbnails and windows and not self.thumbnails:
            self.thumbnails = [thumbnail(each, windows) for each in repaired]

    def repaired(self, frame: images.Picture, windows: list[RepairWindow]) -> list[images.Picture]:
        """Return a frame in every variation; a part that equals one of a frame before is not restored again."""
        count, keys = len(self.targets), [key_of(frame, window) for window in windows]
        new = [(key, window) for key, window in zip(keys, windows, strict=True) if key not in self.parts]
        known: list[Measures | None] = [{} if count > 1 else None for _ in new]
        made: list[Pieces] = [[] for _ in new]
        found = [window for _, window in new]
        for number, flips in enumerate(FLIPS[:count]):
            rank = new_rank(self.job.restorer, count, best=self.job.options.best)
            restored = pieces_of(frame, found, self.job.restorer, flips, known, rank)
            for pieces, piece in zip(made, restored, strict=True):
                pieces.append(piece)
            self.sums[number] += rank.sums
        ready = dict(zip((key for key, _ in new), made, strict=True))
        parts = [ready.get(key) or self.parts.get(key) for key in keys]
        for key, pieces in ready.items():
            self.parts.keep(key, pieces)
        return [assembled(frame, windows, [part[number] for part in parts]) for number in range(count)]

    def end(self, outputs: list[Path]) -> str | None:
        """Write, the best variation first where something tells it; outputs grows.

        Returns what could not be kept, in words.
        """
        order, note = sorted(range(len(self.targets)), key=lambda number: rank_key(self.sums[number])), None
        for target, number in zip(self.targets, order, strict=True):
            note = self.writers[number].end(target)
            outputs.append(target)
        self.thumbnails = [self.thumbnails[order[0]]] if self.thumbnails else []
        return note

    @property
    def after(self) -> bytes | None:
        """A thumbnail of the first result."""
        return next(iter(self.thumbnails), None)


class KnownParts:
    """Restored parts of frames, of which the longest unused are forgotten."""

    def __init__(self, most: int = MOST_KEPT_BYTES) -> None:
        self.most, self.bytes = most, 0
        self.parts: OrderedDict[bytes, Pieces] = OrderedDict()

    def __contains__(self, key: bytes) -> bool:
        return key in self.parts

    def get(self, key: bytes) -> Pieces:
        self.parts.move_to_end(key)
        return self.parts[key]

    def keep(self, key: bytes, pieces: Pieces) -> None:
        self.parts[key] = pieces
        self.bytes += sum(piece.nbytes for piece in pieces)
        while self.bytes > self.most:
            _, forgotten = self.parts.popitem(last=False)
            self.bytes -= sum(piece.nbytes for piece in forgotten)


def key_of(frame: images.Picture, window: RepairWindow) -> bytes:
    """Return what a part and what is restored in it are known by."""
    part = part_of_picture(frame, window.box)
    digest = hashlib.blake2b(repr((window.box, [(it.censor, it.grid) for it in window.damage])).encode())
    for samples in (part.colour, part.alpha, window.mask.numpy()):
        if samples is not None:
            digest.update(np.ascontiguousarray(samples).data)
    return digest.digest()
