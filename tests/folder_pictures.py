"""Small pictures and a restorer that does next to nothing, for the tests of folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inpaint.folder import Outcome
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.restoring.turns import Flips

GREEN = (0, 255, 0)
FILL = 0.2  # what the fake restorer puts under the mask
LEVEL = 51  # the same in 8 bits


class Fake:
    """A restorer that paints the mask dark grey and remembers how it was called."""

    def __init__(self, error: Exception | None = None):
        self.calls: list[tuple[Tensor, Tensor, str, Grid | None, Flips]] = []
        self.error = error

    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        censor: str = "hole",
        grid: Grid | None = None,
        flips: Flips = (False, False),
        measures: dict | None = None,
        missed: list | None = None,
        judged: list | None = None,
        inputs: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        if self.error:
            raise self.error
        self.calls.append((image.clone(), mask.clone(), censor, grid, flips))
        return torch.where(mask > 0, torch.tensor(FILL), image)

    @property
    def censors(self) -> list[str]:
        return [call[2] for call in self.calls]


def noise(height: int = 40, width: int = 50, seed: int = 0) -> np.ndarray:
    """Make a picture (H, W, 3) uint8 without any green."""
    return np.random.default_rng(seed).integers(0, 200, (height, width, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def painted(pixels: np.ndarray, *boxes: tuple[slice, slice], colour: tuple[int, ...] = GREEN) -> np.ndarray:
    pixels = pixels.copy()
    for box in boxes:
        pixels[(*box, slice(0, 3))] = colour
    return pixels


def load(path: Path) -> np.ndarray:
    return np.array(Image.open(path))


def mosaic(pixels: np.ndarray, grid: Grid, box: tuple[slice, slice]) -> np.ndarray:
    cells = pixelate(torch.from_numpy(pixels).permute(2, 0, 1).float(), grid).round().byte().permute(1, 2, 0).numpy()
    pixels = pixels.copy()
    pixels[box] = cells[box]
    return pixels


def only(outcomes: list[Outcome]) -> Outcome:
    (outcome,) = outcomes
    return outcome


BOX = (slice(5, 15), slice(8, 20))
LARGE = (slice(3, 75), slice(6, 90))
GRID = Grid((8, 8), (2, 5))


def white(box: tuple[slice, slice] = BOX) -> np.ndarray:
    return painted(noise() * 0, box, colour=(255, 255, 255))
