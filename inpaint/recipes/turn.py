"""A turn: who learns now, and from what."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Turn(NamedTuple):
    """One step of one player; the trainer sums the terms, differentiates and logs them."""

    player: str  # whose optimizer steps now
    terms: dict[str, Tensor]  # named, weighted scalars
