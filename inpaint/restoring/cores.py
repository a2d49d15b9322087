"""Cores that several threads share, so that they never compute with more at once than there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Cores:
    """So many cores, of which a thread takes some; where too few are left, it waits until others give theirs back."""

    def __init__(self, count: int):
        self.count = self.free = count
        self.changed = Condition()

    @contextmanager
    def taken(self, wanted: int) -> Iterator[None]:
        """Hold so many cores, or all of them where more are wanted than there are."""
        mine = min(wanted, self.count)
        with self.changed:
            self.changed.wait_for(lambda: self.free >= mine)
            self.free -= mine
        try:
            yield
        finally:
            with self.changed:
                self.free += mine
                self.changed.notify_all()
