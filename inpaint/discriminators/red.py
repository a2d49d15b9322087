"""The region ensemble discriminator of PEPSI: every sixteenth of a picture is judged by a classifier of its own.

Source: Sagong et al., PEPSI: Fast Image Inpainting with Parallel Decoding Network (2019), and the authors' code; six
spectrally normalised 5x5 convolutions of stride 2 with TensorFlow's SAME padding turn 256 pixels into 4 x 4 features.
As published, the bias of a classifier stands inside its sum over the channels, which multiplies it by their number,
and its weight vector is divided by its length, which is spectral normalisation of a single row.  What differs: no
gradient passes through the power iteration of the convolutions, the damaged picture and the mask as further channels
are choices, and pictures of another size than 256 are judged too: the 4 x 4 classifiers are then spread over their
features.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown

KERNEL = 5
REGIONS = 4  # a side
WIDTHS = (1, 2, 4, 4, 4, 8)  # in units of the width


class RegionEnsemble(nn.Module):
    """One linear classifier for each region.  (B, channels, h, w) -> (B, 1, h, w)."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, channels, REGIONS, REGIONS) / channels**0.5)
        self.bias = nn.Parameter(torch.zeros(1, 1, REGIONS, REGIONS))

    def forward(self, x: Tensor) -> Tensor:
        size = (x.shape[-2], x.shape[-1])
        weight = F.interpolate(F.normalize(self.weight, dim=1), size)
        bias = F.interpolate(self.bias, size)
        return (x * weight + bias).sum(dim=1, keepdim=True)


class Red(Discriminator):
    """The discriminator, for pictures in [0, 1]; 7,592,080 parameters for a width of 64."""

    def __init__(self, width: int, *, see_image: bool, see_mask: bool):
        super().__init__()
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        widths = [3 + extra_channels(**self.sees), *[times * width for times in WIDTHS]]
        convolutions = [nn.Conv2d(c, out, KERNEL, stride=2) for c, out in pairwise(widths)]
        for convolution in convolutions:  # the start of TensorFlow's layers, before the norm's power iteration
            nn.init.xavier_uniform_(convolution.weight)
            assert convolution.bias is not None
            nn.init.zeros_(convolution.bias)
        self.convolutions = nn.ModuleList(spectral_norm(convolution) for convolution in convolutions)
        self.regions = RegionEnsemble(widths[-1])

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        x = shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees)
        features = []
        for convolution in self.convolutions:
            height, width = x.shape[-2:]
            x = F.pad(x, (1 + width % 2, 2, 1 + height % 2, 2))  # TensorFlow's SAME: the odd zero comes last
            x = F.leaky_relu(convolution(x), LEAKY_SLOPE)
            features.append(x)
        logits = self.regions(x)
        return Scores(logits, [*features, logits])


def build(*, width: int = 64, see_image: bool = False, see_mask: bool = False) -> Discriminator:
    """Build PEPSI's region ensemble discriminator.  Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    return Red(width, see_image=see_image, see_mask=see_mask)
