"""DeepFill v1: two stages of plain convolutions, with contextual attention in the second.

Source: Yu et al., Generative Image Inpainting with Contextual Attention (2018), as in the authors' code: ELU, no
normalisation, answers clipped to [-1, 1], ones and the mask beside the picture in both stages, TensorFlow's SAME
padding, glorot initialisation.  Differs: RGB where the authors feed BGR, and every picture of a batch attends under
its own mask.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import hardtanh

from inpaint.contracts import Generator, View
from inpaint.layers.chunked_attention import CHUNKED_UNEXPORTABLE
from inpaint.layers.deepfill import TwoStage
from inpaint.layers.padding import PaddedConv
from inpaint.sample import Prediction


class Contextual(Generator):
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


def build(*, width: int = 32, padding: str = "tensorflow", fuse: bool = True, reduction: str = "nearest") -> Generator:
    """Build DeepFill v1; width: of the first convolution (the authors' cnum).

    The defaults make 1,448,227 + 2,153,315 parameters.  fuse: sum attention scores along diagonals.  reduction: of
    the mask for attention, nearest as published or any, which keeps bars of a few pixels.  Raises ValueError for an
    odd width, and for a padding or a reduction that does not exist.
    """
    if width < 2 or width % 2:
        raise ValueError(f"width is {width}: this network needs an even width of at least 2, as it is halved")
    return Contextual(
        TwoStage(
            PaddedConv,
            width,
            bound=hardtanh,
            see_mask=True,
            padding=padding,
            fuse=fuse,
            reduction=reduction,
        )
    )
