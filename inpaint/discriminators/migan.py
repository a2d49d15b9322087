"""MI-GAN's discriminator, StyleGAN2's of separable convolutions, which judges a picture of its size as a whole.

Source: Sargsyan et al., MI-GAN (2023), and the authors' code; residual blocks over smoothly halved features, then the
deviation within groups of four pictures as another channel (Karras et al., 2018), and two layers that see all.  It sees
where pixels are known, less 1/2, before the candidate in [-1, 1]; see_image and see_mask change that.

Differs: a batch that does not divide by four is judged in groups of the largest size below that divides it.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import extra_channels
from inpaint.layers.unit_conv import SeparableUnitConv, UnitConv, blurred_down, unit_activation

COARSEST_SIDE = 4  # px
LARGEST_GROUP = 4  # pictures whose deviation is looked at together
EVEN_GAIN = math.sqrt(0.5)  # of each of two that are summed


class UnitDense(nn.Module):
    """A layer that sees all, (B, N) -> (B, width), whose weights are kept of deviation 1."""

    def __init__(self, values: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, values))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight / math.sqrt(self.weight.shape[1]), self.bias)


class UnitResidual(nn.Module):
    """Halve features twice over, by two separable convolutions and by one that only mixes, and add both."""

    def __init__(self, width: int, wider: int, tensors: int):
        super().__init__()
        self.width = width
        self.conv1 = SeparableUnitConv(width, width, tensors=tensors)
        self.conv2 = SeparableUnitConv(width, wider, resample="down", tensors=tensors)
        self.skip = UnitConv(width, wider, bias=False, tensors=tensors)

    def forward(self, x: Tensor) -> Tensor:
        return EVEN_GAIN * self.skip(blurred_down(x, self.width)) + self.conv2(self.conv1(x), gain=EVEN_GAIN)


class MiganJudge(Discriminator):
    """The discriminator of pictures of `side` px."""

    def __init__(self, width: int, *, widest: int, levels: int, tensors: int, see_image: bool, see_mask: bool):
        super().__init__()
        self.see_image, self.see_mask = see_image, see_mask
        self.side = COARSEST_SIDE << levels
        widths = [min(width << level, widest) for level in range(levels + 1)]
        deep = widths[-1]
        self.fromrgb = UnitConv(3 + extra_channels(see_image=see_image, see_mask=see_mask), widths[0], tensors=tensors)
        self.blocks = nn.ModuleList(UnitResidual(widths[level], widths[level + 1], tensors) for level in range(levels))
        self.conv = SeparableUnitConv(deep + 1, deep, tensors=tensors)
        self.fc = UnitDense(deep * COARSEST_SIDE**2, deep)
        self.out = UnitDense(deep, 1)

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        if candidate.shape[-2:] != (self.side, self.side):
            height, width = candidate.shape[-2:]
            raise ValueError(f"the picture is {height}x{width} px: this discriminator judges {self.side} x {self.side}")
        seen = [0.5 - mask.to(candidate.dtype)] if self.see_mask else []
        seen += [2 * candidate - 1, 2 * image.to(candidate.dtype) - 1] if self.see_image else [2 * candidate - 1]
        x = unit_activation(self.fromrgb(torch.cat(seen, dim=1)))
        features = []
        for block in self.blocks:
            x = block(x)
            features.append(x)
        x = self.conv(with_deviation(x))
        logits = self.out(unit_activation(self.fc(x.flatten(1))))[..., None, None]  # (B, 1, 1, 1)
        return Scores(logits, [*features, x, logits])


def with_deviation(x: Tensor) -> Tensor:
    """Add a channel that holds the mean deviation of features within groups.  (B, C, h, w) -> (B, C + 1, h, w)."""
    batch, _, height, width = x.shape
    group = max(size for size in range(1, LARGEST_GROUP + 1) if batch % size == 0)
    groups = x.float().unflatten(0, (group, -1)) if x.dtype.itemsize < 4 else x.unflatten(0, (group, -1))
    deviation = (groups.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))  # (B / group,)
    return torch.cat([x, deviation.repeat(group).to(x.dtype).view(-1, 1, 1, 1).expand(-1, 1, height, width)], dim=1)


def build(
    *,
    width: int = 128,
    widest: int = 512,
    levels: int = 6,
    tensors: int = 9,
    see_image: bool = False,
    see_mask: bool = True,
) -> Discriminator:
    """Build MI-GAN's discriminator of pictures of 4 * 2^levels px; its sizes are those of the generator.

    Raises ValueError for counts below 1.
    """
    if min(width, widest, levels, tensors) < 1:
        raise ValueError(
            f"width is {width}, widest is {widest}, levels is {levels} and tensors is {tensors}: "
            "each must be at least 1"
        )
    sizes = {"widest": widest, "levels": levels, "tensors": tensors}
    return MiganJudge(width, **sizes, see_image=see_image, see_mask=see_mask)
