"""The residual network of EdgeConnect with region normalization, in one stage and without edges.

Source: Yu et al., Region Normalization for Image Inpainting (2020), as the authors' code builds it: RN-B by the mask
in the encoder, RN-L by the features themselves in the residual blocks and the decoder, pixel shuffles up. It sees the
picture in [0, 1] with white (1.0) in the hole and no mask channel. The trunk's state dict has the keys of the
authors' code.

What differs: biases start at 0 (the code draws them with deviation 1 where 1e-4 seems meant), and in eval mode every
picture is normalised by its own statistics, as in the authors' tests of one picture at a time.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.padding import Reflect
from inpaint.layers.region_normalization import RegionNormB, RegionNormL
from inpaint.sample import Prediction

INITIAL_GAIN = 0.1  # on the draw of He et al. 2015, as the authors start


class RegionNormBlock(nn.Module):
    """A residual block, the first of its two convolutions dilated by 2.  (B, width, h, w) in and out."""

    def __init__(self, width: int, *, statistics: str):
        super().__init__()
        self.conv_block = nn.Sequential(
            Reflect(2),
            nn.Conv2d(width, width, 3, dilation=2),
            RegionNormL(statistics=statistics),
            nn.ReLU(),
            Reflect(1),
            nn.Conv2d(width, width, 3),
            RegionNormL(statistics=statistics),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class RegionNormTrunk(nn.Module):
    """The network for pictures whose hole is white; 11,596,591 parameters for width 64 and 8 blocks."""

    def __init__(self, width: int, *, blocks: int, shifts: str, statistics: str):
        super().__init__()
        self.reflect = Reflect(3)
        self.encoder_conv1 = nn.Conv2d(3, width, 7)
        self.encoder_in1 = RegionNormB(width, shifts=shifts, statistics=statistics)
        self.encoder_conv2 = nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)
        self.encoder_in2 = RegionNormB(2 * width, shifts=shifts, statistics=statistics)
        self.encoder_conv3 = nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1)
        self.encoder_in3 = RegionNormB(4 * width, shifts=shifts, statistics=statistics)
        self.middle = nn.Sequential(*(RegionNormBlock(4 * width, statistics=statistics) for _ in range(blocks)))
        self.decoder = nn.Sequential(
            nn.Conv2d(4 * width, 8 * width, 3, padding=1),
            nn.PixelShuffle(2),
            RegionNormL(statistics=statistics),
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, 3, padding=1),
            nn.PixelShuffle(2),
            RegionNormL(statistics=statistics),
            nn.ReLU(),
            Reflect(3),
            nn.Conv2d(width, 3, 7),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                with torch.no_grad():
                    layer.weight *= INITIAL_GAIN
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Complete x (B, 3, H, W) in [0, 1], white where mask (B, 1, H, W) is 1."""
        x = self.encoder_in1(self.encoder_conv1(self.reflect(x)), mask).relu()
        x = self.encoder_in2(self.encoder_conv2(x), mask).relu()
        x = self.encoder_in3(self.encoder_conv3(x), mask).relu()  # (B, 4 width, H / 4, W / 4)
        return (self.decoder(self.middle(x)).tanh() + 1) / 2


class RegionNormNetwork(Generator):
    """The trunk behind the contract of every generator."""

    view: View = "square"  # its norms are of the picture's regions
    exportable: str | None = None

    def __init__(self, trunk: RegionNormTrunk):
        super().__init__()
        self.multiple = 4
        self.trunk = trunk

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.trunk(image * (1 - mask) + mask, mask), {})


def build(*, width: int = 64, blocks: int = 8, shifts: str = "everywhere", statistics: str = "batch") -> Generator:
    """Build the region normalization network; H and W must divide by 4.

    shifts: of RN-B, everywhere (the authors' code) or region (the paper).  statistics: in training, of the batch (the
    authors' code) or of each picture.  Raises ValueError for other choices and for counts below 1.
    """
    if width < 1 or blocks < 1:
        raise ValueError(f"width is {width} and blocks is {blocks}: both must be at least 1")
    return RegionNormNetwork(RegionNormTrunk(width, blocks=blocks, shifts=shifts, statistics=statistics))
