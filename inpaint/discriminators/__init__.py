"""Discriminators by name; each answers forward(candidate, image, mask) -> Scores."""

from __future__ import annotations

from collections.abc import Callable

from inpaint.contracts import Discriminator
from inpaint.discriminators import dcgan, local_global, patch, red, sn_patch

DISCRIMINATORS: dict[str, Callable[..., Discriminator]] = {
    "dcgan": dcgan.build,
    "local_global": local_global.build,
    "patch": patch.build,
    "red": red.build,
    "sn_patch": sn_patch.build,
}
