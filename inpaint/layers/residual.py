"""The residual blocks that restoration networks are made of.

ResidualBlock: He et al. 2016 without normalisation, as EDSR (Lim et al. 2017) showed to suit restoration.
ReflectedBlock: the block of style transfer (Johnson et al., Perceptual Losses for Real-Time Style Transfer, 2016), as
CycleGAN (Zhu et al. 2017) pads it with reflections and EdgeConnect (Nazeri et al. 2019) dilates its first convolution,
and how their authors start weights.  Its state-dict names are the authors'.
"""

from __future__ import annotations

import torch.nn as nn
from torch import Tensor

SMALL_START_DEVIATION = 0.02


class ResidualBlock(nn.Module):
    """Add conv(ReLU(conv(x))) to x; 3x3, zero padding, bias, no normalisation.  (B, width, H, W) in and out.

    scale: by which what is added is multiplied, which keeps wide networks stable.
    """

    def __init__(self, width: int, *, scale: float = 1.0):
        super().__init__()
        self.scale = scale
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        added = self.second(self.first(x).relu())
        return x + (added if self.scale == 1 else self.scale * added)


class ReflectedBlock(nn.Module):
    """Add conv, instance norm, ReLU, conv, instance norm of x to x; no ReLU after the sum.

    (B, width, h, w) in and out; h and w must be larger than dilation.
    """

    def __init__(self, width: int, *, dilation: int = 1, bias: bool = True):
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(dilation),
            nn.Conv2d(width, width, 3, dilation=dilation, bias=bias),
            nn.InstanceNorm2d(width),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(width, width, 3, bias=bias),
            nn.InstanceNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


def normalised(convolution: nn.Conv2d | nn.ConvTranspose2d) -> list[nn.Module]:
    """Return a convolution, its instance norm and its ReLU."""
    return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU()]


def start_small(module: nn.Module) -> None:
    """Draw the weights of a convolution from N(0, 0.02) and set its biases to 0; leave other modules alone."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, SMALL_START_DEVIATION)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
