"""What every mask has in common: a canvas that is painted on, and numbers that are drawn in one go.

The painters are plain functions with bound options, so that a mask travels to data-loading processes by pickle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Canvas = NDArray[np.uint8]  # (H, W), 0 or 1
Paint = Callable[[Canvas, torch.Generator], None]
MaskSampler = Callable[[tuple[int, int], torch.Generator], Tensor]


@dataclass(frozen=True)
class Painted:
    """A mask sampler: paints ones on an empty canvas of the size that is asked for."""

    paint: Paint

    def __call__(self, size: tuple[int, int], rng: torch.Generator) -> Tensor:
        """Draw a mask (1, H, W) of exact 0 and 1 with at least one 1."""
        canvas = np.zeros(size, np.uint8)
        self.paint(canvas, rng)
        if not canvas.any():  # a shape that slipped off a tiny picture; losses over the hole divide by its area
            y, x = units(rng, 2)
            canvas[integer_between(y, 0, size[0] - 1), integer_between(x, 0, size[1] - 1)] = 1
        return torch.from_numpy(canvas).to(torch.float32)[None]  # (1, H, W)


def units(rng: torch.Generator, count: int) -> list[float]:
    """Draw numbers from [0, 1) in one call, because one call per number costs more than the drawing."""
    return torch.rand(count, generator=rng, dtype=torch.float64).tolist()


def integer_between(unit: float, low: int, high: int) -> int:
    """Turn a number of [0, 1) into an integer of [low, high], both ends included."""
    return low + int(unit * (high - low + 1))


def number_between(unit: float, low: float, high: float) -> float:
    """Turn a number of [0, 1) into a number of [low, high)."""
    return low + unit * (high - low)


def span(name: str, pair: Sequence[float], minimum: float) -> tuple[float, float]:
    """Return (low, high) if minimum <= low <= high; raises ValueError otherwise."""
    if len(pair) != 2 or not minimum <= pair[0] <= pair[1]:
        raise ValueError(f"{name} is {list(pair)}, but must be [low, high] with {minimum} <= low <= high")
    return pair[0], pair[1]


def whole_span(name: str, pair: Sequence[int], minimum: int) -> tuple[int, int]:
    """Return (low, high) as integers if minimum <= low <= high; raises ValueError otherwise."""
    low, high = span(name, pair, minimum)
    if low != int(low) or high != int(high):
        raise ValueError(f"{name} is {list(pair)}, but must be two whole numbers [low, high]")
    return int(low), int(high)


def probability(name: str, value: float) -> float:
    """Return the value if it lies in [0, 1]; raises ValueError otherwise."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}, but must be a probability between 0 and 1")
    return value
