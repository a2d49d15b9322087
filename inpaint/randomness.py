"""Randomness is an argument: every draw comes from a `torch.Generator` that the caller names `rng`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import torch

T = TypeVar("T")


def rng_for(*key: int | str) -> torch.Generator:
    """Return a CPU generator that depends on nothing but the key, e.g. rng_for(seed, "train", position)."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    """Draw a float from [low, high)."""
    return low + (high - low) * torch.rand((), generator=rng, dtype=torch.float64).item()


def log_uniform(rng: torch.Generator, low: float, high: float) -> float:
    """Draw a float from [low, high) whose logarithm is uniform; 0 < low."""
    return low * (high / low) ** uniform(rng, 0.0, 1.0)


def integer(rng: torch.Generator, low: int, high: int) -> int:
    """Draw an integer from [low, high], both ends included."""
    return int(torch.randint(low, high + 1, (), generator=rng).item())


def chance(rng: torch.Generator, probability: float) -> bool:
    """Return True with this probability."""
    return uniform(rng, 0.0, 1.0) < probability


def choose(rng: torch.Generator, choices: Sequence[T], shares: Sequence[float] | None = None) -> T:
    """Draw one of the choices, uniformly or in proportion to its share."""
    if shares is None:
        return choices[integer(rng, 0, len(choices) - 1)]
    # The draw of torch.multinomial without its checks, which cost five times as much: the first of several clocks.
    times = torch.empty(len(choices), dtype=torch.float64).exponential_(generator=rng).tolist()
    return max(zip(shares, times, choices, strict=True), key=lambda one: one[0] / one[1])[2]


def normal(rng: torch.Generator, mean: float, deviation: float) -> float:
    """Draw a float from the normal distribution."""
    return mean + deviation * torch.randn((), generator=rng, dtype=torch.float64).item()
