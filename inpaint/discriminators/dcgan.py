"""DCGAN's discriminator, which judges pictures of 64 pixels as a whole.

Source: Radford et al., Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks
(2015), in the shape and with the state-dict names (under `trunk`) of PyTorch's own example.  Differs: it answers the
logit, before the sigmoid, and see_image and see_mask add the damaged picture and the mask to its channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown

SIDE = 64  # px
DEVIATION = 0.02  # of the weights at the start


class Judging(nn.Module):
    """The layers, from pictures (B, C, 64, 64) in [-1, 1] to one logit each.

    2,765,568 parameters for 3 channels and a width of 64.
    """

    def __init__(self, channels: int, width: int):
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False),
            nn.LeakyReLU(LEAKY_SLOPE),
        ]
        for wide in (2 * width, 4 * width, 8 * width):
            layers += [nn.Conv2d(wide // 2, wide, 4, stride=2, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(wide), nn.LeakyReLU(LEAKY_SLOPE)]
        self.main = nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, bias=False))
        self.apply(start)

    def forward(self, x: Tensor) -> Scores:
        features = []
        for layer in self.main:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                features.append(x)
        return Scores(x, [*features, x])


def start(module: nn.Module) -> None:
    """Draw weights from N(0, 0.02) and scales of batch norms from N(1, 0.02); their shifts are 0 already."""
    if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0, DEVIATION)


class Dcgan(Discriminator):
    """The discriminator: it takes pictures in [0, 1] and shows the layers what its options name."""

    def __init__(self, width: int, *, see_image: bool, see_mask: bool):
        super().__init__()
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        self.trunk = Judging(3 + extra_channels(**self.sees), width)

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        if candidate.shape[-2:] != (SIDE, SIDE):
            height, width = candidate.shape[-2:]
            raise ValueError(f"the picture is {height}x{width} px: this discriminator judges {SIDE}x{SIDE} px alone")
        return self.trunk(shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees))


def build(*, width: int = 64, see_image: bool = False, see_mask: bool = False) -> Discriminator:
    """Build the discriminator of DCGAN for 64 pixels.  Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    return Dcgan(width, see_image=see_image, see_mask=see_mask)
