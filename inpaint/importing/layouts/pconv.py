"""The U-Net of partial convolutions, as two ports keep it.

They are naoto0804/pytorch-inpainting-with-partial-conv and OpenMMLab's mmagic; NVIDIA published no weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inpaint.importing.layout import GeneratorOptions, Layout, count_numbered, width_of

if TYPE_CHECKING:
    from torch import Tensor


def partial_conv_name(encoder: str, decoder: str, convolution: str) -> Callable[[str, GeneratorOptions], str]:
    """Return what names an entry in a port; encoder, decoder: their blocks there, with {} for the number."""

    def theirs(name: str, options: GeneratorOptions) -> str:
        _, half, number, layer, leaf = name.split(".")
        block = (
            encoder.format(int(number) + 1) if half == "encoders" else decoder.format(options["levels"] - int(number))
        )
        return f"{block}.{convolution if layer == 'convolution' else 'bn'}.{leaf}"

    return theirs


def divided_by_window(name: str, tensor: Tensor) -> Tensor:
    """Divide a convolution by its window's size: naoto's layer scales by 1 / known values, ours by size / known."""
    return tensor / tensor[0].numel() if name.endswith("convolution.weight") and tensor.dim() == 4 else tensor


PCONV_LAYOUTS = (
    Layout(
        source="naoto0804's port",
        generator="pconv",
        first="enc_1.conv.input_conv.weight",
        options=lambda entries: {
            "levels": count_numbered(entries, "enc_{}.conv.input_conv.weight"),
            "width": width_of(entries, "enc_1.conv.input_conv.weight"),
        },
        theirs=partial_conv_name("enc_{}", "dec_{}", "conv.input_conv"),
        harmless=r"(enc|dec)_\d+\.conv\.mask_conv\.weight",
        adapt=divided_by_window,
    ),
    Layout(
        source="OpenMMLab's mmagic",
        generator="pconv",
        first="encoder.enc1.conv.weight",
        options=lambda entries: {
            "levels": count_numbered(entries, "encoder.enc{}.conv.weight"),
            "width": width_of(entries, "encoder.enc1.conv.weight"),
            "scale": "signed",
            "first_bias": True,
        },
        theirs=partial_conv_name("encoder.enc{}", "decoder.dec{}", "conv"),
        harmless=r"(encoder\.enc|decoder\.dec)\d+\.conv\.weight_mask_updater",
    ),
)
