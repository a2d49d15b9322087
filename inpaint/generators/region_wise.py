"""The coarse-to-fine pair of region-wise inpainting: SINet infers what is missing, GPNet perceives the whole.

Source: Ma et al., Coarse-to-Fine Image Inpainting via Region-wise Convolutions and Non-local Correlation (2019), as
the authors' TensorFlow code builds it: every convolution is padded by reflection, has a bias and is followed by ELU,
the last ones too; no norm; answers are clipped to [-1, 1]. Both networks see four channels, the picture in [-1, 1]
with 0 in the hole (GPNet: with SINet's answer there) and the mask with 1 = known. SINet's decoder is region-wise.

What differs: the answer is GPNet's before the composite, which the house makes; SINet's is extras["coarse"].
`form` chooses between the code's region-wise convolution ("masked") and the paper's ("select").
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.elu import Elu, elu
from inpaint.layers.padding import Reflect
from inpaint.layers.region_wise_conv import RegionWiseConv
from inpaint.sample import Prediction, composite

RATES = (2, 4, 8, 16)  # dilations of the bottleneck


def convolution(channels: int, width: int, *, kernel: int = 3, stride: int = 1, rate: int = 1) -> nn.Sequential:
    """Return reflection padding, a convolution and ELU."""
    margin = rate * (kernel - 1) // 2
    return nn.Sequential(Reflect(margin), nn.Conv2d(channels, width, kernel, stride, dilation=rate), Elu())


def enlarged(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")


class RegionWiseEncoder(nn.Module):
    """The twelve convolutions that both networks begin with, x1 to x12 of the authors' code."""

    def __init__(self, width: int):
        super().__init__()
        wide = 4 * width
        self.inner = nn.ModuleList(
            [
                convolution(4, width, kernel=5),
                convolution(width, 2 * width, stride=2),
                convolution(2 * width, 2 * width),
                convolution(2 * width, wide, stride=2),
                convolution(wide, wide),
                convolution(wide, wide),
            ]
        )
        self.dilated = nn.Sequential(*(convolution(wide, wide, rate=rate) for rate in RATES))
        self.outer = nn.ModuleList(convolution(2 * wide, wide) for _ in range(2))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return x1, x2, x3, x4 and x12: full size, half, half, quarter, quarter."""
        levels = []
        for layer in self.inner:
            x = layer(x)
            levels.append(x)
        x = self.dilated(x)
        x = self.outer[0](torch.cat([x, levels[5]], dim=1))
        x = self.outer[1](torch.cat([x, levels[4]], dim=1))
        return [*levels[:4], x]


class SINet(nn.Module):
    """The semantic inferring network, 2,830,083 parameters for width 32 and the masked form."""

    def __init__(self, width: int, *, form: str):
        super().__init__()
        wide = 4 * width
        self.encoder = RegionWiseEncoder(width)
        self.regions = nn.ModuleList(
            [
                RegionWiseConv(wide + wide, wide, wide, form=form, enlarge=True),
                RegionWiseConv(wide + 2 * width, wide, wide, form=form),
                RegionWiseConv(wide + 2 * width, wide, wide, form=form, enlarge=True),
            ]
        )
        self.tail = nn.Sequential(convolution(wide, width), convolution(width, width // 2), convolution(width // 2, 3))

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Guess the picture; x: (B, 3, H, W) in [-1, 1] with 0 in the hole, valid: (B, 1, H, W), 1 = known."""
        _, half, refined_half, quarter, x = self.encoder(torch.cat([x, valid], dim=1))
        for layer, skip in zip(self.regions, (quarter, refined_half, half), strict=True):
            x = elu(layer(torch.cat([x, skip], dim=1), x, valid))
        return self.tail(x).clamp(-1, 1)


class GPNet(nn.Module):
    """The global perceiving network, 1,875,971 parameters for width 32."""

    def __init__(self, width: int):
        super().__init__()
        wide = 4 * width
        self.encoder = RegionWiseEncoder(width)
        self.decoders = nn.ModuleList(
            [
                convolution(2 * wide, 2 * width),
                convolution(4 * width, 2 * width),
                convolution(4 * width, width),
                convolution(2 * width, width // 2),
                convolution(width // 2, 3),
            ]
        )

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Refine a completed picture x (B, 3, H, W) in [-1, 1]; valid: (B, 1, H, W), 1 = was known."""
        full, half, refined_half, quarter, x = self.encoder(torch.cat([x, valid], dim=1))
        first, second, third, fourth, last = self.decoders
        x = first(enlarged(torch.cat([x, quarter], dim=1)))
        x = second(torch.cat([x, refined_half], dim=1))
        x = third(enlarged(torch.cat([x, half], dim=1)))
        x = fourth(torch.cat([x, full], dim=1))
        return last(x).clamp(-1, 1)


class RegionWiseNetwork(Generator):
    """Both networks behind the contract of every generator."""

    view: View = "square"  # published for squares of 256 alone
    exportable: str | None = None

    def __init__(self, width: int, *, form: str):
        super().__init__()
        self.multiple = 4
        self.semantic = SINet(width, form=form)
        self.perceiving = GPNet(width)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # TensorFlow's defaults
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        signed, valid = image * 2 - 1, 1 - mask
        coarse = self.semantic(signed * valid, valid)  # (B, 3, H, W)
        fine = self.perceiving(composite(coarse.to(signed.dtype), signed, mask), valid)
        return Prediction((fine + 1) / 2, {"coarse": (coarse + 1) / 2})


def build(*, width: int = 32, form: str = "masked") -> Generator:
    """Build SINet and GPNet; form: masked (the authors' code) or select (the paper's text).  Sizes divide by 4.

    Raises ValueError for an unknown form and for a width below 2.
    """
    if width < 2:
        raise ValueError(f"width is {width}: it must be at least 2, the last layers have half of it")
    return RegionWiseNetwork(width, form=form)
