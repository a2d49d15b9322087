"""What a run tells of itself: one line of JSON per logged step."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from inpaint.checkpoint import written_or_said
from inpaint.files import write_text


class Journal:
    """A file of JSON lines in the order of steps; a number that is not finite is written as null."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, line: dict[str, Any]) -> None:
        """Append one line.  Raises OSError in a sentence where the disk cannot take it."""
        with written_or_said(self.path):
            self.append(json_line(line).encode())

    def append(self, data: bytes) -> None:
        """Append bytes, all or none."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        size = os.fstat(handle).st_size
        try:
            while data:
                data = data[os.write(handle, data) :]
        except OSError:
            os.ftruncate(handle, size)  # half a line would spoil the next one
            raise
        finally:
            os.close(handle)

    def read(self) -> list[dict[str, Any]]:
        """Return all lines; an unfinished last line (the power failed) is left out.

        Raises ValueError naming the file and the line that is no mapping with a step.
        """
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        return [self.parsed(line, number) for number, line in enumerate(lines, 1) if line.endswith("\n")]

    def parsed(self, line: str, number: int) -> dict[str, Any]:
        try:
            told = json.loads(line)
            if isinstance(told["step"], int):
                return told
        except (ValueError, KeyError, TypeError):
            pass
        raise ValueError(f"{self.path}, line {number}, is not JSON with a step, as in a journal: mend or remove it")

    def cut(self, step: int) -> None:
        """Drop what was written of steps after this one."""
        kept = [json_line(line) for line in self.read() if line["step"] <= step]
        if kept or self.path.exists():
            write_text(self.path, "".join(kept))


def json_line(tree: dict[str, Any]) -> str:
    """Return a mapping as a line of JSON, which has no NaN and no infinity."""
    return json.dumps(finite_only(tree), allow_nan=False) + "\n"


def finite_only(tree: Any) -> Any:
    """Replace every number that is not finite by None."""
    if isinstance(tree, dict):
        return {key: finite_only(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [finite_only(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree
