"""LaMa: residual blocks of fast Fourier convolutions, which see the whole picture from the first block on.

Source: Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions (2022), and the authors' code:
big-lama has 18 blocks, lama-fourier 9; three quarters of the channels are of the whole picture.  It works in [0, 1]
with black holes.  State-dict names under `trunk` are the authors' under `generator`.

Differs: sides that do not divide by 8, or are below 16 px, are enlarged by repeating the last row and column, where the
authors reflect.
"""

from __future__ import annotations

import torch
import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.layers.fourier_convolution import FourierBlock, FourierLayer, Joined
from inpaint.layers.padding import with_margin
from inpaint.sample import Prediction

HALVINGS = 3
FAR_SHARE = 0.75  # of the channels at the bottom
LEAST_LAMA_SIDE = 16  # px; two features a side are the fewest that reflect one


class LamaTrunk(nn.Module):
    """Complete pictures in [0, 1] beside their masks: (B, 4, H, W) -> (B, 3, H, W); H and W divide by 8."""

    def __init__(self, width: int, *, blocks: int):
        super().__init__()
        widths = [width * 2**level for level in range(HALVINGS + 1)]
        deep = widths[-1]
        far = int(deep * FAR_SHARE)
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), FourierLayer((4, 0), (width, 0), kernel=7, padding=0)]
        for level in range(HALVINGS):
            last = level == HALVINGS - 1
            wide = (deep - far, far) if last else (widths[level + 1], 0)
            layers.append(FourierLayer((widths[level], 0), wide, stride=2))
        layers += [*(FourierBlock((deep - far, far)) for _ in range(blocks)), Joined()]
        for wide in reversed(widths[:-1]):
            layers.append(nn.ConvTranspose2d(2 * wide, wide, 3, stride=2, padding=1, output_padding=1))
            layers += [nn.BatchNorm2d(wide), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Lama(Generator):
    """The trunk behind the contract of every generator."""

    multiple = 8
    view: View = "square"  # a spectrum is of all that it is shown
    exportable: str | None = "torch's exporter does not write Fourier transforms"

    def __init__(self, trunk: LamaTrunk):
        super().__init__()
        self.trunk = trunk

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        seen = with_margin(torch.cat([image * (1 - mask), mask], dim=1), multiple=8, least=LEAST_LAMA_SIDE)
        return Prediction(self.trunk(seen)[..., : image.shape[-2], : image.shape[-1]], {})


def build(*, width: int = 64, blocks: int = 18) -> Generator:
    """Build LaMa's generator: 50,975,875 learned numbers with 18 blocks, 27,048,835 with 9.  H and W divide by 8.

    Raises ValueError for counts below 1.
    """
    if width < 1 or blocks < 1:
        raise ValueError(f"width is {width} and blocks is {blocks}: both must be at least 1")
    return Lama(LamaTrunk(width, blocks=blocks))
