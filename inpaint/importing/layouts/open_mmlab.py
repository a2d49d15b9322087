"""DeepFill v1 and v2, as OpenMMLab's mmagic (once mmediting) keeps them: stages of encoders, necks and decoders."""

from __future__ import annotations

import re

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of
from inpaint.importing.layouts.deepfill_colours import DEEPFILL_COLOURS, GATED_COLOURS

BRANCHES = {  # ours: the stage, what its first six layers are in, and what its others are
    "coarse": ("stage1", "encoder"),
    "dilated": ("stage2", "encoder_conv"),
    "matched": ("stage2", "encoder_attention"),
    "rebuilt": ("stage2", "contextual_attention_neck"),
    "refine": ("stage2", "decoder"),
}
MMAGIC_REST = r".*fuse_kernel|loss_.*|(disc|discriminator)\..*|data_preprocessor.*|.*\.num_batches_tracked"


def mmagic_name(name: str, conv: str) -> str:
    """Return the name in mmagic; conv: what a layer's convolution is called inside it."""
    branch, layer, leaf = name.removeprefix("trunk.").split(".")
    found = re.search(r"conv(\d+)", layer)
    assert found, f"{layer} is no layer of DeepFill"
    number, (stage, encoder) = int(found[1]), BRANCHES[branch]
    if branch == "rebuilt":
        place = f"{encoder}.conv{number - 8}"
    elif number <= 6:
        place = f"{encoder}.enc{number}"
    elif number <= 10:
        place = f"dilation_neck.dilation_convs.{number - 7}"
    else:
        place = f"decoder.dec{number - 10}"
    return f"{stage}.{place}.{conv}.{leaf}"


def contextual_of_mmagic(name: str, options: GeneratorOptions) -> str:
    """Return the name of an entry of DeepFill v1."""
    return mmagic_name(name, "conv")


def gated_of_mmagic(name: str, options: GeneratorOptions) -> str:
    """Return the name of an entry of DeepFill v2, whose gated convolutions hold one more."""
    return mmagic_name(name, "conv.conv")


def options_of(entries: Entries, first: str) -> GeneratorOptions:
    """Return the options of either network, by its first convolution."""
    return {"width": width_of(entries, first), "padding": "mmagic", "fuse": True}


CONTEXTUAL_FIRST, GATED_FIRST = (f"stage1.encoder.enc1.{conv}.weight" for conv in ("conv", "conv.conv"))
MMAGIC_CONTEXTUAL = Layout(
    source="OpenMMLab's mmagic",
    generator="contextual",
    first=CONTEXTUAL_FIRST,
    options=lambda entries: options_of(entries, CONTEXTUAL_FIRST),
    theirs=contextual_of_mmagic,
    harmless=MMAGIC_REST,
    channels="bgr",  # it reads pictures with OpenCV and leaves them so
    colours=DEEPFILL_COLOURS,
    mask="box",
)
MMAGIC_GATED = MMAGIC_CONTEXTUAL._replace(
    generator="gated",
    first=GATED_FIRST,
    options=lambda entries: options_of(entries, GATED_FIRST),
    theirs=gated_of_mmagic,
    colours=GATED_COLOURS,
    mask="deepfill",
)
