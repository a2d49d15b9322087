"""Discriminators by name; each answers forward(image, mask) -> Scores."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from inpaint.discriminators import dcgan, local_global, patch, red, sn_patch
from inpaint.discriminators.scores import Scores

__all__ = ["DISCRIMINATORS", "Scores"]

DISCRIMINATORS: dict[str, Callable[..., nn.Module]] = {
    "dcgan": dcgan.build,
    "local_global": local_global.build,
    "patch": patch.build,
    "red": red.build,
    "sn_patch": sn_patch.build,
}
