"""zhaoyuzhi's DeepFill v2, gated convolutions without attention, in colour and grey."""

from __future__ import annotations

from inpaint.importing.layout import WHITE_HOLES, GeneratorOptions, Layout, width_of

BRANCH_NAMES = {"feature": "conv2d", "gate": "mask_conv2d"}
WRAPPED_LEAVES = {
    "parametrizations.weight.original": "module.weight_bar",
    "parametrizations.weight.0._u": "module.weight_u",
    "parametrizations.weight.0._v": "module.weight_v",
    "bias": "module.bias",
}
WRAPPED_LAYERS = (12, 14)  # the layers that are spectrally normalised


def colour_name(name: str, options: GeneratorOptions) -> str:
    """Return the name of an entry in the file of the network in colour."""
    _, _, stage, layer, kind, leaf = name.split(".", 5)
    return f"{('coarse', 'refinement')[int(stage)]}.{layer}.{inside(int(layer), kind, leaf)}"


def grey_name(name: str, options: GeneratorOptions) -> str:
    """Return the name of an entry in the file of the network in grey, which counts layers anew in each of its parts."""
    number, kind, leaf = name.removeprefix("trunk.stages.0.").split(".", 2)
    layer = int(number)
    part = f"down{layer + 1}" if layer < 4 else f"b{layer - 3}" if layer < 12 else f"up{layer - 11}"
    return f"{part}.{inside(layer, kind, leaf)}"


def inside(layer: int, kind: str, leaf: str) -> str:
    """Return the rest of a name, below the layer."""
    return (
        f"gated_conv2d.{BRANCH_NAMES[kind]}.{WRAPPED_LEAVES[leaf]}"
        if layer in WRAPPED_LAYERS
        else f"{BRANCH_NAMES[kind]}.{leaf}"
    )


PLAIN_GATED = Layout(
    source="zhaoyuzhi's deepfillv2",
    generator="gated",
    first="coarse.0.conv2d.weight",
    options=lambda entries: {
        "width": 2 * width_of(entries, "coarse.0.conv2d.weight"),
        "padding": "pytorch",
        "attention": False,
    },
    theirs=colour_name,
    mask="deepfill",
    fills=(WHITE_HOLES,),
    note="padded with zeros, its program's default; where it was trained with --pad_type reflect give "
    "--set generator.padding=mmagic",
)
PLAIN_GATED_GREY = PLAIN_GATED._replace(
    source="zhaoyuzhi's deepfillv2-grayscale",
    first="down1.conv2d.weight",
    options=lambda entries: {
        "width": 2 * width_of(entries, "down1.conv2d.weight"),
        "padding": "mmagic",
        "attention": False,
        "grey": True,
    },
    theirs=grey_name,
    note="it sees and answers grey: holes of pictures in colour are filled in grey.  Padded by mirroring, which is its "
    "program's default; where it was trained with --pad zero give --set generator.padding=pytorch",
)
