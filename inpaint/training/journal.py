"""What a run leaves to look at: one line of JSON per logged step, and sheets of pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inpaint.files import write_text
from inpaint.images import from_array, write
from inpaint.sample import Sample


class Journal:
    """A file of JSON lines in the order of steps."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, line: dict[str, Any]) -> None:
        """Append one line."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """Return all lines; an unfinished last line (the power failed) is left out."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def cut(self, step: int) -> None:
        """Drop what was written of steps after this one."""
        kept = [json.dumps(line) + "\n" for line in self.read() if line["step"] <= step]
        write_text(self.path, "".join(kept))


def write_sheet(path: Path, samples: Sequence[Sample], restored: Sequence[Tensor]) -> None:
    """Write one PNG with a row per sample: input | output | target.  Each sample and composite is a batch of one."""
    rows = [
        torch.cat([sample.image, output, sample.target], dim=3)
        for sample, output in zip(samples, restored, strict=True)
    ]
    write(from_array(torch.cat(rows, dim=2)[0].clamp(0, 1)), path)
