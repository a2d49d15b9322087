"""AOT-GAN: blocks that look at four distances at once and let a gate choose between what came in and what they made.

Source: Zeng et al., Aggregated Contextual Transformations for High-Resolution Image Inpainting (2022), and the authors'
code: 8 blocks of 4 widths at the rates 1, 2, 4 and 8; it works in [-1, 1] with white holes.  State-dict names under
`trunk` are the authors'.

Differs: a picture below 36 px a side, whose features are too few to reflect, is enlarged by repeating its last row and
column.  A gate's statistics are of the whole picture, so the answer for a crop is another one than for the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.layers.padding import with_margin
from inpaint.layers.residual import start_small
from inpaint.sample import Prediction

AOT_RATES = (1, 2, 4, 8)
GATE_SCALE = 5.0  # the gate's logit is 5 (2 z - 1), for features z of mean 0 and deviation 1
TINY_DEVIATION = 1e-9


class AotBlock(nn.Module):
    """One aggregation.  (B, width, h, w) in and out; h and w are larger than the largest rate."""

    def __init__(self, width: int, rates: Sequence[int]):
        super().__init__()
        self.branches = len(rates)
        for number, rate in enumerate(rates):
            layers = (nn.ReflectionPad2d(rate), nn.Conv2d(width, width // len(rates), 3, dilation=rate), nn.ReLU())
            self.add_module(f"block{number:02}", nn.Sequential(*layers))
        self.fuse = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3))
        self.gate = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        seen = [self.get_submodule(f"block{number:02}")(x) for number in range(self.branches)]
        gate = gate_of(self.gate(x)).to(x.dtype)
        return x * (1 - gate) + self.fuse(torch.cat(seen, dim=1)) * gate


def gate_of(features: Tensor) -> Tensor:
    """Return how much of what a block made is taken, from features (B, C, h, w) normalised over each map."""
    wide = features.float() if features.dtype in (torch.float16, torch.bfloat16) else features
    mean, deviation = wide.mean((2, 3), keepdim=True), wide.std((2, 3), keepdim=True)
    return (GATE_SCALE * (2 * (wide - mean) / (deviation + TINY_DEVIATION) - 1)).sigmoid()


class AotEnlarge(nn.Module):
    """Enlarge twofold, bilinearly between the corners, and convolve."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True))


class AotTrunk(nn.Module):
    """Complete pictures in [-1, 1] beside their masks: (B, 4, H, W) -> (B, 3, H, W); H and W divide by 4."""

    def __init__(self, width: int, *, blocks: int, rates: Sequence[int]):
        super().__init__()
        wide = 4 * width
        self.encoder = nn.Sequential(
            nn.ReflectionPad2d(3),
            nn.Conv2d(4, width, 7),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * width, wide, 4, stride=2, padding=1),
            nn.ReLU(),
        )
        self.middle = nn.Sequential(*[AotBlock(wide, rates) for _ in range(blocks)])
        self.decoder = nn.Sequential(
            AotEnlarge(wide, 2 * width),
            nn.ReLU(),
            AotEnlarge(2 * width, width),
            nn.ReLU(),
            nn.Conv2d(width, 3, 3, padding=1),
        )
        self.apply(start_small)

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.middle(self.encoder(x))).tanh()


class AotGan(Generator):
    """The trunk behind the contract of every generator."""

    multiple = 4
    view: View = "square"  # its gates are normalised over the picture
    exportable: str | None = None

    def __init__(self, trunk: AotTrunk, *, least: int):
        super().__init__()
        self.trunk = trunk
        self.least = least

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        white = (image * 2 - 1) * (1 - mask) + mask
        seen = with_margin(torch.cat([white, mask], dim=1), multiple=self.multiple, least=self.least)
        return Prediction((self.trunk(seen)[..., : image.shape[-2], : image.shape[-1]] + 1) / 2, {})


def build(*, width: int = 64, blocks: int = 8, rates: Sequence[int] = AOT_RATES) -> Generator:
    """Build AOT-GAN's generator; 15,200,835 parameters.  H and W divide by 4.

    rates: at which dilations every block looks.  Raises ValueError for counts below 1, and for as many rates as do not
    divide the blocks' channels.
    """
    if width < 1 or blocks < 1 or not rates or min(rates) < 1:
        raise ValueError(f"width is {width}, blocks is {blocks} and rates are {list(rates)}: each must be at least 1")
    if 4 * width % len(rates):
        raise ValueError(f"there are {len(rates)} rates, which do not divide {4 * width} channels")
    return AotGan(AotTrunk(width, blocks=blocks, rates=rates), least=4 * (max(rates) + 1))
