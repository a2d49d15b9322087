"""Small networks of super-resolution, as their authors keep them: IMDN, RLFN (the NTIRE challenge) and SPAN.

They learned from pictures that were reduced bicubically, which the generator is told.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, count_numbered, width_of, without_trunk

MOSAIC = ({"name": "mosaic"},)
SPAN_CONVOLUTIONS = r"(conv_1|conv_2|block_\d+\.c[123]_r)"


def factor_of(entries: Entries) -> int:
    """Return by how much a network enlarges whose last convolution makes three colours of every pixel."""
    return isqrt(width_of(entries, "upsampler.0.weight") // 3)


def upscaler_options(first: str, block: str, **others: object) -> Callable[[Entries], GeneratorOptions]:
    """Return what finds a network's options; first: its first convolution, block: an entry of each block, with {}."""

    def options(entries: Entries) -> GeneratorOptions:
        blocks = count_numbered(entries, block)
        found = {"block": factor_of(entries), "width": width_of(entries, first), "blocks": blocks}
        return {**found, **others, "reduction": "bicubic"}

    return options


def rlfn_options(entries: Entries) -> GeneratorOptions:
    """Return the options of RLFN, whose blocks may be wider inside."""
    found = upscaler_options("conv_1.weight", "block_{}.c1_r.weight", peak=255.0)(entries)
    return {**found, "middle": width_of(entries, "block_1.c1_r.weight")}


def span_options(entries: Entries) -> GeneratorOptions:
    """Return the options of SPAN, of expanded convolutions or merged ones."""
    expanded = "conv_1.sk.weight" in entries
    first = "conv_1.sk.weight" if expanded else "conv_1.eval_conv.weight"
    inner = "block_{}.c1_r.sk.weight" if expanded else "block_{}.c1_r.eval_conv.weight"
    expand = width_of(entries, "conv_1.conv.0.weight") // 3 if expanded else 0
    return upscaler_options(first, inner, expand=expand, norm="no_norm" not in entries)(entries)


IMDN_LAYOUTS = (
    Layout(
        source="the authors' PyTorch code",
        generator="imdn",
        first="IMDB1.c1.weight",
        options=upscaler_options("fea_conv.weight", "IMDB{}.c1.weight"),
        theirs=without_trunk,
        fills=MOSAIC,
    ),
)
RLFN_LAYOUTS = (
    Layout(
        source="the authors' code for the NTIRE challenge",
        generator="rlfn",
        first="block_1.esa.conv_f.weight",
        options=rlfn_options,
        theirs=without_trunk,
        fills=MOSAIC,
        note="white is taken to be 255 inside, as in the challenge; for a file that learned with 1: "
        "--set generator.peak=1",
    ),
)
SPAN_LAYOUTS = (
    Layout(
        source="the authors' PyTorch code",
        generator="span",
        first="conv_1.sk.weight",
        options=span_options,
        theirs=without_trunk,
        harmless=SPAN_CONVOLUTIONS + r"\.eval_conv\.(weight|bias)|no_norm",
        fills=MOSAIC,
    ),
    Layout(
        source="the authors' PyTorch code, merged",
        generator="span",
        first="conv_1.eval_conv.weight",
        options=span_options,
        theirs=without_trunk,
        harmless="no_norm",
        fills=MOSAIC,
    ),
)
