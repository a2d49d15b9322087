"""The two-stage network of DeepFill: a coarse picture, then a second look with contextual attention.

Source: Yu et al. 2018 (v1) and 2019 (v2), as in the authors' code; the two have the same layers, and differ in what
a convolution is, how wide it is, what the second stage sees and how the answer is bounded.  Layers bear the authors'
names and lie in their order.  Everything here works in [-1, 1] with the hole at 0.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.contextual_attention import check_reduction, contextual_attention, hole_cells
from inpaint.layers.elu import elu
from inpaint.layers.padding import Activation, PaddedConv

RGB = 3


class Convolution(Protocol):
    """What makes an activated convolution: PaddedConv, GatedConv."""

    def __call__(
        self,
        channels: int,
        width: int,
        *,
        kernel: int,
        stride: int,
        dilation: int,
        padding: str,
        activation: Activation,
    ) -> nn.Module:
        """Make one layer."""
        ...


class Layer(NamedTuple):
    """One convolution, as the authors' table says it."""

    name: str
    times: float  # its width, in widths of the first layer
    kernel: int = 3
    stride: int = 1
    rate: int = 1
    enlarge: bool = False  # repeat every pixel twice before
    activation: Activation = elu


def atrous(prefix: str) -> list[Layer]:
    return [Layer(f"{prefix}{7 + power}_atrous", 4, rate=2 ** (power + 1)) for power in range(4)]


def decoder_layers(prefix: str) -> list[Layer]:
    return [
        Layer(f"{prefix}11", 4),
        Layer(f"{prefix}12", 4),
        Layer(f"{prefix}13_upsample", 2, enlarge=True),
        Layer(f"{prefix}14", 2),
        Layer(f"{prefix}15_upsample", 1, enlarge=True),
        Layer(f"{prefix}16", 0.5),
    ]


COARSE = [
    Layer("conv1", 1, kernel=5),
    Layer("conv2_downsample", 2, stride=2),
    Layer("conv3", 2),
    Layer("conv4_downsample", 4, stride=2),
    Layer("conv5", 4),
    Layer("conv6", 4),
    *atrous("conv"),
    *decoder_layers("conv"),
]
DILATED = [
    Layer("xconv1", 1, kernel=5),
    Layer("xconv2_downsample", 1, stride=2),
    Layer("xconv3", 2),
    Layer("xconv4_downsample", 2, stride=2),
    Layer("xconv5", 4),
    Layer("xconv6", 4),
    *atrous("xconv"),
]
MATCHED = [
    Layer("pmconv1", 1, kernel=5),
    Layer("pmconv2_downsample", 1, stride=2),
    Layer("pmconv3", 2),
    Layer("pmconv4_downsample", 4, stride=2),
    Layer("pmconv5", 4),
    Layer("pmconv6", 4, activation=F.relu),
]
REBUILT = [Layer("pmconv9", 4), Layer("pmconv10", 4)]


class TwoStage(nn.Module):
    """Answer a coarse and a refined picture, (B, 3, H, W) each in [-1, 1]; H and W divide by 8.

    convolution: makes a layer.  width: channels of the first layer.  bound: brings an answer into [-1, 1].
    see_mask: the second stage sees ones and the mask beside the picture, as the first does.  refined: the width
    of the second decoder, where it is another one.  padding mmagic: as OpenMMLab's mmagic has these
    networks, which mirrors pictures, lets known patches alone have a share of attention, evens out its border, and has
    ELU before it.
    """

    def __init__(
        self,
        convolution: Convolution,
        width: int,
        *,
        bound: Activation,
        see_mask: bool,
        padding: str,
        fuse: bool,
        reduction: str,
        refined: int | None = None,
    ):
        super().__init__()
        check_reduction(reduction)

        def chain(layers: Iterable[Layer], channels: int, rgb: str = "") -> nn.Sequential:
            return stack(layers, convolution, channels=channels, width=width, padding=padding, rgb=rgb)

        seen = RGB + 2 if see_mask else RGB
        self.open_mmlab = padding == "mmagic"
        matched = [layer._replace(activation=elu) for layer in MATCHED] if self.open_mmlab else MATCHED
        self.coarse = chain(COARSE, RGB + 2, rgb="conv17")
        self.dilated = chain(DILATED, seen)
        self.matched = chain(matched, seen)
        self.rebuilt = chain(REBUILT, 4 * width)
        self.refine = stack(
            decoder_layers("allconv"),
            convolution,
            channels=8 * width,
            width=refined or width,
            padding=padding,
            rgb="allconv17",
        )
        self.bound = bound
        self.see_mask = see_mask
        self.fuse = fuse
        self.reduction = reduction
        self.corners = padding == "tensorflow"

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        known = image * (1 - mask)
        flags = [torch.ones_like(mask), mask]
        coarse = self.bound(self.coarse(torch.cat([known, *flags], dim=1)))
        seen = coarse * mask + known
        if self.see_mask:
            seen = torch.cat([seen, *flags], dim=1)
        matched = self.matched(seen)  # (B, 4 width, H / 4, W / 4)
        hole = hole_cells(mask, reduction=self.reduction, corners=self.corners)
        how = {"fuse": self.fuse, "corners": self.corners, "known_only": self.open_mmlab}
        matched = contextual_attention(matched, matched, hole, **how)
        matched = evenly_covered(matched) if self.open_mmlab else matched
        both = torch.cat([self.dilated(seen), self.rebuilt(matched)], dim=1)
        return coarse, self.bound(self.refine(both))


def evenly_covered(matched: Tensor) -> Tensor:
    """Return rebuilt features (B, C, H, W) whose outer pixels, which fewer patches cover, are made as bright."""
    rows, columns = (torch.ones(side, dtype=matched.dtype, device=matched.device) for side in matched.shape[-2:])
    for places in (rows, columns):
        places[0] = places[-1] = 2
    return matched * rows[:, None] * columns


def stack(
    layers: Iterable[Layer], convolution: Convolution, *, channels: int, width: int, padding: str, rgb: str
) -> nn.Sequential:
    """Chain layers under their names; rgb: the name of a last, plain convolution to three channels, or empty."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for layer in layers:
        if layer.enlarge:
            parts[f"{layer.name}_enlarge"] = nn.Upsample(scale_factor=2, mode="nearest")
        wide = int(layer.times * width)
        parts[layer.name] = convolution(
            channels,
            wide,
            kernel=layer.kernel,
            stride=layer.stride,
            dilation=layer.rate,
            padding=padding,
            activation=layer.activation,
        )
        channels = wide
    if rgb and padding == "mmagic":  # where the last convolution is gated, too
        last = {"kernel": 3, "stride": 1, "dilation": 1, "activation": torch.nn.Identity()}
        parts[rgb] = convolution(channels, RGB, padding=padding, **last)
    elif rgb:
        parts[rgb] = PaddedConv(channels, RGB, padding=padding)
    return nn.Sequential(parts)
