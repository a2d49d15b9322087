"""How fast a run is and how long it will still take, with all that happens between its steps."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from tqdm import tqdm

REMEMBERED = 0.95  # of what a step took, at the next one: the rate of about the last twenty


class Intervals(NamedTuple):
    """How often things happen, in steps."""

    log: int
    samples: int
    validate: int
    save: int


class Clock:
    """Measures the parts of a run by name: how long each of the last took, and how long all did."""

    def __init__(self) -> None:
        self.latest: dict[str, float] = {}
        self.times: dict[str, int] = defaultdict(int)
        self.total: dict[str, float] = defaultdict(float)

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Measure what happens within this context."""
        started = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - started
            old, times = self.latest.get(name, 0.0), self.times[name]
            kept = min(REMEMBERED, (times - 1) / times) if times > 1 else 0.0  # the very first one also warms up
            self.latest[name] = kept * old + (1 - kept) * took
            self.times[name] += 1
            self.total[name] += took

    def left(self, counts: dict[str, int]) -> float:
        """Return how many seconds so many of each part will take."""
        return sum(count * self.latest.get(name, 0.0) for name, count in counts.items())

    def share(self, name: str) -> float:
        """Return the part of the time that went into this, from 0 to 1, since this was last asked."""
        total = sum(self.total.values())
        share = self.total[name] / total if total else 0.0
        self.total.clear()
        return share


def in_words(seconds: float) -> str:
    """Return a time as hours and minutes, or minutes and seconds below an hour.

    >>> in_words(59), in_words(3723)
    ('0 min 59 s', '1 h 02 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory_used(device: torch.device) -> float:
    """Return the most memory that was in use, in GB: of the graphics card, or else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def bar_of(steps: int, done: int, *, shown: bool) -> tqdm:
    """Return the bar of a run; its own guess of the time left, which knows of steps alone, is left out."""
    form = "{percentage:3.0f}% {bar} {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
    return tqdm(total=steps, initial=done, unit="step", disable=not shown, bar_format=form)
