"""The bar of a batch: how many pictures are done, and how far one is that takes long: its frames, or its parts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inpaint.cli.printable import printable
from inpaint.cli.shared_options import BAR_DELAY

SECONDS_BETWEEN_FRAMES = 0.2  # that are told


class BatchBar:
    """Writes a line for each picture, and shows below what is being worked on; to be entered."""

    def __init__(self, line_of: Callable[[Any], str]) -> None:
        """Begin a bar; line_of: says in one line what became of a picture, an object with an `error`."""
        from tqdm import tqdm

        self.bar, self.line_of = tqdm(unit="picture", delay=BAR_DELAY), line_of
        self.begun = self.told = time.monotonic()

    def __enter__(self) -> BatchBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def picture(self, outcome: Any, done: int, total: int) -> None:
        """Tell what became of a picture, that so many are done, and how many there are."""
        self.bar.total = total
        self.bar.set_postfix_str("", refresh=False)
        self.bar.update(done - self.bar.n)
        self.bar.write(printable(self.line_of(outcome)), file=sys.stderr if outcome.error else sys.stdout)

    def frame(self, path: Path, done: int, total: int) -> None:
        """Tell that so many frames of a file are done, from any thread."""
        self.within(f"{path.name}: frame {done} of {total}")

    def part(self, path: Path, done: int, total: int) -> None:
        """Tell that so many parts of a picture were searched for what is censored, from any thread."""
        self.within(f"{path.name}: searched {done} of {total} parts")

    def within(self, said: str) -> None:
        """Show what is being done in a picture that takes long."""
        now = time.monotonic()
        if now - self.begun > BAR_DELAY and now - self.told > SECONDS_BETWEEN_FRAMES:
            self.told = now
            self.bar.set_postfix_str(printable(said))
