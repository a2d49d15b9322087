"""The generator of CycleGAN: two strided convolutions, nine residual blocks, two transposed convolutions.

Source: Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017), in the shape
of the authors' PyTorch code (instance norm without parameters, so every convolution has a bias) and with its
state-dict names under `trunk`.  It works in [-1, 1]; the conversion is in `forward`.  Six blocks are the authors'
choice for 128 pixels.  Differs: see_mask adds the mask as a fourth channel, and pictures whose sides do not divide by 4
or are smaller than 8 pixels are enlarged by repeating their border and the answer is cut back.
"""

from __future__ import annotations

import torch
import torch.nn as nn
from torch import Tensor

from inpaint.contracts import Generator, View
from inpaint.layers.grey_pictures import grey_channels
from inpaint.layers.luma import grey_picture
from inpaint.layers.padding import with_margin
from inpaint.layers.residual import ReflectedBlock, normalised, start_small
from inpaint.sample import Prediction

LEAST_RESNET_SIDE = 8  # px; two features a side are the fewest that reflect one


class ResNetTrunk(nn.Module):
    """The layers, for pictures in [-1, 1]; 11,378,179 parameters for width 64, nine blocks and 3 channels."""

    def __init__(self, channels: int, width: int, *, blocks: int, answers: int = 3):
        super().__init__()
        self.model = nn.Sequential(
            nn.ReflectionPad2d(3),
            *normalised(nn.Conv2d(channels, width, 7)),
            *normalised(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)),
            *normalised(nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)),
            *[ReflectedBlock(4 * width) for _ in range(blocks)],
            *normalised(nn.ConvTranspose2d(4 * width, 2 * width, 3, stride=2, padding=1, output_padding=1)),
            *normalised(nn.ConvTranspose2d(2 * width, width, 3, stride=2, padding=1, output_padding=1)),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, answers, 7),
            nn.Tanh(),
        )
        self.apply(start_small)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class ResNet(Generator):
    """The trunk behind the contract of every generator."""

    multiple = 4
    view: View = "square"  # its instance norms are of the picture
    exportable: str | None = None

    def __init__(self, width: int, *, blocks: int, see_mask: bool, grey: str = "none"):
        super().__init__()
        channels, answers = grey_channels(grey, see_mask=see_mask)
        self.trunk = ResNetTrunk(channels, width, blocks=blocks, answers=answers)
        self.see_mask, self.grey = see_mask, grey

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        shown = (image if self.grey == "none" else grey_picture(image)) * 2 - 1
        x = torch.cat([shown, mask], dim=1) if self.see_mask else shown
        answer = self.trunk(with_margin(x, multiple=self.multiple, least=LEAST_RESNET_SIDE))
        answer = (answer[..., : image.shape[-2], : image.shape[-1]] + 1) / 2
        return Prediction(answer.expand_as(image), {})


def build(*, width: int = 64, blocks: int = 9, see_mask: bool = False, grey: str = "none") -> Generator:
    """Build the generator of CycleGAN; blocks: residual blocks, nine for 256 pixels and six for 128.

    grey: none, seen, or both where it answers grey, too.  Raises ValueError for another choice, and for a width or a
    number of blocks below 1.
    """
    if width < 1 or blocks < 1:
        raise ValueError(f"width is {width} and blocks is {blocks}: both must be at least 1")
    return ResNet(width, blocks=blocks, see_mask=see_mask, grey=grey)
