"""StructureFlow: one network completes a picture's structure, another paints it with texture that it fetches elsewhere.

Source: Ren et al., StructureFlow: Image Inpainting via Structure-aware Appearance Flow (2019), and the authors' code,
whose entries' names these are.  The second network learns a flow: where in the known picture each place finds its
texture.  It is sampled in wide Gaussian windows, so that it learns to look far.

Differs: the structure around a hole is that of the picture whose hole is closed smoothly, as the original's is not at
hand when restoring; where somebody gives a structure for the whole picture, none is drawn.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator, View
from inpaint.degradation.smooth import smooth_fill
from inpaint.layers.deepfill import RGB
from inpaint.layers.gaussian_sampling import FLOW_UNEXPORTABLE, gaussian_sample
from inpaint.layers.mirrored_conv import MirroredConv, ResidualPairs, norm_of, start_wide
from inpaint.layers.structure import structure_of
from inpaint.sample import Prediction

FLOW_INPUTS = 2 * RGB + 1  # picture, structure and mask
STRUCTURE_BLOCKS, TEXTURE_BLOCKS = 4, 2  # residual blocks at each size
WINDOWS = ((16, 4.0), (4, 2.0))  # in which features are sampled: side and deviation, px of a quarter of the size


def active_conv(
    channels: int, width: int, kernel: int, norm: str, *, stride: int = 1, spectral: bool = False
) -> nn.Module:
    """Build a convolution with its norm and ReLU."""
    return MirroredConv(channels, width, kernel, stride=stride, norm=norm, activation=nn.ReLU(), spectral=spectral)


def halving(channels: int, width: int, norm: str, *, spectral: bool = False) -> list[nn.Module]:
    """Build a convolution that halves the size and one that keeps it."""
    first = active_conv(channels, width, 4, norm, stride=2, spectral=spectral)
    return [first, active_conv(width, width, 5, norm, spectral=spectral)]


def doubling(blocks: int, channels: int, norm: str, *, spectral: bool = False) -> list[nn.Module]:
    """Build residual blocks and what doubles the size and halves the channels after them."""
    last = active_conv(channels, channels // 2, 5, norm, spectral=spectral)
    return [ResidualPairs(blocks, channels, norm), nn.Upsample(scale_factor=2), last]


class SignedPicture(nn.Module):
    """A picture in [-1, 1] from features of its size."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = MirroredConv(channels, RGB, 3, activation=nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class StructureNet(nn.Module):
    """Completes the structure, (B, 7, H, W) -> (B, 3, H, W) in [-1, 1].  36,057,411 parameters of width 64."""

    def __init__(self, width: int):
        super().__init__()
        widths = [width, 2 * width, 4 * width, 8 * width]
        self.down_sample = nn.ModuleList()
        self.up_sample = nn.ModuleList()
        self.content_param = nn.ModuleList()
        self.input_layer = active_conv(FLOW_INPUTS, width, 7, "instance", spectral=True)
        for level, (narrow, wide) in enumerate(pairwise(widths)):
            layers = halving(narrow, wide, "instance", spectral=True)
            self.down_sample.append(nn.Sequential(*layers[: 1 if level == 2 else 2]))
        for wide in reversed(widths[1:]):
            self.up_sample.append(nn.Sequential(*doubling(STRUCTURE_BLOCKS, wide, "instance", spectral=True)))
            self.content_param.append(active_conv(wide // 2, wide // 2, 5, "instance"))
        self.image_net = SignedPicture(width)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.input_layer(x)]
        for down in self.down_sample:
            skips.append(down(skips[-1]))
        x = skips.pop()
        for up, content in zip(self.up_sample, self.content_param, strict=True):
            x = up(x) + content(skips.pop())
        return self.image_net(x)


class FlowUp(nn.Module):
    """Double the size with a transposed convolution."""

    def __init__(self, channels: int):
        super().__init__()
        self.transConv = nn.ConvTranspose2d(channels, channels // 2, 6, stride=2, padding=2)
        start_wide(self.transConv)
        self.norm = norm_of("instance", channels // 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.transConv(x)).relu()


class FlowColumn(nn.Module):
    """Says where texture is to be found, (B, 2, H / 4, W / 4): px of that size to the right and down."""

    def __init__(self, width: int):
        super().__init__()
        half, widths = width // 2, [width, 2 * width, 4 * width, 8 * width]
        norm = "instance"
        first = nn.Sequential(active_conv(FLOW_INPUTS, half, 7, norm), *halving(half, width, norm))
        deeper = [nn.Sequential(*halving(wide // 2, wide, norm)) for wide in widths[1:]]
        self.down_sample_flow = nn.ModuleList([first, *deeper])
        deepest = widths[-1]
        self.up_sample_flow = nn.ModuleList(
            [
                nn.Sequential(ResidualPairs(TEXTURE_BLOCKS, deepest, norm), FlowUp(deepest)),
                nn.Sequential(
                    active_conv(deepest, deepest // 2, 5, norm),
                    ResidualPairs(TEXTURE_BLOCKS, deepest // 2, norm),
                    FlowUp(deepest // 2),
                ),
            ]
        )
        last = MirroredConv(width, 2, 3, bias=False)
        self.location = nn.Sequential(active_conv(deepest // 2, width, 5, norm), last)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for down in self.down_sample_flow:
            x = down(x)
            skips.append(x)
        for up, skip in zip(self.up_sample_flow, (skips[2], skips[1]), strict=True):
            x = torch.cat([up(x), skip], dim=1)
        return self.location(x)


class PaintColumn(nn.Module):
    """Paints with features of its own and those that the flow points at, (B, 3, H, W) in [-1, 1]."""

    def __init__(self, width: int):
        super().__init__()
        half, norm = width // 2, "layer"
        deepest = 8 * width
        self.down_sample = nn.ModuleList(
            [
                nn.Sequential(
                    active_conv(FLOW_INPUTS, half, 7, norm),
                    *halving(half, width, norm),
                    *halving(width, 2 * width, norm),
                ),
                nn.Sequential(
                    active_conv(2 * width, 4 * width, 5, norm), active_conv(4 * width, deepest, 4, norm, stride=2)
                ),
            ]
        )
        self.up_sample = nn.ModuleList(
            [
                nn.Sequential(*doubling(TEXTURE_BLOCKS, deepest, norm)),
                nn.Sequential(
                    active_conv(deepest, 4 * width, 5, norm),
                    *doubling(TEXTURE_BLOCKS, 4 * width, norm),
                    *doubling(TEXTURE_BLOCKS, 2 * width, norm),
                    SignedPicture(width),
                ),
            ]
        )

    def forward(self, x: Tensor, flow: Tensor) -> Tensor:
        near = self.down_sample[0](x)
        fetched = [gaussian_sample(near, flow, kernel=side, deviation=spread) for side, spread in WINDOWS]
        return self.up_sample[1](torch.cat([self.up_sample[0](self.down_sample[1](near)), *fetched], dim=1))


class TextureNet(nn.Module):
    """Paints by a structure; 56,473,475 parameters of width 64."""

    def __init__(self, width: int):
        super().__init__()
        self.flow_column = FlowColumn(width)
        self.conv_column = PaintColumn(width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the picture in [-1, 1] and the flow.  x: (B, 7, H, W)."""
        flow = self.flow_column(x)
        return self.conv_column(x, flow), flow


class StructureFlow(Generator):
    """Both networks behind the contract of every generator; extras are "structure" in [0, 1] and "flow"."""

    multiple = 64  # its deepest features then have four rows, which a reflection of two needs
    view: View = "square"
    exportable: str | None = FLOW_UNEXPORTABLE

    def __init__(self, width: int):
        super().__init__()
        self.structure = StructureNet(width)
        self.texture = TextureNet(width)
        self.inputs = {"structure": ExtraInput(RGB)}

    def drawn_structure(self, image: Tensor, mask: Tensor) -> Tensor:
        """Return the completed structure, (B, 3, H, W) in [0, 1]."""
        around = structure_of(smooth_fill(image, mask))
        known = 1 - mask
        return (self.structure(torch.cat([(2 * image - 1) * known, (2 * around - 1) * known, mask], dim=1)) + 1) / 2

    def painted(self, image: Tensor, mask: Tensor, structure: Tensor) -> Prediction:
        """Return the picture painted by a structure (B, 3, H, W) in [0, 1]."""
        shown = torch.cat([(2 * image - 1) * (1 - mask), 2 * structure - 1, mask], dim=1)
        picture, flow = self.texture(shown)
        return Prediction((picture + 1) / 2, {"structure": structure, "flow": flow})

    def forward(self, image: Tensor, mask: Tensor, *, structure: Tensor | None = None) -> Prediction:
        """structure: of the whole picture, (B, 3, H, W) in [0, 1], in place of what the first network draws."""
        return self.painted(image, mask, self.drawn_structure(image, mask) if structure is None else structure)


def build(*, width: int = 64) -> Generator:
    """Build StructureFlow; width: of the first layers of both networks.

    Raises ValueError for a width that is not even.
    """
    if width < 2 or width % 2:
        raise ValueError(f"width is {width}: it must be 2, 4, 6, ..., as the second network begins with half of it")
    return StructureFlow(width)
