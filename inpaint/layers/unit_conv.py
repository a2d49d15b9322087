"""Convolutions of filters of unit length, and the resampling between scales, as StyleGAN's descendants have them.

Source: Sargsyan et al., MI-GAN (2023), and the authors' code.  A filter is divided by its length each time, and may
learn as the sum of several tensors, which are one filter when they are added up.  A separable convolution filters
every channel alone and mixes them afterwards; it gets smaller before the mixing, and larger after it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

UNIT_SLOPE = 0.2
BLUR = (1.0, 3.0, 3.0, 1.0)  # taps along an axis, before they are made to sum to 1
LARGEST_UNIT = 256.0  # what an activation is cut at
TINY_LENGTH = 1e-8  # under the root


def unit_activation(x: Tensor, gain: float = 1.0) -> Tensor:
    """Let a fifth of what is negative through, keep the size in the mean, and cut off at 256; then multiply by gain."""
    return (F.leaky_relu(x, UNIT_SLOPE) * (math.sqrt(2) * gain)).clamp(-LARGEST_UNIT * gain, LARGEST_UNIT * gain)


def blur_taps(like: Tensor, channels: int, gain: float) -> Tensor:
    """Return the smooth filter of every channel alone, (channels, 1, 4, 4), whose taps sum to gain."""
    taps = torch.tensor(BLUR, dtype=like.dtype, device=like.device)
    return (taps[:, None] * taps * (gain / sum(BLUR) ** 2)).expand(channels, 1, -1, -1)


def blurred_down(x: Tensor, channels: int = 3) -> Tensor:
    """Halve features smoothly.  (B, channels, 2h, 2w) -> (B, channels, h, w)."""
    return F.conv2d(x, blur_taps(x, channels, 1.0), stride=2, padding=1, groups=channels)


def blurred_up(x: Tensor, channels: int = 3) -> Tensor:
    """Double features smoothly.  (B, channels, h, w) -> (B, channels, 2h, 2w)."""
    return F.conv_transpose2d(x, blur_taps(x, channels, 4.0), stride=2, padding=1, groups=channels)


class UnitConv(nn.Module):
    """Convolve by filters of unit length, each the sum of so many tensors.  (B, channels, h, w) -> (B, width, h, w)."""

    def __init__(
        self, channels: int, width: int, *, kernel: int = 1, groups: int = 1, bias: bool = True, tensors: int = 1
    ):
        super().__init__()
        shape = (width, channels // groups, kernel, kernel)
        self.weights = nn.ParameterList(nn.Parameter(torch.randn(shape)) for _ in range(tensors))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None
        self.groups, self.margin = groups, kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight(), self.bias, padding=self.margin, groups=self.groups)

    def weight(self) -> Tensor:
        """Return the filters, (width, channels / groups, kernel, kernel), whose length is 1."""
        total = torch.stack(tuple(self.weights)).sum(0) / math.sqrt(len(self.weights))
        return total * (total.square().sum((1, 2, 3), keepdim=True) + TINY_LENGTH).rsqrt()


class SeparableUnitConv(nn.Module):
    """Filter each channel by 3 x 3 and mix them.  (B, channels, h, w) -> (B, width, h', w') of half or twice the size.

    resample: down, up, or nothing.  noise_side: side of the fixed noise that is added, px; 0 adds none.
    """

    noise_const: Tensor

    def __init__(self, channels: int, width: int, *, resample: str = "", noise_side: int = 0, tensors: int = 1):
        super().__init__()
        self.conv1 = UnitConv(channels, channels, kernel=3, groups=channels, tensors=tensors)
        self.conv2 = UnitConv(channels, width, bias=False, tensors=tensors)
        self.channels, self.width = channels, width
        self.resample, self.noise_side = resample, noise_side
        if noise_side:
            self.register_buffer("noise_const", torch.randn(noise_side, noise_side))
            self.noise_strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        x = unit_activation(self.conv1(x), gain)
        x = self.conv2(blurred_down(x, self.channels) if self.resample == "down" else x)
        x = blurred_up(x, self.width) if self.resample == "up" else x
        if self.noise_side:
            x = x + self.noise(x) * self.noise_strength.to(x.dtype)
        return unit_activation(x, gain)

    def noise(self, like: Tensor) -> Tensor:
        """Return noise for features (B, C, h, w): drawn anew while learning, else the fixed one, repeated or cut."""
        height, width = like.shape[-2:]
        if self.training:  # drawn as dropout is: the trainer seeds torch's generator from (seed, step, rank)
            return torch.randn(len(like), 1, height, width, device=like.device, dtype=like.dtype)
        rows, columns = (torch.arange(side, device=like.device) % self.noise_side for side in (height, width))
        return self.noise_const.to(like.dtype)[rows][:, columns]
