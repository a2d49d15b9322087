"""MI-GAN: a small U of separable convolutions for phones, whose picture is a sum over scales.

Source: Sargsyan et al., MI-GAN: A Simple Baseline for Image Inpainting on Mobile Devices (2023), and the authors' code:
256 px with 128 channels at the finest scale, or 512 px with 64; it works in [-1, 1] with black holes and is shown where
pixels are known, less 1/2.  Names under `trunk` are the authors', but for those of filters, which are lists here: while
it learns each filter is the sum of nine tensors, and of one when files that were made for restoring are taken.

Differs: other sizes are answered, too; the fixed noise is then repeated or cut.  Its 78,112 taps of smoothing are
computed, not kept.  `extras` hold what each scale adds to the picture, as rgb_4, rgb_8, ..., in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.unit_conv import SeparableUnitConv, UnitConv, blurred_up, unit_activation
from inpaint.sample import Prediction

COARSEST = 4  # px, the side of the coarsest scale
UNIT_TENSORS = 9  # that a filter is the sum of, as published


def unit_widths(width: int, widest: int, levels: int) -> list[int]:
    """Return the channels of every scale, the finest first."""
    return [min(width << level, widest) for level in range(levels + 1)]


def scale_names(levels: int) -> list[str]:
    """Return what every scale is called, the finest first: b256, b128, ..., b4."""
    return [f"b{COARSEST << level}" for level in range(levels, -1, -1)]


class UnitEncoder(nn.Module):
    """Look at (B, 4, H, W) at every scale; return what is left at the coarsest, and what each saw, by its name."""

    def __init__(self, widths: Sequence[int], tensors: int):
        super().__init__()
        self.names = scale_names(len(widths) - 1)
        for level, (name, wide) in enumerate(zip(self.names, widths, strict=True)):
            narrower = widths[min(level + 1, len(widths) - 1)]
            block = nn.Module()
            block.conv1 = SeparableUnitConv(wide, wide, tensors=tensors)
            block.conv2 = SeparableUnitConv(
                wide, narrower, resample="down" if level < len(widths) - 1 else "", tensors=tensors
            )
            self.add_module(name, block)
        self.get_submodule(self.names[0]).fromrgb = UnitConv(4, widths[0])

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        seen = {}
        x = unit_activation(self.get_submodule(f"{self.names[0]}.fromrgb")(x))
        for name in self.names:
            seen[name] = self.get_submodule(f"{name}.conv1")(x)
            x = self.get_submodule(f"{name}.conv2")(seen[name])
        return x, seen


class UnitSynthesis(nn.Module):
    """Draw (B, 3, H, W) from the coarsest features and from what was seen; return also what every scale adds."""

    def __init__(self, widths: Sequence[int], tensors: int):
        super().__init__()
        self.names = scale_names(len(widths) - 1)[::-1]
        wider = [widths[-1], *reversed(widths)]
        for level, name in enumerate(self.names):
            wide, side = widths[-1 - level], COARSEST << level if level else 0  # the coarsest has no noise
            block = nn.Module()
            up = "up" if level else ""
            block.conv1 = SeparableUnitConv(wider[level], wide, resample=up, noise_side=side, tensors=tensors)
            block.conv2 = SeparableUnitConv(wide, wide, noise_side=side, tensors=tensors)
            block.torgb = UnitConv(wide, 3, tensors=tensors)
            self.add_module(name, block)

    def forward(self, x: Tensor, seen: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        picture: Tensor | None = None
        added = {}
        for name in self.names:
            x = self.get_submodule(f"{name}.conv1")(x) + seen[name]
            x = self.get_submodule(f"{name}.conv2")(x)
            added[f"rgb_{name[1:]}"] = colours = self.get_submodule(f"{name}.torgb")(x)
            picture = colours if picture is None else blurred_up(picture) + colours
        assert picture is not None
        return picture, added


class MiganTrunk(nn.Module):
    """Pictures in [-1, 1] beside where they are known, less 1/2: (B, 4, H, W) -> (B, 3, H, W), and what scales add."""

    def __init__(self, width: int, *, widest: int, levels: int, tensors: int):
        super().__init__()
        widths = unit_widths(width, widest, levels)
        self.encoder = UnitEncoder(widths, tensors)
        self.synthesis = UnitSynthesis(widths, tensors)

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return self.synthesis(*self.encoder(x))


class Migan(Generator):
    """The trunk behind the contract of every generator."""

    view: View = "square"  # its coarsest scale is of the whole picture
    exportable: str | None = None

    def __init__(self, trunk: MiganTrunk, *, levels: int):
        super().__init__()
        self.trunk = trunk
        self.multiple = 1 << levels

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        known = 1 - mask
        picture, added = self.trunk(torch.cat([known - 0.5, (2 * image - 1) * known], dim=1))
        return Prediction((picture + 1) / 2, added)


def check_unit_sizes(width: int, widest: int, levels: int, tensors: int) -> None:
    """Raise ValueError for sizes that no network of these convolutions has."""
    if min(width, widest, levels, tensors) < 1:
        raise ValueError(
            f"width is {width}, widest is {widest}, levels is {levels} and tensors is {tensors}: "
            "each must be at least 1"
        )


def build(*, width: int = 128, widest: int = 512, levels: int = 6, tensors: int = UNIT_TENSORS) -> Generator:
    """Build MI-GAN's generator; 5,865,505 learned numbers once each filter is one tensor.  H and W divide by 2^levels.

    width: channels at the finest scale, doubled at each of so many levels up to the widest; it is trained with pictures
    of 4 * 2^levels px a side.  tensors: of which a filter is the sum.  Raises ValueError for counts below 1.
    """
    check_unit_sizes(width, widest, levels, tensors)
    return Migan(MiganTrunk(width, widest=widest, levels=levels, tensors=tensors), levels=levels)
