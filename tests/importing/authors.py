"""Files of weights as their authors' programs write them: our random weights under names written out from theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import torch
from torch import Tensor, nn

from inpaint.generators import GENERATORS

State = dict[str, Tensor]
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
LEAVES = ("weight", "bias")
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def network(name: str, **options: object) -> nn.Module:
    """Build a small generator whose every entry is random, in eval mode."""
    torch.manual_seed(7)
    made = GENERATORS[name](**options).eval()
    for key, tensor in made.state_dict().items():
        if tensor.is_floating_point() and tensor.dim() < 2 and "parametrizations" not in key:
            tensor.copy_(torch.rand(tensor.shape) * 0.2 + (1 if key.endswith("var") else 0.1))
    return made


def renamed(state: State, pairs: Iterator[tuple[str, str]]) -> State:
    """Put every entry under another name; all must be named, once."""
    found = dict(pairs)
    assert set(found) == set(state), set(found) ^ set(state)
    assert len(set(found.values())) == len(found)
    return {theirs: state[ours].clone() for ours, theirs in found.items()}


def edge_connect_files(state: State) -> tuple[State, State]:
    """Return the generators of the edge model and of the inpainting model."""

    def edges() -> Iterator[tuple[str, str]]:
        convolutions = [*(f"encoder.{n}" for n in (1, 4, 7)), "decoder.0", "decoder.3"]
        blocks = [f"middle.{n}.conv_block.{place}" for n, place in product(range(8), (1, 5))]
        for name in [*convolutions, *blocks]:
            yield f"{name}.parametrizations.weight.original", f"{name}.weight_orig"
            yield f"{name}.parametrizations.weight.0._u", f"{name}.weight_u"
            yield f"{name}.parametrizations.weight.0._v", f"{name}.weight_v"
        for name in [*(f"{name}.bias" for name in convolutions), "decoder.7.weight", "decoder.7.bias"]:
            yield name, name

    drawing = {name.removeprefix("edges."): it for name, it in state.items() if name.startswith("edges.")}
    painting = {name.removeprefix("painter."): it for name, it in state.items() if name.startswith("painter.")}
    return renamed(drawing, edges()), painting


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


def partial_convolutions(state: State, levels: int, encoder: str, decoder: str, convolution: str) -> State:
    def pairs() -> Iterator[tuple[str, str]]:
        for name in state:
            half, place, layer, leaf = name.removeprefix("trunk.").split(".")
            block = f"{encoder}{int(place) + 1}" if half == "encoders" else f"{decoder}{levels - int(place)}"
            yield name, f"{block}.{convolution if layer == 'convolution' else 'bn'}.{leaf}"

    return renamed(state, pairs())


def naoto(state: State, levels: int) -> State:
    """The well-known port of partial convolutions, whose layer also keeps its constant mask convolution."""
    theirs = partial_convolutions(state, levels, "enc_", "dec_", "conv.input_conv")
    for name in [name for name in theirs if name.endswith("input_conv.weight")]:
        theirs[name.replace("input_conv", "mask_conv")] = torch.ones_like(theirs[name])
    return theirs


def mmagic(state: State, levels: int) -> State:
    """OpenMMLab's, whose layer keeps its constant kernel."""
    theirs = partial_convolutions(state, levels, "encoder.enc", "decoder.dec", "conv")
    for name in [name for name in theirs if name.endswith("conv.weight")]:
        theirs[f"{name}_mask_updater"] = torch.ones_like(theirs[name][:1])
    return theirs


def without_trunk(state: State) -> State:
    return renamed(state, ((name, name.removeprefix("trunk.")) for name in state))


def pix2pix(state: State, levels: int) -> State:
    """Levels inside levels: [activation,] convolution, [norm,] inner level, activation, deconvolution, [norm]."""

    def level(number: int, prefix: str) -> Iterator[tuple[str, str]]:
        down, up = f"trunk.encoders.{number}", f"trunk.decoders.{levels - 1 - number}"
        if number == 0:
            yield f"{down}.0.weight", f"{prefix}.0.weight"
            yield from level(1, f"{prefix}.1.model")
            yield from ((f"{up}.1.{leaf}", f"{prefix}.3.{leaf}") for leaf in LEAVES)
            return
        innermost = number == levels - 1
        yield f"{down}.1.weight", f"{prefix}.1.weight"
        if not innermost:
            yield from ((f"{down}.2.{leaf}", f"{prefix}.2.{leaf}") for leaf in NORM)
            yield from level(number + 1, f"{prefix}.3.model")
        yield f"{up}.1.weight", f"{prefix}.{3 if innermost else 5}.weight"
        yield from ((f"{up}.2.{leaf}", f"{prefix}.{4 if innermost else 6}.{leaf}") for leaf in NORM)

    return renamed(state, level(0, "model.model"))


Made = Callable[[State], State]
CASES: dict[str, tuple[str, str, dict[str, object], Made]] = {  # --as, the generator, its options, their file
    "tensorflow": ("gated", "gated", {"width": 8}, gated_flat),
    "port": ("gated", "gated", {"width": 8, "padding": "pytorch"}, gated_port),
    "early port": ("gated", "gated", {"width": 8, "padding": "pytorch"}, gated_early),
    "mmagic": (
        "pconv",
        "pconv",
        {"width": 4, "levels": 5, "scale": "signed", "first_bias": True},
        lambda state: mmagic(state, 5),
    ),
    "region norm": ("region_norm", "region_norm", {"width": 4, "blocks": 8}, without_trunk),
    "pix2pix": (
        "pix2pix",
        "unet",
        {"shape": "pix2pix", "width": 4, "levels": 6},
        lambda state: pix2pix(state, 6),
    ),
    "cyclegan": ("cyclegan", "resnet9", {"width": 4, "blocks": 6}, without_trunk),
}
