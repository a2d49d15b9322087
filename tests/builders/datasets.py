"""A small dataset folder as the builder leaves it, for the tests of what reads one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inpaint.data import synthetic
from inpaint.randomness import rng_for

SIZE = 48
PICTURE = (120, 200)  # height, width


def patch(number: int) -> np.ndarray:
    """Draw a patch (SIZE, SIZE, 3) uint8."""
    drawn = synthetic.render((SIZE, SIZE), rng_for("patch", number))
    return (drawn.permute(1, 2, 0) * 255).round().byte().numpy()


def dataset(folder: Path, *, pictures: int = 10, **more: Any) -> Path:
    """Write a dataset of two patches from each picture: eight tenths train, then val, then test."""
    lines = []
    for number in range(2 * pictures):
        picture = number // 2
        split = "train" if picture < 0.8 * pictures else ("val" if picture < 0.9 * pictures else "test")
        file = folder / split / f"leaf.{picture}-{picture:012x}_{number % 2}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(patch(number)).save(file)
        lines.append(
            {
                "file": file.relative_to(folder).as_posix(),
                "source": f"leaves/leaf.{picture}.png",
                "group": f"group {picture}",
                "split": split,
                "box": [10 * (number % 2), 100 * (number % 2), SIZE, SIZE],
                "scale": 1.0,
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "facts": {"licence": "CC0" if picture % 2 else "CC BY 4.0", "author": f"author {picture % 3}"},
                "picture": list(PICTURE),
                **more,
            }
        )
    write_lines(folder / "manifest.jsonl", lines)
    rejected = [
        {"source": "leaves/fog.png", "rule": "flat", "detail": "its gray levels deviate by 1.0, less than 4"},
        {"source": "leaves/small.png", "rule": "too small", "detail": "20x20 pixels"},
        {"source": "leaves/tiny.png", "rule": "too small", "detail": "9x9 pixels"},
    ]
    write_lines(folder / "rejected.jsonl", rejected)
    described = {"version": 2, "parameters": {"size": SIZE}, "counts": {}, "mean": [0.5] * 3, "std": [0.2] * 3}
    (folder / "dataset.json").write_text(json.dumps(described))
    return folder


def manifest(folder: Path) -> list[dict[str, Any]]:
    """Read the manifest."""
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
