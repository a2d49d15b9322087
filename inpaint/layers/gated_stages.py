"""Gated convolutions in one or two stages without attention, as in zhaoyuzhi's DeepFill v2.

Source: zhaoyuzhi/deepfillv2 (84a13c0), in colour two such stages, in grey one.  Features are normalised after their
gate and then activated, and the convolutions that follow an enlargement are spectrally normalised.  The networks work
in [0, 1], where holes are 1, and see the mask.

Differs: the power iteration of spectral norms rests when restoring, where theirs goes on.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.layers.padding import Activation, PaddedConv

FIRST_GAIN = 0.02  # of the weights' deviation at the start


class PlainLayer(NamedTuple):
    """One gated convolution."""

    times: int  # its width, in widths of the first layer
    kernel: int = 3
    stride: int = 1
    rate: int = 1
    enlarge: bool = False


PLAIN_LAYERS = (
    PlainLayer(1, kernel=7),
    PlainLayer(2, kernel=4, stride=2),
    PlainLayer(4),
    PlainLayer(4, kernel=4, stride=2),
    *(PlainLayer(4, rate=rate) for rate in (1, 1, 2, 4, 8, 16, 1, 1)),
    PlainLayer(2, enlarge=True),
    PlainLayer(2),
    PlainLayer(1, enlarge=True),
)


class NormalisedGate(nn.Module):
    """Answer activation(norm(feature * sigmoid(gate))), of a picture enlarged twice where the layer says so."""

    def __init__(
        self, channels: int, width: int, layer: PlainLayer, *, padding: str, norm: bool, activation: Activation
    ):
        super().__init__()
        self.feature, self.gate = (
            PaddedConv(channels, width, kernel=layer.kernel, stride=layer.stride, dilation=layer.rate, padding=padding)
            for _ in range(2)
        )
        self.enlarge, self.norm, self.activation = layer.enlarge, norm, activation
        for convolution in (self.feature, self.gate):
            convolution.reset_parameters()
            if self.enlarge:
                spectral_norm(convolution)
            else:
                nn.init.xavier_normal_(convolution.weight, gain=FIRST_GAIN)

    def forward(self, x: Tensor) -> Tensor:
        if self.enlarge:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = self.feature(x) * torch.sigmoid(self.gate(x))
        return self.activation(F.instance_norm(x) if self.norm else x)


class PlainStages(nn.Module):
    """Answer one picture a stage, (B, colours, H, W) each; H and W divide by 4.

    width: features of the first layer.  Two stages answer within tanh, one within sigmoid.
    """

    def __init__(self, width: int, *, colours: int, stages: int, padding: str):
        super().__init__()
        bound = torch.tanh if stages > 1 else torch.sigmoid
        self.stages = nn.ModuleList(plain_stage(width, colours, bound, padding) for _ in range(stages))

    def forward(self, image: Tensor, mask: Tensor) -> list[Tensor]:
        shown, answers = image * (1 - mask) + mask, []
        for stage in self.stages:
            answers.append(stage(torch.cat([shown, mask], dim=1)))
            shown = image * (1 - mask) + answers[-1] * mask
        return answers


def plain_stage(width: int, colours: int, bound: Activation, padding: str) -> nn.Sequential:
    """Return the sixteen layers of a stage, of which the first and the last are not normalised."""
    layers, channels = [], colours + 1
    for number, layer in enumerate(PLAIN_LAYERS):
        wide = layer.times * width
        layers.append(
            NormalisedGate(channels, wide, layer, padding=padding, norm=number > 0, activation=nn.LeakyReLU(0.2))
        )
        channels = wide
    last = PlainLayer(1, kernel=7)
    return nn.Sequential(
        *layers, NormalisedGate(channels, colours, last, padding=padding, norm=False, activation=bound)
    )
