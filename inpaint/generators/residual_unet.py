"""The default restorer: a residual U-Net that corrects a first guess, for mosaics and for holes.

Its input is the picture as the degradation presents it (a smooth membrane over a hole, the enlarged cell means over
a mosaic, or the raw mosaic) and the mask.  It starts as the identity (the last convolution is zero), so training
begins at the first guess and only ever has to improve on it.  Dense 3x3 convolutions without normalisation: the same
answer for any crop size and batch, and the layers that CPUs with bfloat16 run fastest.

Source: the trunk is the U-Net of Ronneberger et al. 2015 with EDSR blocks, additive skips, strided 2x2 convolutions
down and sub-pixel convolutions (Shi et al. 2016) up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.residual import ResidualBlock
from inpaint.sample import Prediction


def residual_blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*[ResidualBlock(width) for _ in range(count)])


class ShuffleUp(nn.Module):
    """Double the size by a 1x1 convolution and a pixel shuffle.  (B, 2c, h, w) -> (B, c, 2h, 2w)."""

    def __init__(self, wide: int, narrow: int):
        super().__init__()
        self.expand = nn.Conv2d(wide, 4 * narrow, 1)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.shuffle(self.expand(x))


class ResidualUNet(Generator):
    """See the module's docstring; widths are the channels from full resolution down to the bottleneck."""

    exportable: str | None = None

    def __init__(self, widths: Sequence[int], *, blocks: int, middle: int):
        super().__init__()
        self.multiple = 2 ** (len(widths) - 1)
        steps = list(pairwise(widths))
        self.head = nn.Conv2d(4, widths[0], 3, padding=1)
        self.encoders = nn.ModuleList(residual_blocks(narrow, blocks) for narrow, _ in steps)
        self.downs = nn.ModuleList(nn.Conv2d(narrow, wide, 2, stride=2) for narrow, wide in steps)
        self.middle = residual_blocks(widths[-1], middle)
        self.ups = nn.ModuleList(ShuffleUp(wide, narrow) for narrow, wide in reversed(steps))
        self.decoders = nn.ModuleList(residual_blocks(narrow, blocks) for narrow, _ in reversed(steps))
        self.tail = nn.Conv2d(widths[0], 3, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        x = self.head(torch.cat([image, mask], dim=1))  # (B, widths[0], H, W)
        skips = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            x = encoder(x)
            skips.append(x)
            x = down(x)
        x = self.middle(x)  # (B, widths[-1], h, w)
        for up, decoder in zip(self.ups, self.decoders, strict=True):
            x = decoder(up(x) + skips.pop())
        return Prediction(image + self.tail(x), {})


def build(*, widths: Sequence[int] = (32, 64, 128, 256), blocks: int = 2, middle: int = 4) -> Generator:
    """Build the residual U-Net; blocks: residual blocks per level and direction, middle: at the bottleneck.

    The defaults make 6,618,179 parameters; H and W must divide by 2 ** (len(widths) - 1).
    Raises ValueError where there is no width.
    """
    if not widths:
        raise ValueError("widths should name the channels of at least one level, such as [32, 64, 128, 256]")
    return ResidualUNet(widths, blocks=blocks, middle=middle)
