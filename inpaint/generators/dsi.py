"""DSI (PiiGAN): DeepFill's two stages, whose every convolution hears of a code, so that other codes give other answers.

Source: Cai and Wei, Diversity-Generated Image Inpainting with Style Extraction (2019), and the authors' code, published
as PiiGAN.  The code is one value for each pixel of the hole, noise when restoring and the style of the original in
training; it is added, shrunk, to what each convolution answers before its ELU.  Layers bear DeepFill's names.

Differs: the ReLU that the authors ask for before attention is there, where their code forgets it, as `released` does;
asked without noise the code is 0; every picture of a batch attends under its own mask.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator, View
from inpaint.layers.chunked_attention import CHUNKED_UNEXPORTABLE
from inpaint.layers.contextual_attention import contextual_attention, hole_cells, nearest
from inpaint.layers.deepfill import COARSE, DILATED, MATCHED, REBUILT, RGB, Layer, decoder_layers, stack
from inpaint.layers.padding import PaddedConv
from inpaint.sample import Prediction

CODED_INPUTS = RGB + 3  # picture, code, ones, mask
DEAF = 4  # convolutions at the end of each stage that do not hear of the code, beside the last


class CodedStack(nn.Module):
    """DeepFill's layers in a row, to whose answers the code is added before they are activated."""

    def __init__(self, layers: Iterable[Layer], *, channels: int, width: int):
        super().__init__()
        row = stack(layers, PaddedConv, channels=channels, width=width, padding="tensorflow", rgb="")
        for name, layer in row.named_children():
            self.add_module(name, layer)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """x: (B, C, H, W).  code: (B, 1, H', W') of the picture's size."""
        for layer in self.children():
            assert isinstance(layer, PaddedConv)
            assert layer.activation is not None
            x = layer.convolve(x)
            x = layer.activation(x + nearest(code, (x.shape[-2], x.shape[-1]), corners=True))
        return x


class CodedTwoStage(nn.Module):
    """Both stages; 3,603,942 parameters of width 32."""

    def __init__(self, width: int, *, fuse: bool, released: bool):
        super().__init__()
        decoder = decoder_layers("allconv")
        deaf = {"width": width, "padding": "tensorflow", "channels": 4 * width}
        self.coarse = CodedStack(COARSE[:-DEAF], channels=CODED_INPUTS, width=width)
        self.coarse_decoder = stack(COARSE[-DEAF:], PaddedConv, rgb="conv17", **deaf)
        self.dilated = CodedStack(DILATED, channels=CODED_INPUTS, width=width)
        matched = [it._replace(activation=F.elu) for it in MATCHED] if released else MATCHED
        self.matched = CodedStack(matched, channels=CODED_INPUTS, width=width)
        self.rebuilt = CodedStack(REBUILT, channels=4 * width, width=width)
        self.refine = CodedStack(decoder[:-DEAF], channels=8 * width, width=width)
        self.refine_decoder = stack(decoder[-DEAF:], PaddedConv, rgb="allconv17", **deaf)
        self.fuse = fuse

    def forward(self, image: Tensor, mask: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """Return both pictures in [-1, 1].  image: (B, 3, H, W), 0 in the hole.  code: (B, 1, H, W), 0 beside it."""
        flags = [code, torch.ones_like(mask), mask]
        coarse = F.hardtanh(self.coarse_decoder(self.coarse(torch.cat([image, *flags], dim=1), code)))
        seen = torch.cat([coarse * mask + image * (1 - mask), *flags], dim=1)
        matched = self.matched(seen, code)
        matched = contextual_attention(matched, matched, hole_cells(mask), fuse=self.fuse)
        both = torch.cat([self.dilated(seen, code), self.rebuilt(matched, code)], dim=1)
        return coarse, F.hardtanh(self.refine_decoder(self.refine(both, code)))


class DSI(Generator):
    """The stages behind the contract of every generator; extras["coarse"] is the first stage's picture."""

    multiple = 8
    view: View = "square"
    samples = True
    exportable: str | None = CHUNKED_UNEXPORTABLE

    def __init__(self, trunk: CodedTwoStage):
        super().__init__()
        self.trunk = trunk
        self.inputs = {"noise": ExtraInput(1, noise=True)}

    def forward(self, image: Tensor, mask: Tensor, *, noise: Tensor | None = None) -> Prediction:
        """noise: (B, 1, H, W) of the normal distribution, of which the hole's is heard; none is 0."""
        code = torch.zeros_like(mask) if noise is None else noise * mask
        coarse, refined = self.trunk((2 * image - 1) * (1 - mask), mask, code)
        return Prediction((refined + 1) / 2, {"coarse": (coarse + 1) / 2})


def build(*, width: int = 32, fuse: bool = True, released: bool = False) -> Generator:
    """Build DSI; width: of the first convolution.  fuse: sum attention scores along diagonals.

    released: an ELU before attention, as the authors' weights need it.

    Raises ValueError for a width that is not even.
    """
    if width < 2 or width % 2:
        raise ValueError(f"width is {width}: this network needs an even width of at least 2, as it is halved")
    return DSI(CodedTwoStage(width, fuse=fuse, released=released))
