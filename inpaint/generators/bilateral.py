"""One-stage inpainting with bilateral attention and pyramid filling: first learned for structure, then for texture.

Source: a reading of Liu et al., Image Inpainting by One-stage Network with Bilateral Attention and Pyramid Filling
Block (2019), whose authors published no code: its figures are not theirs.  A U-Net whose skip connections are filled
from deep to shallow, each by the level below it, which is filled already; bilateral attention follows where the maps
are small.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.bilateral_attention import BilateralAttention, filled_from
from inpaint.layers.deepfill import RGB
from inpaint.layers.residual import start_small
from inpaint.sample import Prediction

WIDTHS_OF_LEVELS = (1, 2, 4, 8, 8, 8)  # in widths of the first
LARGEST_ATTENDED = 3  # levels from the deepest on, whose maps are small enough for attention of every place
FIRST_FILLED = 2  # levels nearest to the picture are not filled: their attention would be of too many places
BILATERAL_SLOPE = 0.2


class Bilateral(Generator):
    """The network behind the contract of every generator."""

    multiple = 2 ** len(WIDTHS_OF_LEVELS)
    view: View = "square"
    exportable: str | None = "its attention is of every two places of a map"

    def __init__(self, width: int):
        super().__init__()
        widths = [RGB + 1, *(width * times for times in WIDTHS_OF_LEVELS)]
        self.encoder = nn.ModuleList(
            nn.Conv2d(before, after, 4, stride=2, padding=1) for before, after in pairwise(widths)
        )
        self.middle = BilateralAttention(widths[-1])
        self.decoder, self.attention = nn.ModuleList(), nn.ModuleList()
        channels = widths[-1]
        for level in range(len(WIDTHS_OF_LEVELS) - 2, -1, -1):
            wide = widths[level + 1]
            self.decoder.append(nn.Conv2d(channels + wide, wide, 3, padding=1))
            depth = len(WIDTHS_OF_LEVELS) - 2 - level
            self.attention.append(BilateralAttention(wide) if depth < LARGEST_ATTENDED else nn.Identity())
            channels = wide
        self.leave = nn.Conv2d(channels + RGB + 1, RGB, 3, padding=1)
        self.apply(start_small)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        x = seen = torch.cat([(2 * image - 1) * (1 - mask), mask], dim=1)
        levels, holes, hole = [], [], mask
        for convolution in self.encoder:
            x, hole = F.leaky_relu(convolution(x), BILATERAL_SLOPE), F.max_pool2d(hole, 2)
            levels.append(x)
            holes.append(hole)
        x = filled = self.middle(levels.pop())
        for number, (convolution, attention) in enumerate(zip(self.decoder, self.attention, strict=True)):
            level = len(levels) - 1
            skip = levels.pop()
            if level >= FIRST_FILLED:
                skip = filled = filled_from(skip, holes[level], filled)
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = F.leaky_relu(convolution(torch.cat([x, skip], dim=1)), BILATERAL_SLOPE)
            x = x + attention(x) if number < LARGEST_ATTENDED else x
        answer = self.leave(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), seen], dim=1))
        return Prediction((answer.tanh() + 1) / 2, {})


def build(*, width: int = 64) -> Generator:
    """Build the network; width: of the first level.  Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"width is {width}: this network needs a width of at least 1")
    return Bilateral(width)
