"""DeepFill v2: gated convolutions in two stages, with contextual attention in the second.

Source: Yu et al., Free-Form Image Inpainting with Gated Convolution (2019), as in the authors' code: tanh answers, a
second stage that sees the picture alone, zero padding where the paper's text says mirrored, glorot initialisation.
With padding tensorflow and fuse it computes what the authors' code computes; padding pytorch (symmetric, and every
second pixel where attention halves) fits weights of the PyTorch ports, and padding mmagic those of OpenMMLab's mmagic,
whose second stage sees the mask, has a wider decoder, and gates its last layer, too.  Without attention it is the
network that zhaoyuzhi's PyTorch code calls DeepFill v2, in colour or grey (`inpaint.layers.gated_stages`).

Differs: RGB where the authors feed BGR, and every picture of a batch attends under its own mask.  The sketch guided
mode is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.layers.chunked_attention import CHUNKED_UNEXPORTABLE
from inpaint.layers.deepfill import TwoStage
from inpaint.layers.gated_conv import GatedConv
from inpaint.layers.gated_stages import PlainStages
from inpaint.layers.luma import grey_picture
from inpaint.layers.padding import check_padding
from inpaint.sample import Prediction


class Gated(Generator):
    """The two stages behind the contract of every generator; extras["coarse"] is the first stage's picture."""

    multiple = 8
    view: View = "square"  # its attention looks for patches all over the picture
    exportable: str | None = CHUNKED_UNEXPORTABLE

    def __init__(self, trunk: TwoStage):
        super().__init__()
        self.trunk = trunk

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        coarse, refined = self.trunk(image * 2 - 1, mask)
        return Prediction((refined + 1) / 2, {"coarse": (coarse + 1) / 2})


class PlainGated(Generator):
    """The stages without attention; extras["coarse"] is the first of two stages' picture."""

    multiple = 4
    view: View = "square"  # its instance norms are of the picture

    def __init__(self, trunk: PlainStages, *, grey: bool):
        super().__init__()
        self.trunk = trunk
        self.grey = grey

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        answers = self.trunk(grey_picture(image) if self.grey else image, mask)
        coloured = [answer.expand_as(image) for answer in answers]
        return Prediction(coloured[-1], {"coarse": coloured[0]} if len(coloured) > 1 else {})


def build(
    *,
    width: int = 48,
    padding: str = "tensorflow",
    fuse: bool = True,
    reduction: str = "nearest",
    attention: bool = True,
    grey: bool = False,
) -> Generator:
    """Build DeepFill v2; width: of the first convolution before its gate halves it (the authors' cnum).

    The defaults make 1,631,151 + 2,421,327 parameters.  fuse: sum attention scores along diagonals.  reduction: of
    the mask for attention, nearest as published or any, which keeps bars of a few pixels.  attention: false is
    zhaoyuzhi's network, of width 128 there, to which fuse and reduction say nothing; with grey it is one stage that
    sees and answers grey pictures.  Raises ValueError for a width that does not divide by 4, for a padding or a
    reduction that does not exist, and for grey with attention.
    """
    if width < 4 or width % 4:
        raise ValueError(f"width is {width}: a gated network needs a width of 4, 8, 12, ..., as it is halved twice")
    if not attention:
        check_padding(padding)
        stages, colours = (1, 1) if grey else (2, 3)
        return PlainGated(PlainStages(width // 2, colours=colours, stages=stages, padding=padding), grey=grey)
    if grey:
        raise ValueError("grey is true: only the network without attention is grey, so set attention to false")
    return Gated(
        TwoStage(
            GatedConv,
            width // 2,
            bound=torch.tanh,
            see_mask=padding == "mmagic",
            padding=padding,
            fuse=fuse,
            reduction=reduction,
            refined=width // 2 * 4 // 3 if padding == "mmagic" else None,
        )
    )
