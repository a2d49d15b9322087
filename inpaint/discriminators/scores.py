"""What a discriminator answers."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Scores(NamedTuple):
    """How real a picture looks, patch by patch, and what was seen on the way."""

    logits: Tensor  # (B, 1, h, w), high = real
    features: list[Tensor]  # what each stage answers, (B, C, h, w), from the first to the logits
