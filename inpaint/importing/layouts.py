"""What the authors, or the best-known PyTorch ports, call the entries of each network.

A layout says how large the network in a file is and where each of our entries lies in it.  Sources: the state dicts of
knazeri/edge-connect, geekyutao/RN, junyanz/pytorch-CycleGAN-and-pix2pix, nipponjo/deepfillv2-pytorch (both of its
files), naoto0804/pytorch-inpainting-with-partial-conv and OpenMMLab's mmagic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, NamedTuple

from torch import Tensor

from inpaint.generators.edge_connect import authors_name
from inpaint.importing import gated_names

Entries = Mapping[str, Tensor]
Options = dict[str, Any]
WHITE = {"name": "hole", "value": "white"}
BLACK = {"name": "hole", "value": "black"}


class Layout(NamedTuple):
    """One way in which files keep one network."""

    source: str  # whose files these are
    generator: str  # its name here
    first: str  # the entry of the first convolution, which tells the width
    options: Callable[[Entries], Options]  # the generator's options, from the sizes in a file that has `first`
    theirs: Callable[[str, Options], str]  # what an entry of ours is called there
    harmless: str = r"(?!)"  # entries that ours does without, as a pattern
    files: tuple[str, ...] = ("",)  # what our entries start with, by file
    adapt: Callable[[str, Tensor], Tensor] | None = None  # an entry under our name, from theirs
    channels: str = "rgb"  # the order that the network in the file expects
    colours: tuple[tuple[str, int], ...] = ()  # our entries, and their dimension that starts with three colours
    mask: str = "irregular"
    fills: tuple[dict[str, Any], ...] = (BLACK,)
    note: str = ""


def numbered(entries: Entries, name: str, start: int = 1) -> int:
    """Count the entries whose names differ in a number, as long as the numbers follow each other."""
    return next(number for number in count(start) if name.format(number) not in entries) - start


def width(entries: Entries, name: str) -> int:
    """Return how many channels a convolution answers.  Raises ValueError for what is no convolution's weight."""
    if entries[name].dim() != 4:
        raise ValueError(f"{name} is {list(entries[name].shape)}, but should be a convolution's weight of 4 dimensions")
    return len(entries[name])


def edge_connect_name(name: str, options: Options) -> str:
    part, _, rest = name.partition(".")
    return f"{part}.{authors_name(rest)}"


def without_trunk(name: str, options: Options) -> str:
    return name.removeprefix("trunk.")


def pix2pix_name(name: str, options: Options) -> str:
    """Return the nested name: every level lies in the one around it, between its halves."""
    _, half, number, place, leaf = name.split(".")
    last = options["levels"] - 1
    level = int(number) if half == "encoders" else last - int(number)
    if half == "encoders":
        position = int(place)
    elif level == 0:
        position = 3
    else:
        position = (2 if level == last else 4) + int(place)
    return f"{pix2pix_level(level)}.{position}.{leaf}"


def pix2pix_level(level: int) -> str:
    return "model.model" + ".1.model" * (level > 0) + ".3.model" * (level - 1)


def pix2pix_options(entries: Entries) -> Options:
    levels = next(level for level in count(1) if f"{pix2pix_level(level)}.1.weight" not in entries)
    return {"shape": "pix2pix", "width": width(entries, "model.model.0.weight"), "levels": levels}


def partial_conv_name(encoder: str, decoder: str, convolution: str) -> Callable[[str, Options], str]:
    def theirs(name: str, options: Options) -> str:
        _, half, number, layer, leaf = name.split(".")
        block = (
            encoder.format(int(number) + 1) if half == "encoders" else decoder.format(options["levels"] - int(number))
        )
        return f"{block}.{convolution if layer == 'convolution' else 'bn'}.{leaf}"

    return theirs


def by_window(name: str, tensor: Tensor) -> Tensor:
    """Divide a convolution by its window's size: naoto's layer scales by 1 / known values, ours by size / known."""
    return tensor / tensor[0].numel() if name.endswith("convolution.weight") and tensor.dim() == 4 else tensor


GATED_COLOURS = (
    ("trunk.coarse.conv1.weight", 1),
    ("trunk.dilated.xconv1.weight", 1),
    ("trunk.matched.pmconv1.weight", 1),
    *((f"trunk.{end}.{leaf}", 0) for end in ("coarse.conv17", "refine.allconv17") for leaf in ("weight", "bias")),
)


def gated_options(name: str, padding: str) -> Callable[[Entries], Options]:
    return lambda entries: {"width": width(entries, name), "padding": padding, "fuse": True}


EDGE_CONNECT = Layout(
    source="the authors' EdgeModel_gen.pth and InpaintingModel_gen.pth",
    generator="edge_connect",
    first="painter.encoder.1.weight",
    options=lambda entries: {"width": width(entries, "painter.encoder.1.weight")},
    theirs=edge_connect_name,
    files=("edges.", "painter."),
    fills=(WHITE,),
)
REGION_NORM = Layout(
    source="the authors' code",
    generator="region_norm",
    first="encoder_conv1.weight",
    options=lambda entries: {
        "width": width(entries, "encoder_conv1.weight"),
        "blocks": numbered(entries, "middle.{}.conv_block.1.weight", 0),
    },
    theirs=without_trunk,
    fills=(WHITE,),
)
CYCLEGAN = Layout(
    source="the authors' PyTorch code",
    generator="resnet9",
    first="model.1.weight",
    options=lambda entries: {
        "width": width(entries, "model.1.weight"),
        "blocks": numbered(entries, "model.{}.conv_block.1.weight", 10),
    },
    theirs=without_trunk,
    # PyTorch before 0.4 kept statistics of instance norms, which nothing reads
    harmless=r"model\.\d+(\.conv_block\.\d+)?\.(running_mean|running_var)",
    mask="deepfill",
    fills=(WHITE, {"name": "mosaic"}),
)
PIX2PIX = Layout(
    source="the authors' PyTorch code",
    generator="unet",
    first="model.model.0.weight",
    options=pix2pix_options,
    theirs=pix2pix_name,
    mask="deepfill",
    fills=(WHITE, {"name": "mosaic"}),
    note="the authors' test program normalises by each picture's own statistics unless given --eval; "
    "here the file's running statistics are used, as with --eval",
)
NAOTO = Layout(
    source="naoto0804's port",
    generator="pconv",
    first="enc_1.conv.input_conv.weight",
    options=lambda entries: {
        "levels": numbered(entries, "enc_{}.conv.input_conv.weight"),
        "width": width(entries, "enc_1.conv.input_conv.weight"),
    },
    theirs=partial_conv_name("enc_{}", "dec_{}", "conv.input_conv"),
    harmless=r"(enc|dec)_\d+\.conv\.mask_conv\.weight",
    adapt=by_window,
)
MMAGIC = Layout(
    source="OpenMMLab's mmagic",
    generator="pconv",
    first="encoder.enc1.conv.weight",
    options=lambda entries: {
        "levels": numbered(entries, "encoder.enc{}.conv.weight"),
        "width": width(entries, "encoder.enc1.conv.weight"),
        "scale": "signed",
        "first_bias": True,
    },
    theirs=partial_conv_name("encoder.enc{}", "decoder.dec{}", "conv"),
    harmless=r"(encoder\.enc|decoder\.dec)\d+\.conv\.weight_mask_updater",
)
TENSORFLOW = Layout(
    source="weights converted from TensorFlow, for nipponjo's networks_tf.py",
    generator="gated",
    first="conv1.conv.weight",
    options=gated_options("conv1.conv.weight", "tensorflow"),
    theirs=lambda name, options: gated_names.flat(name),
    channels="bgr",  # the authors' program reads pictures with OpenCV
    colours=GATED_COLOURS,
    mask="deepfill",
    note="fuse is true as in the authors' code; the port's networks_tf.py leaves it out: --set generator.fuse=false",
)
PORT = Layout(
    source="nipponjo's networks.py",
    generator="gated",
    first="stage2.conv_conv1.conv.weight",
    options=gated_options("stage2.conv_conv1.conv.weight", "pytorch"),
    theirs=lambda name, options: gated_names.nested(name, "conv_", "ca_"),
    harmless=r"stage2\.contextual_attention\.fuse_weight",
    colours=GATED_COLOURS,
    mask="deepfill",
)
EARLY_PORT = PORT._replace(
    source="an early networks.py of nipponjo's",
    first="stage2.b1_conv1.conv.weight",
    options=gated_options("stage2.b1_conv1.conv.weight", "pytorch"),
    theirs=lambda name, options: gated_names.nested(name, "b1_", "b2_"),
)

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "edge_connect": (EDGE_CONNECT,),
    "gated": (TENSORFLOW, PORT, EARLY_PORT),
    "pconv": (NAOTO, MMAGIC),
    "region_norm": (REGION_NORM,),
    "pix2pix": (PIX2PIX,),
    "cyclegan": (CYCLEGAN,),
}


def chosen(name: str, entries: Entries) -> Layout:
    """Return the first of a network's layouts whose first entry a file has.

    Raises ValueError for a name that does not exist, and where the file has none of them.
    """
    if name not in LAYOUTS:
        raise ValueError(f"--as {name!r} is unknown; choose {', '.join(LAYOUTS)}")
    fitting = [layout for layout in LAYOUTS[name] if layout.first in entries]
    if not fitting:
        expected = " or ".join(f"{layout.first!r} ({layout.source})" for layout in LAYOUTS[name])
        found = ", ".join(list(entries)[:4])
        raise ValueError(f"--as {name} expects the entry {expected}, but the file has {found}, ...")
    return fitting[0]
