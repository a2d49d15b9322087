"""StructureFlow's discriminator: two of a kind, of which one judges the picture at half its size.

Source: Ren et al., StructureFlow (2019), and the authors' code.  What the smaller one says of a place is repeated for
the four places of the larger one's map, so that the mean over both is the authors' mean of two means.  Differs: the
damaged picture and the mask can be further channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown
from inpaint.layers.mirrored_conv import MirroredConv


def judging_conv(channels: int, width: int, kernel: int, *, stride: int = 1) -> nn.Module:
    """Build a spectrally normalised convolution and its leaky ReLU."""
    return MirroredConv(channels, width, kernel, stride=stride, activation=nn.LeakyReLU(LEAKY_SLOPE), spectral=True)


class HalvingBlock(nn.Module):
    """Add two convolutions to a convolved shortcut, halve both, double the channels."""

    def __init__(self, channels: int):
        super().__init__()
        wide = 2 * channels
        self.conv_1 = nn.Sequential(
            judging_conv(channels, channels, 3), judging_conv(channels, wide, 3), nn.AvgPool2d(2)
        )
        self.conv_2 = nn.Sequential(nn.AvgPool2d(2), judging_conv(channels, wide, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_1(x) + self.conv_2(x)


class OneScale(nn.Module):
    """Logits of a picture (B, C, H, W), (B, 1, H / 8, W / 8), after the features of each layer."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        last = MirroredConv(4 * width, 1, 1, spectral=True, bias=False)
        blocks = [HalvingBlock(width), HalvingBlock(2 * width)]
        self.model = nn.Sequential(judging_conv(channels, width, 4, stride=2), *blocks, last)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for layer in self.model:
            x = layer(x)
            features.append(x)
        return features


class TwoScales(Discriminator):
    """Both, for pictures in [0, 1] whose sides divide by 16."""

    def __init__(self, width: int, *, see_image: bool, see_mask: bool):
        super().__init__()
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        channels = 3 + extra_channels(**self.sees)
        self.model_1 = OneScale(channels, width)
        self.model_2 = OneScale(channels, width)

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        """Return logits (B, 2, H / 8, W / 8), of the whole size and of half of it."""
        x = shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees)
        fine = self.model_1(x)
        coarse = self.model_2(F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False))
        size = [fine[-1].shape[-2], fine[-1].shape[-1]]
        logits = torch.cat([fine[-1], F.interpolate(coarse[-1], size, mode="nearest")], dim=1)
        return Scores(logits, [*fine[:-1], *coarse[:-1], logits])


def build(*, width: int = 64, see_image: bool = False, see_mask: bool = False) -> Discriminator:
    """Build both; the default makes 1,196,544 parameters.  Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"width is {width}: a discriminator needs a width of at least 1")
    return TwoScales(width, see_image=see_image, see_mask=see_mask)
