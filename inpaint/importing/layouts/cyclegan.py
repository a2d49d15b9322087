"""CycleGAN's generator, as its authors (junyanz/pytorch-CycleGAN-and-pix2pix) keep it."""

from __future__ import annotations

from inpaint.importing.layout import WHITE_HOLES, Layout, count_numbered, width_of, without_trunk

CYCLEGAN_LAYOUTS = (
    Layout(
        source="the authors' PyTorch code",
        generator="resnet9",
        first="model.1.weight",
        options=lambda entries: {
            "width": width_of(entries, "model.1.weight"),
            "blocks": count_numbered(entries, "model.{}.conv_block.1.weight", 10),
        },
        theirs=without_trunk,
        # PyTorch before 0.4 kept statistics of instance norms, which nothing reads
        harmless=r"model\.\d+(\.conv_block\.\d+)?\.(running_mean|running_var)",
        mask="deepfill",
        fills=(WHITE_HOLES, {"name": "mosaic"}),
    ),
)
