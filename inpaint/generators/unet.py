"""The U-Net in its two published shapes.

"plain": Ronneberger et al. 2015 as it is usually run in PyTorch: padded double convolutions with batch norm, max
pooling, transposed (or bilinear) enlargement, skips concatenated as [skip, up], no output activation.
"pix2pix": the U-Net-256 (128, 512, ...) generator of Isola et al. 2017: every level a 4x4 stride-2 convolution down
to one pixel, dropout in the first decoder levels, tanh.  It works in [-1, 1]; the conversion is in `forward`.

Both see the image alone, as published; `see_mask` adds the mask as a fourth channel and `residual` (plain only) adds
the answer to the input.  Also of our choice, plain only: attention after every double convolution (where Roy et al.
2018 put it) and the dilated bottleneck of Iizuka et al. 2017, four convolutions with batch norm.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.layers.grey_pictures import grey_channels
from inpaint.layers.luma import grey_picture
from inpaint.layers.squeeze_excitation import gates
from inpaint.sample import Prediction

Gates = Callable[[int], list[nn.Module]]  # the attention after a double convolution of this width
BOTTLENECK_DILATIONS = (2, 4, 8, 16)
UNET_NORMS = ("batch", "instance")


def double_convolution(channels: int, middle: int, width: int, *, attention: Gates) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, middle, 3, padding=1, bias=False),
        nn.BatchNorm2d(middle),
        nn.ReLU(),
        nn.Conv2d(middle, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        *attention(width),
    )


def dilated_convolutions(width: int) -> nn.Sequential:
    """Return four 3x3 convolutions that see 61 x 61 features.  (B, width, h, w) in and out."""
    layers: list[nn.Module] = []
    for rate in BOTTLENECK_DILATIONS:
        layers.append(nn.Conv2d(width, width, 3, padding=rate, dilation=rate, bias=False))
        layers += [nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers)


class UNetUp(nn.Module):
    """Enlarge twofold, concatenate [skip, up] and convolve.  (B, c, h, w) -> (B, width, 2h, 2w)."""

    def __init__(self, channels: int, width: int, *, bilinear: bool, attention: Gates):
        super().__init__()
        if bilinear:
            self.enlarge = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.convolve = double_convolution(channels, channels // 2, width, attention=attention)
        else:
            self.enlarge = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
            self.convolve = double_convolution(channels, width, width, attention=attention)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.convolve(torch.cat([skip, self.enlarge(x)], dim=1))


class PlainUNet(nn.Module):
    """Four levels of double convolutions; 31,037,763 parameters for width 64, 3 channels in and out."""

    def __init__(self, channels: int, width: int, *, bilinear: bool, attention: Gates, dilated: bool):
        super().__init__()
        widths = [width * 2**level for level in range(5)]
        bottom = widths[-1] // 2 if bilinear else widths[-1]
        self.inner = double_convolution(channels, width, width, attention=attention)
        self.downs = nn.ModuleList(
            double_convolution(narrow, wide, wide, attention=attention)
            for narrow, wide in zip(widths[:4], [*widths[1:4], bottom], strict=True)
        )
        self.bottleneck = dilated_convolutions(bottom) if dilated else nn.Identity()
        halves = [wide // 2 if bilinear else wide for wide in widths[1:4]]
        outs = [*reversed(halves), width]
        ins = [2 * widths[3] if bilinear else widths[4], *[2 * half if bilinear else half for half in reversed(halves)]]
        self.ups = nn.ModuleList(
            UNetUp(c, out, bilinear=bilinear, attention=attention) for c, out in zip(ins, outs, strict=True)
        )
        self.out = nn.Conv2d(width, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = [self.inner(x)]
        for down in self.downs:
            levels.append(down(F.max_pool2d(levels[-1], 2)))
        x = self.bottleneck(levels.pop())
        for up in self.ups:
            x = up(x, levels.pop())
        return self.out(x)


class Pix2PixUNet(nn.Module):
    """`levels` strided convolutions down to one pixel and as many back; the trunk works in [-1, 1].

    norm: batch, or instance, beside which every convolution has a bias, as in the authors' code.
    """

    def __init__(
        self, channels: int, width: int, *, levels: int, dropout: float, norm: str = "batch", answers: int = 3
    ):
        super().__init__()
        self.norm = norm
        widths = [min(width * 2**level, width * 8) for level in range(levels)]
        self.encoders = nn.ModuleList(
            self.encoder(channels if level == 0 else widths[level - 1], wide, level=level, last=level == levels - 1)
            for level, wide in enumerate(widths)
        )
        outs = [*reversed(widths[:-1]), answers]
        ins = [widths[-1], *[2 * out for out in outs[:-1]]]
        dropping = range(1, levels - 4)  # the inner 512-wide levels but the innermost: d7, d6, d5 of eight
        self.decoders = nn.ModuleList(
            self.decoder(c, out, dropout=dropout if level in dropping else 0.0, last=level == levels - 1)
            for level, (c, out) in enumerate(zip(ins, outs, strict=True))
        )
        self.apply(start_pix2pix)

    def encoder(self, channels: int, width: int, *, level: int, last: bool) -> nn.Sequential:
        plain = level == 0 or last  # no norm on the image level nor on a single pixel
        layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if level else []
        layers.append(nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=self.norm == "instance"))
        return nn.Sequential(*layers, *([] if plain else [self.normed(width)]))

    def decoder(self, channels: int, width: int, *, dropout: float, last: bool) -> nn.Sequential:
        bias = last or self.norm == "instance"
        layers: list[nn.Module] = [nn.ReLU(), nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1, bias=bias)]
        layers += [nn.Tanh()] if last else [self.normed(width)]
        return nn.Sequential(*layers, *([nn.Dropout(dropout)] if dropout else []))

    def normed(self, width: int) -> nn.Module:
        """Return the norm after a convolution."""
        return nn.BatchNorm2d(width) if self.norm == "batch" else nn.InstanceNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for encoder in self.encoders:
            x = encoder(x)
            skips.append(x)
        x = self.decoders[0](skips.pop())
        for decoder in self.decoders[1:]:  # pyright: ignore[reportGeneralTypeIssues]
            x = decoder(torch.cat([skips.pop(), x], dim=1))
        return x


def start_pix2pix(module: nn.Module) -> None:
    """Draw weights from N(0, 0.02), batch norm scales from N(1, 0.02), and set biases to 0, as pix2pix does."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class UNet(Generator):
    """A trunk behind the contract of every generator: image and mask in [0, 1] in, a Prediction out."""

    exportable: str | None = None

    def __init__(
        self,
        trunk: nn.Module,
        *,
        multiple: int,
        see_mask: bool,
        signed: bool,
        residual: bool,
        view: View = "crop",
        grey: str = "none",
    ):
        super().__init__()
        self.trunk = trunk
        self.multiple = multiple
        self.view = view
        self.see_mask = see_mask
        self.signed = signed
        self.residual = residual
        self.grey = grey

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        shown = image if self.grey == "none" else grey_picture(image)
        shown = shown * 2 - 1 if self.signed else shown
        answer = self.trunk(torch.cat([shown, mask], dim=1) if self.see_mask else shown)
        if self.signed:
            answer = (answer + 1) / 2
        return Prediction(image + answer if self.residual else answer.expand_as(image), {})


def build(
    *,
    shape: str = "plain",
    width: int = 64,
    bilinear: bool = False,
    levels: int = 8,
    dropout: float = 0.5,
    norm: str = "batch",
    see_mask: bool = False,
    residual: bool = False,
    attention: str = "none",
    aggregation: str = "add",
    reduction: int = 16,
    dilated: bool = False,
    grey: str = "none",
) -> Generator:
    """Build a U-Net; shape: plain (uses bilinear, residual, attention, dilated) or pix2pix (uses levels, dropout, norm:
    batch or instance, and grey: none, seen or both, which is answered, too).

    pix2pix with 8 levels takes sizes that divide by 256.  attention: none, se, cse, sse or scse; aggregation (add or
    max) and reduction are its details.  dilated: let the bottleneck see farther.  Raises ValueError for an unknown
    shape or attention, and for an option that the shape does not have.
    """
    if levels < 1 or width < 1:
        raise ValueError(f"a U-Net has at least one level and a width of at least 1, not {levels} and {width}")
    if norm not in UNET_NORMS or (shape != "pix2pix" and norm != "batch"):
        raise ValueError(f"norm is {norm!r}: the pix2pix shape has {' or '.join(UNET_NORMS)}, the plain one batch")
    if shape == "pix2pix" and (bilinear or residual):
        raise ValueError("the pix2pix shape is neither bilinear nor residual; choose shape plain for that")
    if shape == "pix2pix" and (attention != "none" or dilated):
        raise ValueError("the pix2pix shape has no attention and no dilated bottleneck; choose shape plain for that")
    channels, answers = grey_channels(grey, see_mask=see_mask)
    if shape == "plain" and grey != "none":
        raise ValueError(f"grey is {grey!r}: the plain shape sees colours; choose shape pix2pix for that")
    if shape == "plain":
        gating = partial(gates, attention, reduction=reduction, aggregation=aggregation)
        trunk = PlainUNet(channels, width, bilinear=bilinear, attention=gating, dilated=dilated)
        return UNet(trunk, multiple=16, see_mask=see_mask, signed=False, residual=residual)
    if shape == "pix2pix":
        trunk = Pix2PixUNet(channels, width, levels=levels, dropout=dropout, norm=norm, answers=answers)
        whole = 2**levels  # px a side, of which the innermost level makes one value
        shown = {"see_mask": see_mask, "grey": grey, "view": "square"}
        return UNet(trunk, multiple=whole, signed=True, residual=False, **shown)
    raise ValueError(f"shape {shape!r} is not a U-Net this package builds; choose plain or pix2pix")
