"""SC-FEGAN: a gated U-Net that restores by what the user draws, a sketch and colours.

Source: Jo and Park, SC-FEGAN: Face Editing Generative Adversarial Network with User's Sketch and Color (2019), and the
authors' code, which has the generator alone.  It sees picture, sketch, colours, mask and noise together; each gated
convolution is normalised over neighbouring channels (Krizhevsky et al. 2012) before its leaky ReLU; enlargements are
gated by the same kernel with a bias of its own.  What nobody draws is 0 in the sketch and black in the colours; without
noise it is 0.  Layers bear the authors' names.

Differs: RGB where the authors' demonstration feeds BGR.  Their code computes the gate of an enlargement, then takes the
sigmoid of the feature instead, so that the gate's bias does nothing: that is `released`, which their weights need.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.layers.padding import PaddedConv
from inpaint.sample import Prediction

SEEN_CHANNELS = RGB + 1 + RGB + 1 + 1  # picture, sketch, colours, mask, noise
ENCODER = ((7, 1), (5, 2), (5, 4), (3, 8), (3, 8), (3, 8), (3, 8))  # kernel, width in widths of the first
MIDDLE_RATES = (2, 4, 8, 16)
DECODER = (8, 8, 8, 4, 2, 1)
SLOPE = 0.2
NORM_REACH, NORM_BIAS = 5, 5e-5  # channels on either side; TensorFlow's alpha is 1 and its power one half
START_DEVIATION = 0.02


class NormedGate(nn.Module):
    """Answer leaky(norm(feature)) * sigmoid(gate), both convolutions of the same input."""

    def __init__(self, channels: int, width: int, *, kernel: int = 3, stride: int = 1, rate: int = 1, plain: str = ""):
        """plain: "norm" leaves the norm out, "all" the leaky ReLU too."""
        super().__init__()
        self.feature, self.gate = (
            PaddedConv(channels, width, kernel=kernel, stride=stride, dilation=rate) for _ in range(2)
        )
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        feature = self.feature(x)
        if not self.plain:
            feature = channel_norm(feature)
        if self.plain != "all":
            feature = F.leaky_relu(feature, SLOPE)
        return feature * self.gate(x).sigmoid()


def channel_norm(x: Tensor) -> Tensor:
    """Divide by the root of the sum of squares over neighbouring channels, as tf.nn.lrn does."""
    side = 2 * NORM_REACH + 1
    squares = F.avg_pool3d(F.pad(x.square()[:, None], (0, 0, 0, 0, NORM_REACH, NORM_REACH)), (side, 1, 1), stride=1)
    return x / (NORM_BIAS + side * squares[:, 0]).sqrt()


class GatedEnlargement(nn.Module):
    """Transpose a convolution of stride 2 as TensorFlow's SAME does, and gate it by the same with another bias."""

    def __init__(self, channels: int, width: int, *, released: bool):
        super().__init__()
        self.weight = nn.Parameter(START_DEVIATION * torch.randn(channels, width, 5, 5))
        self.bias = nn.Parameter(torch.zeros(width))
        self.gate_bias = nn.Parameter(torch.zeros(width))
        self.released = released

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, h, w) -> (B, width, 2h, 2w)."""
        height, width = 2 * x.shape[-2], 2 * x.shape[-1]
        large = F.conv_transpose2d(x, self.weight, stride=2)[..., 1 : 1 + height, 1 : 1 + width]
        feature = F.leaky_relu(large + self.bias.view(-1, 1, 1), SLOPE)
        gate = feature if self.released else large + self.gate_bias.view(-1, 1, 1)
        return feature * gate.sigmoid()


class SketchColourNet(nn.Module):
    """The layers: (B, 9, H, W) -> (B, 3, H, W) in [-1, 1]; sides divide by 128.  92,886,100 parameters of width 64."""

    def __init__(self, width: int, *, released: bool):
        super().__init__()
        channels, seen = SEEN_CHANNELS, []
        for number, (kernel, times) in enumerate(ENCODER, 1):
            plain = "norm" if number == 1 else ""
            self.add_module(
                f"gconv{number}_ds", NormedGate(channels, times * width, kernel=kernel, stride=2, plain=plain)
            )
            seen.append(channels)
            channels = times * width
        for number, rate in enumerate(MIDDLE_RATES, 1):
            self.add_module(f"co_conv{number}_dlt", NormedGate(channels, channels, rate=rate))
        for number, times in enumerate((*DECODER, 0), 1):
            wide = times * width or RGB
            self.add_module(f"deconv{number}", GatedEnlargement(channels, wide, released=released))
            joined = seen[len(ENCODER) - number] + wide
            self.add_module(f"gconv{number + 7}", NormedGate(joined, wide, plain="" if times else "all"))
            channels = wide

    def forward(self, x: Tensor) -> Tensor:
        seen, layers = [], dict(self.named_children())
        for number in range(1, len(ENCODER) + 1):
            seen.append(x)
            x = layers[f"gconv{number}_ds"](x)
        for number in range(1, len(MIDDLE_RATES) + 1):
            x = layers[f"co_conv{number}_dlt"](x)
        for number in range(1, len(ENCODER) + 1):
            large = layers[f"deconv{number}"](x)
            x = layers[f"gconv{number + 7}"](torch.cat([seen.pop(), large], dim=1))
        return x.tanh()


class ScFegan(Generator):
    """The layers behind the contract of every generator."""

    multiple = 2 ** len(ENCODER)
    view: View = "square"
    samples = True

    def __init__(self, width: int, *, released: bool):
        super().__init__()
        self.net = SketchColourNet(width, released=released)
        self.inputs = {
            "sketch": ExtraInput(1, drawn=True),
            "colour": ExtraInput(RGB, drawn=True),
            "noise": ExtraInput(1, noise=True, drawn=True),
        }

    def forward(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        sketch: Tensor | None = None,
        colour: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> Prediction:
        """sketch: (B, 1, H, W), 1 on lines.  colour: (B, 3, H, W) in [0, 1], black where there is none.

        noise: (B, 1, H, W) of the normal distribution.  Of all three what lies in the hole is seen; None is nothing.
        """
        lines, drawn = (torch.zeros_like(mask) if it is None else it * mask for it in (sketch, noise))
        colours = torch.zeros_like(image) if colour is None else colour
        seen = [(2 * image - 1) * (1 - mask), lines, (2 * colours - 1) * mask, mask, drawn]
        return Prediction((self.net(torch.cat(seen, dim=1)) + 1) / 2, {})


def build(*, width: int = 64, released: bool = False) -> Generator:
    """Build SC-FEGAN; width: of the first convolution.  released: gate enlargements as the authors' weights need it.

    Raises ValueError for a width below 1.
    """
    if width < 1:
        raise ValueError(f"width is {width}: this network needs a width of at least 1")
    return ScFegan(width, released=released)
