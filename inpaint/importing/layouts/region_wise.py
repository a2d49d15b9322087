"""Region-wise inpainting, as its authors' TensorFlow checkpoints keep it."""

from __future__ import annotations

from inpaint.importing.layout import GeneratorOptions
from inpaint.importing.layouts.tensorflow import tensorflow_layout

INNER_LAYERS = ("conv1", "conv2_downsample", "conv3", "conv4_downsample", "conv5", "conv6")
ATROUS = ("conv7_atrous", "conv8_atrous", "conv9_atrous", "conv10_atrous")
OUTER = ("conv11", "conv12")
REGION_LAYERS = ("com_13_fusion_1", "com_14_fusion", "com_15_fusion_1")  # those that enlarge are numbered
TAIL = ("conv16", "conv17", "conv18")
DECODERS = ("conv13_upsample", "conv14", "conv15_upsample", "conv16", "conv17")


def region_wise_name(name: str, options: GeneratorOptions) -> str:
    """Return the name of a variable in the authors' checkpoints."""
    network, part, *inside = name.split(".")
    scope = "inpaint_net" if network == "semantic" else "inpaint_net_1"
    if part == "encoder":
        table, number = {"inner": INNER_LAYERS, "dilated": ATROUS, "outer": OUTER}[inside[0]], int(inside[1])
        layer = f"{table[number]}_1"
    elif part == "regions":
        layer = REGION_LAYERS[int(inside[0])]
    else:
        layer = f"{(TAIL if part == 'tail' else DECODERS)[int(inside[0])]}_1"
    return f"{scope}/{layer}/{'kernel' if inside[-1] == 'weight' else 'bias'}"


REGION_WISE_LAYOUTS = (
    tensorflow_layout(
        "region_wise",
        "inpaint_net_1/conv1_1/kernel",
        region_wise_name,
        also={},
        mask="continuous",
        fills=({"name": "hole", "value": "grey"},),
    ),
)
