"""The discriminator of outpainting: 3x3 convolutions with instance norms, which judge patches at an eighth of the size.

Source: Van Hoorick, Image Outpainting and Harmonization using Generative Adversarial Networks (2019), and the author's
code.  Differs: the damaged picture and the mask can be further channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.patch import initialize
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown

JUDGING_LAYERS = ((1, 2), (2, 2), (4, 2), (8, 1))  # width, in widths of the first, and stride


class OutpaintJudge(Discriminator):
    """The layers, for pictures in [0, 1]."""

    def __init__(self, width: int, *, see_image: bool, see_mask: bool):
        super().__init__()
        self.sees = {"see_image": see_image, "see_mask": see_mask}
        layers: list[nn.Module] = []
        channels = 3 + extra_channels(**self.sees)
        for times, stride in JUDGING_LAYERS:
            layers.append(nn.Conv2d(channels, times * width, 3, stride=stride, padding=1))
            layers += [nn.InstanceNorm2d(times * width)] if times > 1 else []
            layers.append(nn.LeakyReLU(LEAKY_SLOPE))
            channels = times * width
        self.model = nn.Sequential(*layers, nn.Conv2d(channels, 1, 3, padding=1))
        initialize(self.model)

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        x, features = shown(candidate, image, mask, **self.sees), []
        for layer in self.model:
            x = layer(x)
            if isinstance(layer, nn.LeakyReLU):
                features.append(x)
        return Scores(x, [*features, x])


def build(*, width: int = 64, see_image: bool = False, see_mask: bool = False) -> Discriminator:
    """Build it; the default makes 1,555,585 parameters.  Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"width is {width}: a discriminator needs a width of at least 1")
    return OutpaintJudge(width, see_image=see_image, see_mask=see_mask)
