"""The plain residual block that restoration networks are made of.

Source: He et al. 2016 without normalisation, as EDSR (Lim et al. 2017) showed to suit restoration.
"""

from __future__ import annotations

import torch.nn as nn
from torch import Tensor


class ResidualBlock(nn.Module):
    """Add conv(ReLU(conv(x))) to x; 3x3, zero padding, bias, no normalisation.  (B, width, H, W) in and out."""

    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x).relu())
