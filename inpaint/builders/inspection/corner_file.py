"""The corners of very many patches, on disk while they are compared: 18 KB each would fill the memory."""

from __future__ import annotations

import tempfile


class CornerFile:
    """A temporary file of byte strings by number; it removes itself."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as this
        self._places: dict[int, tuple[int, int]] = {}

    def __contains__(self, number: int) -> bool:
        """Say whether something was kept under a number."""
        return number in self._places

    def keep(self, number: int, data: bytes) -> None:
        """Keep a byte string."""
        start = self._file.seek(0, 2)
        self._file.write(data)
        self._places[number] = start, len(data)

    def read(self, number: int) -> bytes:
        """Return what was kept under a number."""
        start, length = self._places[number]
        self._file.seek(start)
        return self._file.read(length)
