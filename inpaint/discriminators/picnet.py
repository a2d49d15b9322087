"""PICNet's discriminator: spectrally normalised residual blocks, with attention at an eighth of the size.

Source: Zheng et al., Pluralistic Image Completion (2019), and the authors' code.  It judges patches, of which 6 x 6
cover a picture of 256 px.  Differs: their attention also holds a block that is never asked, which is left out; the
damaged picture and the mask can be further channels.
"""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import extra_channels, shown
from inpaint.layers.short_long_attention import ShortAttention
from inpaint.layers.spectral_residual import BLOCK_SLOPE, SpectralBlock, SpectralEntry, spectral_conv

JUDGED_CAP = 4  # channels grow to 4 times the width, then stay
ATTENDING = 2  # the block before which attention stands


class ResidualJudge(Discriminator):
    """It takes pictures in [0, 1], and shows the layers what its options name in [-1, 1]."""

    def __init__(self, width: int, *, layers: int, see_image: bool, see_mask: bool):
        super().__init__()
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        self.layers = layers
        widths = [width * min(2**level, JUDGED_CAP) for level in range(layers)]
        self.block0 = SpectralEntry(3 + extra_channels(**self.sees), width)
        for level, (narrow, wide) in enumerate(pairwise(widths)):
            if level == ATTENDING:
                self.attn2 = ShortAttention(narrow)
            self.add_module(f"encoder{level}", SpectralBlock(narrow, wide, narrow, change="halve"))
        self.block1 = SpectralBlock(widths[-1], widths[-1], widths[-1])
        self.conv = spectral_conv(widths[-1], 1, 3)

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        x = self.block0(shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees))
        features = [x]
        for level in range(self.layers - 1):
            if level == ATTENDING:
                x = self.attn2(x)
            x = self.get_submodule(f"encoder{level}")(x)
            features.append(x)
        logits = self.conv(F.leaky_relu(self.block1(x), BLOCK_SLOPE))
        return Scores(logits, [*features, logits])


def build(*, width: int = 32, layers: int = 5, see_image: bool = False, see_mask: bool = False) -> Discriminator:
    """Build PICNet's discriminator; layers: of which each halves, at least 4; 3 * 2 ** layers px are the least.

    Raises ValueError for a width or layers out of range.
    """
    if width < 1 or layers < ATTENDING + 2:
        raise ValueError(f"width is {width} and layers is {layers}: they must be at least 1 and {ATTENDING + 2}")
    return ResidualJudge(width, layers=layers, see_image=see_image, see_mask=see_mask)
