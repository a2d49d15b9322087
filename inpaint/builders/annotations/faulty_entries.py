"""Faulty entries of annotations: passed over, counted and named, so that one of them does not end a build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

NAMED_ENTRIES = 3


class WithoutAreaError(ValueError):
    """A shape that has no area, such as a point or a line: it is sound, but nothing can be cut around it."""


class SkippedEntries:
    """How many entries were passed over, and the first of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0
        self.without_area = 0
        self.examples: list[str] = []

    def add(self, fault: str) -> None:
        """Note one entry."""
        self.count += 1
        if len(self.examples) < NAMED_ENTRIES:
            self.examples.append(fault)

    def sentence(self) -> str:
        """Say what was passed over; "" where nothing was."""
        what = "shape without an area was" if self.without_area == 1 else "shapes without an area were"
        plain = f"{self.without_area} {what} passed over (points, lines)" if self.without_area else ""
        return "; ".join(filter(None, (self._faulty(), plain)))

    def _faulty(self) -> str:
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
    except WithoutAreaError:
        if skipped is not None:
            skipped.without_area += 1
    except ValueError as error:
        if skipped is None:
            raise
        skipped.add(str(error))
