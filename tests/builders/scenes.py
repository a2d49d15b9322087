"""Pictures for the tests of the builder: each seed draws another one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image


def scene(seed: int, height: int = 160, width: int = 192) -> np.ndarray:
    """Draw a picture that no other seed gives: soft ground, discs and boxes.  (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.uniform(0, 255, (6, 7, 3)).astype(np.float32), (width, height))
    picture = np.ascontiguousarray(ground.clip(0, 255).astype(np.uint8))
    for _ in range(40):
        y, x, side = (int(value) for value in (*rng.integers((height, width)), rng.integers(4, height // 6)))
        colour = [int(value) for value in rng.integers(0, 256, 3)]
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), side, colour, -1)
        else:
            cv2.rectangle(picture, (x, y), (x + side, y + side), colour, -1)
    return picture


def save(picture: np.ndarray, path: Path, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, **options)
    return path
