"""SRCNN: three convolutions that sharpen an enlarged picture.

Source: Dong et al., Image Super-Resolution Using Deep Convolutional Networks (2014, 2016), kernels 9-1-5 or 9-5-5 on
RGB, or on luma alone as first published (`luma`).  Its input is the picture as it is shown, best with the mosaic's
cells enlarged bicubically (fill: mosaic, enlarge: bicubic), so it serves every block and needs no grid.  Differs: zero
padding instead of answers that lose their border, and torch's initial values instead of normal ones of deviation 0.001,
from which three layers hardly begin to learn.
"""

from __future__ import annotations

import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.layers.luma import OnLuma
from inpaint.sample import Prediction

MIDDLES = (1, 5)


class SrcnnTrunk(nn.Module):
    """The layers, for pictures in [0, 1]: (B, C, H, W) in and out."""

    def __init__(self, channels: int, *, width: int, middle: int):
        super().__init__()
        narrow = width // 2
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, 9, padding=4),
            nn.ReLU(),
            nn.Conv2d(width, narrow, middle, padding=middle // 2),
            nn.ReLU(),
            nn.Conv2d(narrow, channels, 5, padding=2),
        )

    def forward(self, shown: Tensor) -> Tensor:
        return self.layers(shown)


class Srcnn(Generator):
    """The trunk behind the contract of every generator; it sees no mask."""

    multiple = 1
    exportable: str | None = None

    def __init__(self, width: int, *, middle: int, luma: bool):
        super().__init__()
        trunk = SrcnnTrunk(1 if luma else 3, width=width, middle=middle)
        self.trunk = OnLuma(trunk) if luma else trunk

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.trunk(image), {})


def build(*, width: int = 64, middle: int = 1, luma: bool = False) -> Generator:
    """Build SRCNN; middle: side of the second kernel, 1 (20,099 parameters) or 5 (69,251).

    luma: sharpen luma alone, as published (8,129 parameters, or 57,281), and leave colours.  Raises ValueError for
    another middle and for a width below 2.
    """
    if middle not in MIDDLES:
        raise ValueError(f"middle {middle} is unknown; choose 1 (9-1-5) or 5 (9-5-5)")
    if width < 2:
        raise ValueError(f"width {width} must be at least 2")
    return Srcnn(width, middle=middle, luma=luma)
