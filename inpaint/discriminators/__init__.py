"""Discriminators by name; each answers forward(candidate, image, mask) -> Scores."""

from __future__ import annotations

from collections.abc import Callable

from inpaint.contracts import Discriminator
from inpaint.discriminators import (
    dcgan,
    glcic,
    local_global,
    migan,
    outpaint,
    patch,
    picnet,
    red,
    singan,
    sn_patch,
    strip,
    structure_flow,
)

DISCRIMINATORS: dict[str, Callable[..., Discriminator]] = {
    "dcgan": dcgan.build,
    "glcic": glcic.build,
    "local_global": local_global.build,
    "migan": migan.build,
    "outpaint": outpaint.build,
    "patch": patch.build,
    "picnet": picnet.build,
    "red": red.build,
    "singan": singan.build,
    "sn_patch": sn_patch.build,
    "strip": strip.build,
    "structure_flow": structure_flow.build,
}
