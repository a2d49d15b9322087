"""The plain U-Net, as milesial/Pytorch-UNet keeps it, of three channels in and out, or four in."""

from __future__ import annotations

import re

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of


def plain_unet_name(name: str, options: GeneratorOptions) -> str:
    """Return the name there."""
    name = name.removeprefix("trunk.")
    name = re.sub(r"^inner\.", "inc.double_conv.", name)
    name = re.sub(r"^downs\.(\d)\.", lambda it: f"down{int(it[1]) + 1}.maxpool_conv.1.double_conv.", name)
    name = re.sub(r"^ups\.(\d)\.enlarge\.", lambda it: f"up{int(it[1]) + 1}.up.", name)
    name = re.sub(r"^ups\.(\d)\.convolve\.", lambda it: f"up{int(it[1]) + 1}.conv.double_conv.", name)
    return re.sub(r"^out\.", "outc.conv.", name)


def plain_unet_options(entries: Entries) -> GeneratorOptions:
    """Return the options of the U-Net in a file."""
    first = entries["inc.double_conv.0.weight"]
    width = width_of(entries, "inc.double_conv.0.weight")
    bilinear = "up1.up.weight" not in entries
    return {"shape": "plain", "width": width, "bilinear": bilinear, "see_mask": first.shape[1] == 4}


UNET_LAYOUTS = (
    Layout(
        source="milesial's PyTorch code",
        generator="unet",
        first="inc.double_conv.0.weight",
        options=plain_unet_options,
        theirs=plain_unet_name,
        fills=({"name": "mosaic"},),
        note="what the answer means (the picture, or what is added to it) the file does not tell: "
        "--set generator.residual=true for the latter",
    ),
)
