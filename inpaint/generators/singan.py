"""SinGAN: a pyramid of tiny networks that know one picture, and fill and edit it.

Source: Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image (2019), and the authors' code.
The coarsest network makes a layout of noise; each finer one adds what is missing to the enlarged answer of the one
before, with noise of a strength that was measured when it learned.  Layers bear the authors' names.

Filling is ours, after the authors' editing: known pixels replace the answer at every scale, so that what is made beside
them continues them.  Without noise the coarsest network sees the noise that stands for the picture itself (see
`inpaint.recipes.one_picture`), which is drawn for every size alike.  Differs: the number of scales is an option, where
the authors count them by the picture: 10 for 256 x 256 px, so that each is 3/4 of the next.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.layers.picture_pyramid import at_size, pyramid_sizes
from inpaint.layers.scale_net import LAYERS_OF_A_SCALE, ScaleNet, width_at
from inpaint.randomness import rng_for
from inpaint.sample import Prediction

SCALE_MARGIN = LAYERS_OF_A_SCALE  # px of zeros around what a scale sees


class SinGAN(Generator):
    """The networks of all scales behind the contract of every generator."""

    view: View = "small"
    samples = True
    exportable: str | None = "the sizes of its pyramid follow from the picture's"

    def __init__(self, width: int, *, scales: int, least: int):
        super().__init__()
        self.scales = nn.ModuleList(ScaleNet(width_at(number, width), RGB) for number in range(scales))
        self.width, self.least = width, least
        self.strengths: Tensor
        self.register_buffer("strengths", torch.ones(scales))  # of the noise; measured when a scale begins to learn
        self.inputs = {"noise": ExtraInput(1, noise=True)}

    def forward(self, image: Tensor, mask: Tensor, *, noise: Tensor | None = None) -> Prediction:
        """noise: (B, 1, H, W) of the normal distribution, of which the hole's is heard; none is the picture's own."""
        picture = (2 * image - 1) * (1 - mask)
        sizes = self.sizes(image)
        known = [at_size(1 - mask, size).clamp(0, 1) for size in sizes]
        heard = noise if noise is None else noise * mask
        answer = torch.zeros_like(at_size(picture, sizes[0]))
        for scale, (size, share) in enumerate(zip(sizes, known, strict=True)):
            before = at_size(answer, size)
            answer = self.at_scale(scale, before, self.noise_at(scale, before, heard))
            sure = (share > 0.999).to(image.dtype)
            seen = at_size(picture, size) / share.clamp(min=0.5)
            answer = torch.where(sure > 0, seen, answer) if scale + 1 < len(sizes) else answer
        return Prediction((answer + 1) / 2, {})

    def sizes(self, image: Tensor) -> list[tuple[int, int]]:
        """Return the (height, width) of each scale for a picture (B, 3, H, W)."""
        return pyramid_sizes((image.shape[-2], image.shape[-1]), len(self.scales), self.least)

    def at_scale(self, scale: int, before: Tensor, noise: Tensor | None) -> Tensor:
        """Return what a scale makes of the enlarged answer before it, (B, 3, h, w) in [-1, 1].

        noise: (B, 3, h, w), already as strong as this scale wants it; None is none.
        """
        seen = before if noise is None else before + noise
        return self.scales[scale](F.pad(seen, (SCALE_MARGIN,) * 4)).tanh() + before

    def noise_at(self, scale: int, before: Tensor, given: Tensor | None) -> Tensor | None:
        """Return the noise that a scale sees when it restores, (B, 3, h, w); the coarsest has one noise three times."""
        size = (before.shape[-2], before.shape[-1])
        other = None if given is None else F.interpolate(given, size, mode="nearest").expand_as(before)
        if scale == 0:
            own = own_noise(before)
            return own if other is None else torch.where(other != 0, other, own)
        return None if other is None else self.strengths[scale] * other


def own_noise(like: Tensor) -> Tensor:
    """Return the noise that stands for the picture itself: the same for every picture of this size (B, 3, h, w)."""
    height, width = like.shape[-2:]
    return torch.randn(1, 1, height, width, generator=rng_for("singan", height, width)).to(like).expand_as(like)


def build(*, width: int = 32, scales: int = 10, least: int = 25) -> Generator:
    """Build the pyramid; width: of the coarsest four scales.  least: px of the shorter side of the coarsest.

    Raises ValueError for any below 1.
    """
    if min(width, scales, least) < 1:
        raise ValueError(f"width is {width}, scales is {scales} and least is {least}: all must be at least 1")
    return SinGAN(width, scales=scales, least=least)
