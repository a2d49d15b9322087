"""GLCIC: a plain completion network with dilated convolutions in its middle.

Source: Iizuka et al., Globally and Locally Consistent Image Completion (2017); the layers bear the names of its
best-known PyTorch code, otenim/GLCIC-PyTorch.  Every convolution but the last has a batch norm before its ReLU.  What
lies in a hole is replaced by the mean colour of the pictures, which the authors' program subtracts.  That code's
network is the other choices of norm and centred.  The last step of the paper, Poisson blending, is what restoring does
with any network's answer: see `restoring/blending.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.layers.deepfill import RGB
from inpaint.sample import Prediction

NORM_PLACES = ("before", "after")
MEAN_GREY = (0.5, 0.5, 0.5)


class CompletionStep(NamedTuple):
    """One layer: its width in widths of the first, and how it walks."""

    times: float
    kernel: int = 3
    stride: int = 1
    dilation: int = 1
    enlarge: bool = False


COMPLETION_STEPS = (  # of the completion network, all but the last
    *(
        CompletionStep(1, kernel=5),
        CompletionStep(2, stride=2),
        CompletionStep(2),
        CompletionStep(4, stride=2),
        CompletionStep(4),
        CompletionStep(4),
    ),
    *(CompletionStep(4, dilation=rate) for rate in (2, 4, 8, 16)),
    *(
        CompletionStep(4),
        CompletionStep(4),
        CompletionStep(2, enlarge=True),
        CompletionStep(2),
        CompletionStep(1, enlarge=True),
        CompletionStep(0.5),
    ),
)


class CompletionNet(nn.Module):
    """The layers, from picture and mask (B, 4, H, W) to a picture in [0, 1]; 6,072,131 parameters of width 64."""

    def __init__(self, width: int, *, norm: str):
        super().__init__()
        self.norm_first = norm == "before"
        self.names = []
        channels = RGB + 1
        for number, step in enumerate(COMPLETION_STEPS, start=1):
            wide = int(step.times * width)
            self.names.append(f"{'de' if step.enlarge else ''}conv{number}")
            self.add_module(self.names[-1], completion_layer(step, channels, wide))
            self.add_module(f"bn{number}", nn.BatchNorm2d(wide))
            channels = wide
        self.conv17 = nn.Conv2d(channels, RGB, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        for number, name in enumerate(self.names, start=1):
            x, norm = self.get_submodule(name)(x), self.get_submodule(f"bn{number}")
            x = norm(x).relu() if self.norm_first else norm(x.relu())
        return self.conv17(x).sigmoid()


def completion_layer(step: CompletionStep, channels: int, width: int) -> nn.Module:
    """Build one layer, which keeps, halves or doubles the size."""
    if step.enlarge:
        return nn.ConvTranspose2d(channels, width, 4, stride=2, padding=1)
    padding = step.dilation * (step.kernel // 2)
    return nn.Conv2d(channels, width, step.kernel, step.stride, padding=padding, dilation=step.dilation)


class GLCIC(Generator):
    """The trunk behind the contract of every generator."""

    multiple = 4

    def __init__(self, trunk: CompletionNet, *, mean: Sequence[float], centred: bool):
        super().__init__()
        self.trunk = trunk
        self.centred = centred
        self.register_buffer("mean", torch.tensor(tuple(mean)).view(RGB, 1, 1), persistent=False)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        mean = self.get_buffer("mean")
        seen = (image - mean) * (1 - mask)
        return Prediction(self.trunk(torch.cat([seen if self.centred else seen + mean, mask], dim=1)), {})


def build(
    *, width: int = 64, norm: str = "before", mean: Sequence[float] = MEAN_GREY, centred: bool = True
) -> Generator:
    """Build the completion network of GLCIC; width: of the first layer, which the last but one halves.

    norm: whether batch norms stand before ReLUs, as in the paper, or after.  mean: the colour (red, green, blue) in
    [0, 1] that holes are given.  centred: whether it is subtracted.  Raises ValueError for a width that is not even,
    an unknown norm, and a mean that is no colour.
    """
    if width < 2 or width % 2:
        raise ValueError(f"width is {width}: it must be 2, 4, 6, ..., as the last layer but one has half of it")
    if norm not in NORM_PLACES:
        raise ValueError(f"norm is {norm!r}: choose among {', '.join(NORM_PLACES)}")
    if len(mean) != RGB or not all(0 <= value <= 1 for value in mean):
        raise ValueError(f"mean is {list(mean)}: it must be a colour of three numbers from 0 to 1")
    return GLCIC(CompletionNet(width, norm=norm), mean=mean, centred=centred)
