"""Discriminators by name; each answers forward(image, mask) -> Scores."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from inpaint.discriminators import patch
from inpaint.discriminators.scores import Scores

__all__ = ["DISCRIMINATORS", "Scores"]

DISCRIMINATORS: dict[str, Callable[..., nn.Module]] = {
    "patch": patch.build,
}
