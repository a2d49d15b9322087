"""PEPSI and Diet-PEPSI: one encoder, Euclidean contextual attention, and one decoder that two paths share.

Sources: Sagong et al., PEPSI: Fast Image Inpainting with Parallel Decoding Network (2019), as in the authors' code;
Shin et al., PEPSI++ (2020), for the diet.  The coarse path, which decodes what the encoder saw without attention, is
walked in training only and answers in extras["coarse"].  Both work in [-1, 1] with black holes (-1) and a mask of three
channels whose 1 means known; the conversion is in `forward`.  DeepCreamPy runs the same network on mosaics.

What differs: the diet has no published code.  Its dilated stage is our reading of the paper: the four rates share one
kernel K, each bends it to scale * K + shift per pair of channels, has its own bias, and is added to its input.  A
dilation of 16 reflects 16 features, so the network needs 136 pixels a side: smaller pictures are enlarged by repeating
their last row and column, and the answer is cut back.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.layers.chunked_attention import CHUNKED_UNEXPORTABLE
from inpaint.layers.elu import elu
from inpaint.layers.euclidean_attention import ATTENTION_CHUNK, EuclideanAttention
from inpaint.layers.padding import with_margin
from inpaint.sample import Prediction

PEPSI_RATES = (2, 4, 8, 16)
LEAST_PEPSI_SIDE = 136  # px; 17 features a side are the fewest that reflect 16


class ReflectedConv(nn.Module):
    """Convolve with reflected padding that keeps the size (or halves it at stride 2), then ELU."""

    def __init__(self, channels: int, width: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1):
        super().__init__()
        self.margin = dilation * (kernel // 2)
        self.conv = nn.Conv2d(channels, width, kernel, stride=stride, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return elu(self.conv(F.pad(x, (self.margin,) * 4, mode="reflect")))


class SharedDilations(nn.Module):
    """The diet's dilated stage: one 3x3 kernel at four rates, residual.  (B, width, h, w) in and out, h and w > 16."""

    def __init__(self, width: int):
        super().__init__()
        self.kernel = nn.Parameter(nn.Conv2d(width, width, 3).weight.detach().clone())
        self.scales = nn.ParameterList(torch.ones(width, width, 1, 1) for _ in PEPSI_RATES)
        self.shifts = nn.ParameterList(torch.zeros(width, width, 1, 1) for _ in PEPSI_RATES)
        self.biases = nn.ParameterList(torch.zeros(width) for _ in PEPSI_RATES)

    def forward(self, x: Tensor) -> Tensor:
        for rate, scale, shift, bias in zip(PEPSI_RATES, self.scales, self.shifts, self.biases, strict=True):
            padded = F.pad(x, (rate,) * 4, mode="reflect")
            x = x + elu(F.conv2d(padded, scale * self.kernel + shift, bias, dilation=rate))
        return x


def pepsi_encoder(width: int, *, diet: bool) -> nn.Sequential:
    """Build the encoder.  (B, 6, H, W) -> (B, 8 width, H / 8, W / 8)."""
    wide = 8 * width
    dilated = [SharedDilations(wide)] if diet else [ReflectedConv(wide, wide, dilation=rate) for rate in PEPSI_RATES]
    return nn.Sequential(
        ReflectedConv(6, width, kernel=5),
        ReflectedConv(width, 2 * width, stride=2),
        ReflectedConv(2 * width, 2 * width),
        ReflectedConv(2 * width, 4 * width, stride=2),
        ReflectedConv(4 * width, 4 * width),
        ReflectedConv(4 * width, wide, stride=2),
        *dilated,
    )


def pepsi_decoder(width: int) -> nn.Sequential:
    """Build the decoder, whose last convolution pads with zeros.  (B, 8 width, h, w) -> (B, 3, 8 h, 8 w)."""
    layers: list[nn.Module] = []
    for channels in (8 * width, 4 * width, 2 * width):
        layers += [ReflectedConv(channels, channels // 2), ReflectedConv(channels // 2, channels // 2)]
        layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
    layers += [ReflectedConv(width, width // 2), ReflectedConv(width // 2, width // 2)]
    return nn.Sequential(*layers, nn.Conv2d(width // 2, 3, 3, padding=1))


class Pepsi(Generator):
    """See the module's docstring; 3,656,947 parameters for width 32, 2,411,763 on a diet."""

    multiple = 8
    view: View = "square"  # published for squares of 256 alone, over which its attention is normalised
    exportable: str | None = CHUNKED_UNEXPORTABLE

    def __init__(self, width: int, *, diet: bool, attention: EuclideanAttention):
        super().__init__()
        self.encoder = pepsi_encoder(width, diet=diet)
        self.attention = attention
        self.decoder = pepsi_decoder(width)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        known = 1 - mask
        shown = torch.cat([image * known * 2 - 1, known, known, known], dim=1)  # (B, 6, H, W)
        shown = with_margin(shown, multiple=self.multiple, least=LEAST_PEPSI_SIDE)
        features = self.encoder(shown)  # (B, 8 width, h, w)
        answers = {"image": self.attention(features, shown[:, 3:4])}
        if self.training:
            answers["coarse"] = features
        size = image.shape[-2:]
        pictures = {name: self.decode(answer, *size) for name, answer in answers.items()}
        return Prediction(pictures.pop("image"), pictures)

    def decode(self, features: Tensor, height: int, width: int) -> Tensor:
        """Return the picture of some features, in [0, 1]; clamped, so no gradient passes where it is cut."""
        return (self.decoder(features)[..., :height, :width].clamp(-1, 1) + 1) / 2


def build(
    *,
    width: int = 32,
    diet: bool = False,
    masks: str = "nearest",
    true_overlap: bool = False,
    chunk: int = ATTENTION_CHUNK,
) -> Generator:
    """Build PEPSI; width: channels at full resolution, diet: let the dilated convolutions share one kernel.

    masks: how the attention shrinks the mask eightfold, nearest (official, loses thin bars) or minimum (keeps them).
    true_overlap: do not weaken the border of what the attention rebuilds; the authors' weights want it weakened.
    chunk: how many places attend at once.  Raises ValueError for a width that is not even and for options out of range.
    """
    if width < 2 or width % 2 or chunk < 1:
        raise ValueError(f"width is {width} and chunk is {chunk}: width must be even and at least 2, chunk at least 1")
    attention = EuclideanAttention(8 * width, masks=masks, true_overlap=true_overlap, chunk=chunk)
    return Pepsi(width, diet=diet, attention=attention)


def build_diet(
    *, width: int = 32, masks: str = "nearest", true_overlap: bool = False, chunk: int = ATTENTION_CHUNK
) -> Generator:
    """Build Diet-PEPSI; the options are those of `build`."""
    return build(width=width, diet=True, masks=masks, true_overlap=true_overlap, chunk=chunk)
