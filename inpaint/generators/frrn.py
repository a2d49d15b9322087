"""FRRN: residual blocks at full resolution whose partial convolutions grow a hole shut from its rim.

Source: Guo et al., Progressive Image Inpainting with Full-Resolution Residual Network (2019), and the authors' code,
whose entries' names these are.  Every module of two blocks fills a hole by 6 px on every side, and what is known comes
back bit for bit.  The authors' layer does not set unknown values to 0 before it convolves them: norms and activations
have changed those by then, and what the first of two blocks filled, the second sees.

Differs: the authors' eight modules leave what is more than 48 px from a rim black.  Here a hole that is left when
restoring is taken for the next picture's, and all modules are walked again, until none is left.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.layers.partial_conv import Partial, PartialConv2d
from inpaint.layers.residual import start_small
from inpaint.sample import Prediction

BRANCH_SLOPE = 0.2


class UnmaskedPartialConv2d(PartialConv2d):
    """A partial convolution that trusts what stands where nothing is known, as the authors' does."""

    masks = False


class PartialLayer(nn.Module):
    """A partial convolution, its norm and its activation.  (B, channels, H, W) -> (B, width, H / stride, ...)."""

    def __init__(self, channels: int, width: int, activation: nn.Module, *, kernel: int, stride: int, norm: bool):
        super().__init__()
        self.conv = UnmaskedPartialConv2d(channels, width, kernel, stride=stride, padding=kernel // 2)
        self.norm = nn.InstanceNorm2d(width) if norm else nn.Identity()
        self.act = activation

    def forward(self, x: Partial) -> Partial:
        x = self.conv(x)
        return Partial(self.act(self.norm(x.features)), x.valid)


class FullResolutionBlock(nn.Module):
    """Add to a picture, in its hole, what a path at full resolution and one down to an eighth answer there."""

    def __init__(self, width: int):
        super().__init__()
        sharp = {"kernel": 5, "stride": 1, "norm": False}
        self.full_conv1 = PartialLayer(RGB, width, nn.ReLU(), **sharp)
        self.full_conv2 = PartialLayer(width, width, nn.ReLU(), **sharp)
        self.full_conv3 = PartialLayer(width, RGB, nn.ReLU(), **sharp)
        down, up = {"kernel": 3, "stride": 2}, {"kernel": 3, "stride": 1}
        self.branch_conv1 = PartialLayer(RGB, 2 * width, nn.ReLU(), **down, norm=False)
        self.branch_conv2 = PartialLayer(2 * width, 3 * width, nn.ReLU(), **down, norm=True)
        self.branch_conv3 = PartialLayer(3 * width, 4 * width, nn.ReLU(), **down, norm=True)
        self.branch_conv4 = PartialLayer(4 * width, 3 * width, nn.LeakyReLU(BRANCH_SLOPE), **up, norm=True)
        self.branch_conv5 = PartialLayer(3 * width, 2 * width, nn.LeakyReLU(BRANCH_SLOPE), **up, norm=True)
        self.branch_conv6 = PartialLayer(2 * width, RGB, nn.Tanh(), **up, norm=True)

    def forward(self, x: Partial, hole: Tensor) -> Partial:
        """Return the picture and where it is known or filled now.  hole: (B, 1, H, W), 1 where it may change."""
        full = self.full_conv3(self.full_conv2(self.full_conv1(x)))
        branch = self.branch_conv3(self.branch_conv2(self.branch_conv1(x)))
        for layer in (self.branch_conv4, self.branch_conv5, self.branch_conv6):
            branch = layer(Partial(*(F.interpolate(it, scale_factor=2, mode="nearest") for it in branch)))
        valid = full.valid * branch.valid
        answer = (full.features + branch.features) / 2
        return Partial(x.features + answer * (valid * hole).to(answer.dtype), valid)


class FullResolutionNet(nn.Module):
    """Two blocks for each module; 366,150 parameters for a block of width 32."""

    def __init__(self, width: int, modules: int):
        super().__init__()
        self.blocks = nn.ModuleList(FullResolutionBlock(width) for _ in range(2 * modules))

    def forward(self, x: Partial) -> list[Partial]:
        """Return the picture after each module, which is filled where `valid` says.  x: black in the hole."""
        hole, answers = 1 - x.valid, []
        for first, second in zip(self.blocks[::2], self.blocks[1::2], strict=True):
            x = second(Partial(first(x, hole).features, x.valid), hole)
            answers.append(x)
        return answers


class FRRN(Generator):
    """The trunk behind the contract of every generator.

    extras: filled_1, valid_1 and so on are the picture after each module but the last, and where it is filled by then.
    """

    view: View = "square"  # it normalises over all that it sees
    multiple = 16  # its deepest features then have four values, without which norms refuse them
    exportable: str | None = "it goes over a picture until its widest hole is filled, which a file cannot say"

    def __init__(self, trunk: FullResolutionNet):
        super().__init__()
        self.trunk = trunk

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        valid = 1 - mask
        *steps, answer = self.trunk(Partial(image * valid, valid))
        while not self.training and left(answer) < left(Partial(image, valid)):
            valid = answer.valid
            answer = self.trunk(answer)[-1]
        extras = {}
        for number, step in enumerate(steps, start=1):
            extras |= {f"filled_{number}": step.features, f"valid_{number}": step.valid}
        return Prediction(answer.features, extras)


def left(x: Partial) -> int:
    """Return how many pixels are not filled."""
    return int((x.valid < 0.5).sum())


def build(*, width: int = 32, modules: int = 8) -> Generator:
    """Build FRRN; the defaults make 5,858,400 parameters.

    modules: each fills a hole by 6 px on every side.  Raises ValueError for either below 1.
    """
    if width < 1 or modules < 1:
        raise ValueError(f"width is {width} and modules is {modules}: both must be at least 1")
    network = FRRN(FullResolutionNet(width, modules))
    network.apply(start_small)
    return network
