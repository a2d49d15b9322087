"""DeepFill v2, as its authors' TensorFlow checkpoints, nipponjo/deepfillv2-pytorch's two files and mmagic keep it.

Entries are named in the port from the authors' TensorFlow names, which are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of
from inpaint.importing.layouts.deepfill_colours import DEEPFILL_COLOURS
from inpaint.importing.layouts.open_mmlab import MMAGIC_GATED
from inpaint.importing.layouts.plain_gated import PLAIN_GATED, PLAIN_GATED_GREY
from inpaint.importing.layouts.tensorflow import tensorflow_layout


def authors_variable(name: str, options: GeneratorOptions) -> str:
    """Return the name of a variable in the authors' checkpoints."""
    layer, leaf = name.split(".")[-2:]
    inner = f"{layer}/{layer}_conv" if layer.endswith("_upsample") else layer
    return f"inpaint_net/{inner}/{'kernel' if leaf == 'weight' else 'bias'}"


def tensorflow_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in networks_tf.py: TensorFlow's, with the convolution inside the layer."""
    layer, leaf = name.split(".")[-2:]
    return f"{layer}.conv.conv.{leaf}" if layer.endswith("_upsample") else f"{layer}.conv.{leaf}"


def port_name(dilated: str, matched: str) -> Callable[[str, GeneratorOptions], str]:
    """Return what names an entry in networks.py; dilated, matched: what the layers of these two branches start with."""

    def theirs(name: str, options: GeneratorOptions) -> str:
        layer, leaf = name.split(".")[-2:]
        found = re.fullmatch(r"(x|pm|all)?conv(\d+)(_\w+)?", layer)
        assert found, f"{layer} is no layer of DeepFill v2"
        branch, number = found[1] or "", int(found[2])
        start = {"": "stage1.", "x": f"stage2.{dilated}", "pm": f"stage2.{matched}", "all": "stage2."}[branch]
        return f"{start}{port_block(number)}.conv.{leaf}"

    return theirs


def port_block(number: int) -> str:
    """Return where a numbered layer lies: two in every block that halves or doubles, the others in a row."""
    if number == 1:
        return "conv1"
    if number <= 5:
        return f"down_block{number // 2}.{'conv2' if number % 2 else 'conv1_downsample'}"
    if number <= 12:
        return f"conv_bn{number - 5}"
    if number <= 16:
        return f"up_block{(number - 11) // 2}.{'conv1_upsample.conv' if number % 2 else 'conv2'}"
    return "conv_to_rgb"


def gated_options(name: str, padding: str) -> Callable[[Entries], GeneratorOptions]:
    """Return what finds a generator's options; name: of the first convolution's weight."""
    return lambda entries: {"width": width_of(entries, name), "padding": padding, "fuse": True}


AUTHORS = tensorflow_layout(
    "gated",
    "inpaint_net/conv1/kernel",
    authors_variable,
    also={"padding": "tensorflow", "fuse": True},
    channels="bgr",  # the authors' program reads pictures with OpenCV
    colours=DEEPFILL_COLOURS,
    mask="deepfill",
)
FROM_TENSORFLOW = Layout(
    source="weights converted from TensorFlow, for nipponjo's networks_tf.py",
    generator="gated",
    first="conv1.conv.weight",
    options=gated_options("conv1.conv.weight", "tensorflow"),
    theirs=tensorflow_name,
    channels="bgr",  # the authors' program reads pictures with OpenCV
    colours=DEEPFILL_COLOURS,
    mask="deepfill",
    note="fuse is true as in the authors' code; the port's networks_tf.py leaves it out: --set generator.fuse=false",
)
PYTORCH_PORT = Layout(
    source="nipponjo's networks.py",
    generator="gated",
    first="stage2.conv_conv1.conv.weight",
    options=gated_options("stage2.conv_conv1.conv.weight", "pytorch"),
    theirs=port_name("conv_", "ca_"),
    harmless=r"stage2\.contextual_attention\.fuse_weight",
    colours=DEEPFILL_COLOURS,
    mask="deepfill",
)
EARLY_PYTORCH_PORT = PYTORCH_PORT._replace(
    source="an early networks.py of nipponjo's",
    first="stage2.b1_conv1.conv.weight",
    options=gated_options("stage2.b1_conv1.conv.weight", "pytorch"),
    theirs=port_name("b1_", "b2_"),
)
GATED_LAYOUTS = (
    AUTHORS,
    FROM_TENSORFLOW,
    PYTORCH_PORT,
    EARLY_PYTORCH_PORT,
    MMAGIC_GATED,
    PLAIN_GATED,
    PLAIN_GATED_GREY,
)
