"""Outpainting: an encoder that ends in thousands of channels, and a decoder, which draw what lies around a picture.

Source: Van Hoorick, Image Outpainting and Harmonization using Generative Adversarial Networks (2019), and the author's
code, after the context encoder (Pathak et al. 2016).  What is not known is white; the mask is not seen.  The author's
batch norms have an epsilon of 0.8, which reads like a momentum but is in his weights.  Answers are tanh, of which what
is below 0 is black.
"""

from __future__ import annotations

from torch import Tensor, nn

from inpaint.contracts import Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.layers.residual import SMALL_START_DEVIATION, start_small
from inpaint.sample import Prediction

DOWN_TIMES = (1, 1, 2, 4, 8)  # widths of the halving layers, in widths of the first
UP_TIMES = (8, 4, 2, 1, 1)
NORM_EPSILON = 0.8
ENCODER_SLOPE = 0.2


def context_encoder(width: int, code: int) -> nn.Sequential:
    """Build the layers; 40,466,915 parameters for a width of 64 and a code of 4000."""
    layers: list[nn.Module] = []
    channels = RGB
    for level, times in enumerate(DOWN_TIMES):
        layers.append(nn.Conv2d(channels, times * width, 4, stride=2, padding=1))
        layers += [nn.BatchNorm2d(times * width, NORM_EPSILON)] if level else []
        layers.append(nn.LeakyReLU(ENCODER_SLOPE))
        channels = times * width
    layers.append(nn.Conv2d(channels, code, 1))
    channels = code
    for times in UP_TIMES:
        layers.append(nn.ConvTranspose2d(channels, times * width, 4, stride=2, padding=1))
        layers += [nn.BatchNorm2d(times * width, NORM_EPSILON), nn.ReLU()]
        channels = times * width
    return nn.Sequential(*layers, nn.Conv2d(channels, RGB, 3, padding=1), nn.Tanh())


class Outpaint(Generator):
    """The layers behind the contract of every generator."""

    multiple = 2 ** len(DOWN_TIMES)
    view: View = "small"  # what it draws lies around everything that is known, no further away than it learned

    def __init__(self, width: int, code: int):
        super().__init__()
        self.model = context_encoder(width, code)
        for layer in self.model:
            start_small(layer)
            if isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, 1.0, SMALL_START_DEVIATION)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.model(image * (1 - mask) + mask), {})


def build(*, width: int = 64, code: int = 4000) -> Generator:
    """Build the network; code: channels where it is narrowest.  Raises ValueError for either below 1."""
    if width < 1 or code < 1:
        raise ValueError(f"width is {width} and code is {code}: both must be at least 1")
    return Outpaint(width, code)
