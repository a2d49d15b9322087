"""DFNet: a U-Net whose decoder fuses what it draws with the known picture, at several scales.

Source: Hong et al., Deep Fusion Network for Image Completion (2019), and the authors' code, whose entries' names these
are.  A fusion block turns features into a picture and learns from that and the known picture how much of each to take,
pixel by pixel and colour by colour, so that the answer goes over into what is known without a seam.  Strides pad as
the authors do, which is TensorFlow's SAME.  Differs: RGB where the authors' program feeds BGR; the number of levels and
of fusions, and the width, are options.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.sample import Prediction

FUSING_KERNELS = (7, 5, 5)  # of the first encoders; all others have 3
FUSING_WIDEST = 8
FUSING_SLOPE = 0.2
BLEND_WIDTH = 32


class SameConv(nn.Module):
    """A convolution under the authors' name `conv`, with what it pads; (B, C, H, W) -> (B, width, ceil(H / s), ...)."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int = 1):
        super().__init__()
        before = (kernel - stride) // 2
        after = kernel - stride - before
        convolution = nn.Conv2d(channels, width, kernel, stride, padding=before if before == after else 0)
        padded = nn.Sequential(nn.ZeroPad2d((before, after, before, after)), convolution)
        self.conv = convolution if before == after else padded

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class FusingEncoder(nn.Module):
    """Halve the size; the first has neither norm nor activation."""

    def __init__(self, channels: int, width: int, kernel: int, *, first: bool):
        super().__init__()
        rest = [] if first else [nn.BatchNorm2d(width), nn.ReLU()]
        self.encode = nn.Sequential(SameConv(channels, width, kernel, stride=2), *rest)

    def forward(self, x: Tensor) -> Tensor:
        return self.encode(x)


class FusingDecoder(nn.Module):
    """Double the size by repetition and convolve it together with a skip of that size."""

    def __init__(self, channels: int, skip: int):
        super().__init__()
        self.decode = nn.Sequential(
            SameConv(channels + skip, skip, 3), nn.BatchNorm2d(skip), nn.LeakyReLU(FUSING_SLOPE)
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.decode(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], dim=1))


class Blend(nn.Module):
    """How much of the drawn picture to take, (B, 3, H, W) in [0, 1], from both pictures (B, 6, H, W)."""

    def __init__(self):
        super().__init__()
        self.blend = nn.Sequential(
            SameConv(2 * RGB, BLEND_WIDTH, 1),
            nn.BatchNorm2d(BLEND_WIDTH),
            nn.LeakyReLU(FUSING_SLOPE),
            SameConv(BLEND_WIDTH, RGB, 3),
            nn.BatchNorm2d(RGB),
            nn.LeakyReLU(FUSING_SLOPE),
            SameConv(RGB, RGB, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.blend(x)


class Fusion(nn.Module):
    """Draw a picture from features and fuse it with the known one, shrunk to their size."""

    def __init__(self, channels: int):
        super().__init__()
        self.map2img = nn.Sequential(SameConv(channels, RGB, 1), nn.Sigmoid())
        self.blend = Blend()

    def forward(self, known: Tensor, features: Tensor) -> Tensor:
        size = [features.shape[-2], features.shape[-1]]
        known = F.interpolate(known, size, mode="bilinear", align_corners=False)
        drawn = self.map2img(features)
        alpha = self.blend(torch.cat([known, drawn], dim=1))
        return alpha * drawn + (1 - alpha) * known


class FusionUNet(nn.Module):
    """All levels; 32,880,504 parameters for 8 levels of width 64, of which 6 are fused."""

    def __init__(self, width: int, *, levels: int, fused: int):
        super().__init__()
        self.levels, self.fused = levels, fused
        widths = [RGB + 1, *(width * min(2**level, FUSING_WIDEST) for level in range(levels))]
        kernels = [*FUSING_KERNELS, *[3] * levels]
        for level in range(levels):
            encoder = FusingEncoder(widths[level], widths[level + 1], kernels[level], first=level == 0)
            self.add_module(f"en_{level}", encoder)
        for level in range(levels):
            self.add_module(f"de_{level}", FusingDecoder(widths[level + 1], widths[level]))
        for level in range(fused):
            self.add_module(f"fuse_{level}", Fusion(widths[level]))

    def forward(self, known: Tensor, valid: Tensor) -> list[Tensor]:
        """Return the pictures of all fused scales, (B, 3, H / 2 ** level, ...), the finest first.

        known: (B, 3, H, W) in [0, 1], black in the hole.  valid: (B, 1, H, W), 1 = known.
        """
        skips = [torch.cat([known, valid], dim=1)]
        for level in range(self.levels):
            skips.append(self.get_submodule(f"en_{level}")(skips[-1]))
        x, answers = skips.pop(), []
        for level in reversed(range(self.levels)):
            x = self.get_submodule(f"de_{level}")(x, skips.pop())
            if level < self.fused:
                answers.append(self.get_submodule(f"fuse_{level}")(known, x))
        return answers[::-1]


class DFNet(Generator):
    """The trunk behind the contract of every generator; extras["scale_4"] is its picture at a quarter of the size."""

    view: View = "square"  # its levels reach down to a few values for the whole picture

    def __init__(self, trunk: FusionUNet):
        super().__init__()
        self.trunk = trunk
        self.multiple = 2**trunk.levels

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        finest, *coarser = self.trunk(image * (1 - mask), 1 - mask)
        return Prediction(finest, {f"scale_{2**level}": it for level, it in enumerate(coarser, start=1)})


def build(*, width: int = 64, levels: int = 8, fused: int = 6) -> Generator:
    """Build DFNet; H and W must divide by 2 ** levels.

    fused: how many of the finest levels answer a picture.  Raises ValueError for a width or levels below 1, and for
    more fused levels than there are, or none.
    """
    if width < 1 or levels < 1:
        raise ValueError(f"width is {width} and levels is {levels}: both must be at least 1")
    if not 1 <= fused <= levels:
        raise ValueError(f"fused is {fused}: it must be from 1 to the number of levels, {levels}")
    return DFNet(FusionUNet(width, levels=levels, fused=fused))
