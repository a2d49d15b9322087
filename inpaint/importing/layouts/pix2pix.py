"""pix2pix's generator, as its authors (junyanz/pytorch-CycleGAN-and-pix2pix) keep it: every level inside another."""

from __future__ import annotations

from itertools import count

from inpaint.importing.layout import WHITE_HOLES, Entries, GeneratorOptions, Layout, width_of
from inpaint.layers.grey_pictures import grey_choice


def pix2pix_name(name: str, options: GeneratorOptions) -> str:
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
    """Return where the layers of a level lie."""
    return "model.model" + ".1.model" * (level > 0) + ".3.model" * (level - 1)


def pix2pix_options(entries: Entries) -> GeneratorOptions:
    """Return the options of the U-Net in a file."""
    levels = next(level for level in count(1) if f"{pix2pix_level(level)}.1.weight" not in entries)
    norm = "instance" if "model.model.0.bias" in entries else "batch"  # beside which alone convolutions have biases
    first, last = entries["model.model.0.weight"], entries["model.model.3.weight"]
    grey, see_mask = grey_choice(first.shape[1], last.shape[1])
    size = {"width": width_of(entries, "model.model.0.weight"), "levels": levels}
    return {"shape": "pix2pix", **size, "norm": norm, "grey": grey, "see_mask": see_mask}


PIX2PIX_LAYOUTS = (
    Layout(
        source="the authors' PyTorch code",
        generator="unet",
        first="model.model.0.weight",
        options=pix2pix_options,
        theirs=pix2pix_name,
        # PyTorch before 0.4 kept statistics of instance norms, which nothing reads
        harmless=r"model(\.model|\.\d+)+\.(running_mean|running_var)",
        mask="deepfill",
        fills=(WHITE_HOLES, {"name": "mosaic"}),
        note="the authors' test program normalises by each picture's own statistics unless given --eval; "
        "here the file's running statistics are used, as with --eval",
    ),
)
