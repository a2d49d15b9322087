"""Photographs of the demo censored by the benchmark's code, what is found in them, and what restoring gains."""

from __future__ import annotations

import importlib
import io
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

import inpaint
from inpaint import images
from inpaint.detection.damage import Damage, find_damage
from inpaint.images import Picture
from inpaint.restoring.repair import examine_marks, variations

ROOT = Path(__file__).resolve().parents[1]
MARK = (slice(40, 136), slice(48, 152))


def cases() -> Any:
    """The benchmark's censors, found as running it finds them."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("shape_cases")
    finally:
        sys.path.pop(0)


@cache
def photograph(name: str = "cat") -> np.ndarray:
    return images.read(ROOT / "data" / "demo" / "clean" / f"{name}.png").colour[:200, :200]


@cache
def restorer() -> Any:
    return inpaint.load("default", device="cpu")


def marked() -> np.ndarray:
    mask = np.zeros(photograph().shape[:2], bool)
    mask[MARK] = True
    return mask


def seen(kind: str, name: str = "cat", side: int = 8) -> np.ndarray:
    return cases().censored(kind, photograph(name), marked(), side, np.random.default_rng(1))


def found_in(shown: np.ndarray, mask: np.ndarray | None = None, censor: str = "auto") -> list[Damage]:
    tensor = torch.from_numpy(shown.copy()).permute(2, 0, 1) / 255
    return find_damage(tensor, torch.from_numpy(marked() if mask is None else mask)[None].float(), censor=censor)


def gain(shown: np.ndarray) -> tuple[float, np.ndarray]:
    """How many dB restoring gains under the mark, and what was restored."""
    found = examine_marks(Picture(shown), torch.from_numpy(marked())[None], censor="auto")
    ((restored,),) = variations([Picture(shown)], [found], restorer(), 1)
    before, after = (
        ((photograph()[marked()].astype(float) - picture[marked()]) ** 2).mean() for picture in (shown, restored.colour)
    )
    assert np.array_equal(restored.colour[~marked()], shown[~marked()])
    return float(10 * np.log10(before / after)), restored.colour


def lossy(picture: np.ndarray, form: str, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, quality=quality)
    return np.array(Image.open(file).convert("RGB"))
