"""What was measured on every picture, written line by line as it comes, so that a run can go on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inpaint import distributed
from inpaint.evaluation.cases import Case

DAMAGE_RULE = 2  # how pictures are damaged; raised where the same seed gives other damage than before


class PictureNumbers(NamedTuple):
    """The numbers of one method on one picture of one case."""

    index: int  # of the picture in the run
    picture: str
    case: str
    censor: str
    method: str
    share: float  # of the picture that the mask covers
    touching: bool  # whether the mask reaches the border
    block: str  # the sides of the mosaic's cells, "" for holes
    scores: dict[str, float]  # by the metric's name; NaN = the picture has none
    seconds: float
    changed: int  # known pixels that another program changed
    noted: dict[str, list[float]]  # what the metrics of whole sets note of a picture


class SkippedPicture(NamedTuple):
    """A picture, or one method on it, that could not be measured, and why."""

    index: int
    picture: str
    reason: str
    case: str = ""  # "" = all of them
    method: str = ""


class NumbersFile:
    """The numbers that a folder already holds, by what they depend on, and where more are written.

    Every rank appends to a file of its own and reads those of all.  A line that was cut off by a stop is left out.
    """

    def __init__(self, folder: Path | None) -> None:
        self.known: dict[str, dict[str, Any]] = {}
        self.reused = 0
        self.stream = None
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("numbers-*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self.known[entry.pop("key")] = entry
                except (ValueError, KeyError, AttributeError):
                    continue
        distributed.barrier()  # nobody writes before all have read
        path = folder / f"numbers-{distributed.rank()}.jsonl"
        torn = path.exists() and path.stat().st_size and path.read_bytes()[-1:] != b"\n"
        self.stream = path.open("a", encoding="utf-8")
        if torn:
            self.stream.write("\n")

    def find(self, key: str | None, wanted: Iterable[str]) -> dict[str, Any] | None:
        """Return what is known under a key, if it has all the metrics that are wanted."""
        entry = self.known.get(key or "")
        if entry is None or not all(name in entry["scores"] or name in entry["noted"] for name in wanted):
            return None
        self.reused += 1
        return entry

    def add(self, key: str | None, record: PictureNumbers) -> None:
        """Write a record under its key; one without a key is not kept."""
        if self.stream is None or key is None:
            return
        kept = {name: getattr(record, name) for name in ("scores", "seconds", "changed", "noted")}
        told = {"key": key, "picture": record.picture, "case": record.case, "method": record.method}
        self.stream.write(json.dumps(told | kept, ensure_ascii=False) + "\n")

    def flush(self) -> None:
        """Hand all that was added to the system, so that a kill loses none of it."""
        if self.stream is not None:
            self.stream.flush()
            os.fsync(self.stream.fileno())

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()


def record_key(identity: str | None, case: Case, seed: int, picture: str, context: str) -> str | None:
    """Return what the numbers of a method on a picture depend on, in short; None where the method has no identity.

    context: whatever else does, such as the damage that was baked in.
    """
    if identity is None:
        return None
    told = (DAMAGE_RULE, identity, tuple(case), seed, picture, context)
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()


def in_order(parts: Sequence[Sequence[PictureNumbers]]) -> list[PictureNumbers]:
    """Join what the ranks have measured, by the order of the pictures; within one, as it was measured."""
    return sorted((it for part in parts for it in part), key=lambda record: record.index)
