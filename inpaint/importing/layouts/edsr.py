"""EDSR, as its authors' PyTorch code and BasicSR keep it, both for pictures up to 255: biases are divided by that."""

from __future__ import annotations

import re
from math import isqrt
from typing import TYPE_CHECKING

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, count_numbered, width_of
from inpaint.importing.layouts.upscalers import MOSAIC

if TYPE_CHECKING:
    from torch import Tensor

PEAK = 255.0
WIDE = 256  # the width of the large network, whose blocks are scaled


def scaled_biases(name: str, tensor: Tensor) -> Tensor:
    """Divide a bias by the peak; with pictures in [0, 1] the network then answers the same, divided by the peak."""
    return tensor / PEAK if name.endswith("bias") else tensor


def edsr_options(entries: Entries, block: str, enlargement: str) -> GeneratorOptions:
    """Return the options of EDSR; block, enlargement: the first convolution of each, with {} for the number."""
    blocks = count_numbered(entries, block, 0)
    width = width_of(entries, block.format(0))
    doublings = [it for it in (0, 2, 4, 6) if enlargement.format(it) in entries]
    factor = isqrt(width_of(entries, enlargement.format(0)) // width) ** len(doublings)
    scale = 0.1 if width == WIDE else 1.0
    return {"block": factor, "width": width, "blocks": blocks, "res_scale": scale, "reduction": "bicubic"}


def edsr_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in the authors' code."""
    name = name.removeprefix("trunk.")
    name = re.sub(r"^body\.(\d+)\.(first|second)", lambda it: f"body.{it[1]}.body.{'02'[it[2] == 'second']}", name)
    name = re.sub(r"^head", "head.0", name)
    return re.sub(r"^up\.", "tail.0.", re.sub(r"^tail", "tail.1", name))


def basicsr_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in BasicSR."""
    name = name.removeprefix("trunk.")
    name = re.sub(r"^body\.(\d+)\.(first|second)", lambda it: f"body.{it[1]}.conv{'12'[it[2] == 'second']}", name)
    name = re.sub(rf"^body\.{options['blocks']}\.", "conv_after_body.", name)
    for ours, theirs in (("head", "conv_first"), ("up", "upsample"), ("tail", "conv_last")):
        name = re.sub(rf"^{ours}\.", f"{theirs}.", name)
    return name


EDSR_LAYOUTS = (
    Layout(
        source="the authors' PyTorch code",
        generator="edsr",
        first="body.0.body.0.weight",
        options=lambda entries: edsr_options(entries, "body.{}.body.0.weight", "tail.0.{}.weight"),
        theirs=edsr_name,
        harmless=r"(sub|add)_mean\.(weight|bias)",
        adapt=scaled_biases,
        fills=MOSAIC,
        note="blocks of 256 channels are taken to be scaled by 0.1, others by 1: --set generator.res_scale=...",
    ),
    Layout(
        source="BasicSR",
        generator="edsr",
        first="conv_first.weight",
        options=lambda entries: edsr_options(entries, "body.{}.conv1.weight", "upsample.{}.weight"),
        theirs=basicsr_name,
        adapt=scaled_biases,
        fills=MOSAIC,
        note="blocks of 256 channels are taken to be scaled by 0.1, others by 1: --set generator.res_scale=...",
    ),
)
