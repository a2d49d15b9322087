"""What nipponjo's two programs call the entries of DeepFill v2."""

from __future__ import annotations

import torch

from tests.importing.authors.contextual import deepfill_variables, mmagic_places
from tests.importing.authors.written import Case, State, renamed

TENSORFLOW_LAYERS = [
    "conv1",
    "conv2_downsample",
    "conv3",
    "conv4_downsample",
    "conv5",
    "conv6",
    "conv7_atrous",
    "conv8_atrous",
    "conv9_atrous",
    "conv10_atrous",
    "conv11",
    "conv12",
    "conv13_upsample",
    "conv14",
    "conv15_upsample",
    "conv16",
    "conv17",
    "xconv1",
    "xconv2_downsample",
    "xconv3",
    "xconv4_downsample",
    "xconv5",
    "xconv6",
    "xconv7_atrous",
    "xconv8_atrous",
    "xconv9_atrous",
    "xconv10_atrous",
    "pmconv1",
    "pmconv2_downsample",
    "pmconv3",
    "pmconv4_downsample",
    "pmconv5",
    "pmconv6",
    "pmconv9",
    "pmconv10",
    "allconv11",
    "allconv12",
    "allconv13_upsample",
    "allconv14",
    "allconv15_upsample",
    "allconv16",
    "allconv17",
]
UP = [
    "up_block1.conv1_upsample.conv",
    "up_block1.conv2",
    "up_block2.conv1_upsample.conv",
    "up_block2.conv2",
    "conv_to_rgb",
]
DOWN = ["down_block1.conv1_downsample", "down_block1.conv2", "down_block2.conv1_downsample", "down_block2.conv2"]
PORT_LAYERS = [
    *(f"stage1.{name}" for name in ["conv1", *DOWN, *(f"conv_bn{n}" for n in range(1, 8)), *UP]),
    *(f"stage2.conv_{name}" for name in ["conv1", *DOWN, *(f"conv_bn{n}" for n in range(1, 6))]),
    *(f"stage2.ca_{name}" for name in ["conv1", *DOWN, "conv_bn1", "conv_bn4", "conv_bn5"]),
    *(f"stage2.{name}" for name in ["conv_bn6", "conv_bn7", *UP]),
]


def gated_flat(state: State) -> State:
    """networks_tf.py: TensorFlow's names, the convolution inside the layer, one level deeper where it enlarges."""
    deeper = {name: f"{name}.conv.conv" if name.endswith("upsample") else f"{name}.conv" for name in TENSORFLOW_LAYERS}
    return renamed(state, ((name, f"{deeper[name.split('.')[2]]}.{name.split('.')[3]}") for name in state))


def gated_port(state: State) -> State:
    """networks.py, with its constant buffer."""
    layers = dict(zip(TENSORFLOW_LAYERS, PORT_LAYERS, strict=True))
    theirs = renamed(state, ((name, f"{layers[name.split('.')[2]]}.conv.{name.split('.')[3]}") for name in state))
    return theirs | {"stage2.contextual_attention.fuse_weight": torch.eye(3)[None, None]}


def gated_early(state: State) -> State:
    """networks.py before its branches were renamed."""
    names = {"stage2.conv_conv": "stage2.b1_conv", "stage2.conv_down": "stage2.b1_down", "stage2.ca_": "stage2.b2_"}
    found = {}
    for name, tensor in gated_port(state).items():
        for now, before in names.items():
            name = name.replace(now, before)
        found[name] = tensor
    del found["stage2.contextual_attention.fuse_weight"]
    return found


def plain_places(state: State, stages: dict[str, list[str]]) -> State:
    """zhaoyuzhi's: the names of each stage's sixteen layers, two of which are wrapped by a spectral norm of its own."""
    found = {}
    for name, tensor in state.items():
        _, _, stage, layer, kind, leaf = name.split(".", 5)
        place = f"{stages[stage][int(layer)]}.{'gated_conv2d.' * (layer in ('12', '14'))}"
        place += {"feature": "conv2d", "gate": "mask_conv2d"}[kind]
        if layer in ("12", "14"):
            place += ".module"
            leaf = {"original": "weight_bar", "_u": "weight_u", "_v": "weight_v"}.get(leaf.split(".")[-1], leaf)
        found[f"{place}.{leaf}"] = tensor.clone()
    assert len(found) == len(state)
    return found


COLOUR_STAGES = {str(number): [f"{it}.{n}" for n in range(16)] for number, it in enumerate(("coarse", "refinement"))}
GREY_STAGES = {"0": [f"{part}{n}" for part, count in (("down", 4), ("b", 8), ("up", 4)) for n in range(1, count + 1)]}
PLAIN = {"width": 8, "attention": False}
GREY = {"padding": "mmagic", "grey": True}
PORT = {"width": 8, "padding": "pytorch"}
CASES = {
    "mmagic_v2": Case("gated", {"width": 12, "padding": "mmagic"}, lambda state: (mmagic_places(state, "conv.conv"),)),
    "deepfill_v2": Case("gated", {"width": 4, "fuse": True}, lambda state: (deepfill_variables(state),)),
    "tensorflow": Case("gated", {"width": 8}, lambda state: (gated_flat(state),)),
    "port": Case("gated", PORT, lambda state: (gated_port(state),)),
    "zhaoyuzhi": Case("gated", PLAIN | {"padding": "pytorch"}, lambda it: (plain_places(it, COLOUR_STAGES),)),
    "zhaoyuzhi grey": Case("gated", PLAIN | GREY, lambda it: (plain_places(it, GREY_STAGES),)),
    "early port": Case("gated", PORT, lambda state: (gated_early(state),)),
}
