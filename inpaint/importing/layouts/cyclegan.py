"""CycleGAN's generator, as its authors (junyanz/pytorch-CycleGAN-and-pix2pix) keep it."""

from __future__ import annotations

from inpaint.importing.layout import (
    WHITE_HOLES,
    Entries,
    GeneratorOptions,
    Layout,
    count_numbered,
    width_of,
    without_trunk,
)
from inpaint.layers.grey_pictures import grey_choice


def resnet_options(entries: Entries) -> GeneratorOptions:
    """Return the options of the generator in a file; its last convolution is the fourth layer after the blocks."""
    blocks = count_numbered(entries, "model.{}.conv_block.1.weight", 10)
    last = entries.get(f"model.{10 + blocks + 7}.weight")
    grey, see_mask = grey_choice(entries["model.1.weight"].shape[1], 3 if last is None else len(last))
    return {"width": width_of(entries, "model.1.weight"), "blocks": blocks, "grey": grey, "see_mask": see_mask}


CYCLEGAN_LAYOUTS = (
    Layout(
        source="the authors' PyTorch code",
        generator="resnet9",
        first="model.1.weight",
        options=resnet_options,
        theirs=without_trunk,
        # PyTorch before 0.4 kept statistics of instance norms, which nothing reads
        harmless=r"model\.\d+(\.conv_block\.\d+)?\.(running_mean|running_var)",
        mask="deepfill",
        fills=(WHITE_HOLES, {"name": "mosaic"}),
    ),
)
