"""How many pictures of lists were downloaded, and whether too many were lost."""

from __future__ import annotations

from collections.abc import Callable


class DownloadCount:
    """What was wanted, done and lost so far."""

    def __init__(self, progress: Callable[[int, int], None] | None = None) -> None:
        """progress is called with (done, wanted) after every picture."""
        self.wanted = self.done = self.lost = 0
        self._progress = progress

    def add(self, *, lost: bool) -> None:
        """Count one picture."""
        self.done += 1
        self.lost += lost
        if self._progress is not None:
            self._progress(self.done, self.wanted)

    def too_many_lost(self, most: float) -> str:
        """Say that more than this share was lost, and what to do; "" where it was not."""
        if self.lost <= most * self.wanted:
            return ""
        return (
            f"{self.lost} of {self.wanted} pictures were not downloaded, more than the {100 * most:g} % of "
            "download.most_lost: the same command tries again those that are missing, and --set download.most_lost=1 "
            "goes on without them"
        )
