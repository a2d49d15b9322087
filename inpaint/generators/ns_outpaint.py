"""NS-Outpainting: continues a strip to the right by its own width, and again, to any width.

Source: Yang et al., Very Long Natural Scenery Image Prediction by Outpainting (2019), and the authors' code.  A square
is encoded, recurrent content transfer makes as many columns again, and a decoder paints both halves, the left one with
skip connections.  Convolutions have no bias, and instance norms.

Larger pictures are ours: all four sides are extended, one after the other, a step of a square at a time, with the
picture shrunk so that the strip is as high as those that the network learned; steps are blended over the square that
both paint, as the authors do.  A mask that is no border is answered by the picture as one strip.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.layers.recurrent_transfer import INSTANCE_EPSILON, RecurrentTransfer
from inpaint.layers.strip_blocks import Bottleneck, GlobalResidual, SkipHorizontal
from inpaint.sample import Prediction

DOWN = 32  # the encoder's shrinking
ENCODER_STAGES = ((1, 3), (2, 4), (4, 5))  # widths of bottlenecks, in widths of the first layer, and how many there are
DECODED = ((4, 1, 2), (2, 2, 3), (1, 4, 4))  # bottlenecks' width, the dilation before them, how many there are


class StripNet(nn.Module):
    """The layers: (B, 3, side, side) -> (B, 3, side, 2 side) in [-1, 1]."""

    def __init__(self, width: int, side: int, *, shared: bool):
        super().__init__()
        self.enter = nn.Conv2d(RGB, width, 4, stride=2, padding=1, bias=False)
        self.enter_norm = nn.InstanceNorm2d(width, INSTANCE_EPSILON, affine=True)
        self.second = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.second_norm = nn.InstanceNorm2d(2 * width, INSTANCE_EPSILON, affine=True)
        channels, self.encoder = 2 * width, nn.ModuleList()
        for times, count in ENCODER_STAGES:
            first = Bottleneck(channels, times * width, stride=2)
            channels = 4 * times * width
            rest = (Bottleneck(channels, times * width) for _ in range(count - 1))
            self.encoder.append(nn.Sequential(first, *rest))
        self.transfer = RecurrentTransfer(channels, 8 * width, side // DOWN, shared=shared)
        self.decoder, self.enlargements, self.skips = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for times, rate, count in DECODED:
            blocks = (Bottleneck(channels, times * width, leaky=False) for _ in range(count))
            self.decoder.append(nn.Sequential(GlobalResidual(channels, rate), *blocks))
            channels //= 2
            self.enlarge(2 * channels, channels)
        self.enlarge(channels, channels // 2)
        self.leave = nn.ConvTranspose2d(channels // 2, RGB, 4, stride=2, padding=1, bias=False)
        nn.init.xavier_uniform_(self.leave.weight)

    def enlarge(self, channels: int, wide: int) -> None:
        """Add a transposed convolution with its norm, and the skip connection after it."""
        layer = nn.ConvTranspose2d(channels, wide, 4, stride=2, padding=1, bias=False)
        nn.init.xavier_uniform_(layer.weight)
        self.enlargements.append(nn.Sequential(layer, nn.InstanceNorm2d(wide, INSTANCE_EPSILON, affine=True)))
        self.skips.append(SkipHorizontal(wide))

    def forward(self, square: Tensor) -> Tensor:
        x = F.leaky_relu(self.enter_norm(self.enter(square)), 0.2)
        seen = [x]
        x = F.leaky_relu(self.second_norm(self.second(x)), 0.2)
        seen.append(x)
        for stage in self.encoder:
            x = stage(x)
            seen.append(x)
        x = torch.cat([seen.pop(), self.transfer(x)], dim=3)
        for number, (enlargement, skip) in enumerate(zip(self.enlargements, self.skips, strict=True)):
            x = self.decoder[number](x) if number < len(self.decoder) else x
            left, right = enlargement(x).chunk(2, dim=3)
            x = torch.cat([skip(left, seen.pop()), right], dim=3)
        return self.leave(x).tanh()


class NSOutpaint(Generator):
    """The layers behind the contract of every generator."""

    multiple = 8  # which it does not need, but a picture of few pixels tells an instance norm nothing
    view: View = "whole"
    exportable: str | None = "it extends a picture in as many steps as its border needs"

    def __init__(self, width: int, side: int, *, shared: bool):
        super().__init__()
        self.net = StripNet(width, side, shared=shared)
        self.side = side

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        if self.training:
            return Prediction(self.as_strip(image, mask), {})
        pictures = []
        for number, one in enumerate(mask):
            box, these = known_box(one), slice(number, number + 1)
            pictures.append(self.extended(image[these], box) if box else self.as_strip(image[these], mask[these]))
        return Prediction(torch.cat(pictures), {})

    def as_strip(self, image: Tensor, mask: Tensor) -> Tensor:
        """Answer a picture (B, 3, H, W) of any size whose left half is known."""
        size = [image.shape[-2], image.shape[-1]]
        known = F.interpolate(image * (1 - mask), [self.side, 2 * self.side], mode="bilinear", antialias=True)
        answer = (self.net(2 * known[..., : self.side] - 1) + 1) / 2
        return answer if size == [self.side, 2 * self.side] else F.interpolate(answer, size, mode="bilinear")

    def extended(self, picture: Tensor, box: tuple[int, int, int, int]) -> Tensor:
        """Draw around what is known of a picture (1, 3, H, W); box: its top, bottom, left and right."""
        top, bottom, left, right = box
        known, (height, width) = picture[..., top:bottom, left:right], picture.shape[-2:]
        for wanted, turn in (
            (width - right, unturned),
            (left, mirrored_across),
            (height - bottom, transposed),
            (top, transposed_up),
        ):
            if wanted:
                known = turn(self.continued(turn(known), wanted))
        return known

    def continued(self, picture: Tensor, wanted: int) -> Tensor:
        """Return a picture (1, 3, h, w) with so many columns more on its right."""
        height, width = picture.shape[-2:]
        factor = self.side / height
        seen = max(1, round(width * factor))
        strip = F.interpolate(picture, [self.side, seen], mode="bilinear", antialias=True)
        beyond = max(0, self.side - seen)  # columns that a narrow picture lacks
        strip = F.pad(strip, (beyond, 0, 0, 0), mode="replicate")
        count = -(-round(wanted * factor + 0.5) // self.side)
        for _ in range(count):
            answer = (self.net(2 * strip[..., -self.side :] - 1) + 1) / 2
            share = torch.linspace(1, 0, self.side).to(strip)  # of what was there, over the square that both paint
            overlap = share * strip[..., -self.side :] + (1 - share) * answer[..., : self.side]
            strip = torch.cat([strip[..., : -self.side], overlap, answer[..., self.side :]], dim=3)
        strip = strip[..., beyond:]
        wide = F.interpolate(strip, [height, max(width + wanted, round(strip.shape[-1] / factor))], mode="bilinear")
        return torch.cat([picture, wide[..., width : width + wanted]], dim=3)


def known_box(mask: Tensor) -> tuple[int, int, int, int] | None:
    """Return the top, bottom, left and right of what a border (1, H, W) leaves; None for a mask that is no border."""
    known = mask[0] < 0.5
    rows, columns = known.any(1).nonzero()[:, 0], known.any(0).nonzero()[:, 0]
    if known.all() or not len(rows):
        return None
    box = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return box if known[box[0] : box[1], box[2] : box[3]].all() else None


def unturned(picture: Tensor) -> Tensor:
    return picture


def mirrored_across(picture: Tensor) -> Tensor:
    return picture.flip(-1)


def transposed(picture: Tensor) -> Tensor:
    """Exchange rows and columns."""
    return picture.transpose(-2, -1)


def transposed_up(picture: Tensor) -> Tensor:
    """Exchange rows and columns so that what was the top is on the right; done twice, all is as before."""
    return picture.flip(-2, -1).transpose(-2, -1)


def build(*, width: int = 64, side: int = 128, shared: bool = True) -> Generator:
    """Build the network; 119,101,568 parameters.

    side: px of the square that is seen.  shared: let both layers of an LSTM be one cell, as the authors' code does.
    Raises ValueError for a width below 1, and for a side below 64 or one that does not divide by 32.
    """
    if width < 1 or side < 2 * DOWN or side % DOWN:
        raise ValueError(f"width is {width} and side is {side}: width must be at least 1, side 64, 96, 128, ...")
    return NSOutpaint(width, side, shared=shared)
