"""Faulty entries of annotations: passed over, counted and named, so that one of them does not end a build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

NAMED_ENTRIES = 3


class SkippedEntries:
    """How many entries were passed over, and the first of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.examples: list[str] = []

    def add(self, fault: str) -> None:
        """Note one entry."""
        self.count += 1
        if len(self.examples) < NAMED_ENTRIES:
            self.examples.append(fault)

    def sentence(self) -> str:
        """Say what was passed over; "" where nothing was."""
        if not self.count:
            return ""
        more = f"; and {self.count - len(self.examples)} more" if self.count > len(self.examples) else ""
        what = (
            "entry of the annotations is faulty and was"
            if self.count == 1
            else "entries of the annotations are faulty and were"
        )
        return f"{self.count} {what} passed over: {'; '.join(self.examples)}{more}"


@contextmanager
def entry(skipped: SkippedEntries | None) -> Iterator[None]:
    """Note the ValueError of a faulty entry and go on; without a place to note it in, raise it."""
    try:
        yield
    except ValueError as error:
        if skipped is None:
            raise
        skipped.add(str(error))
