"""PICNet: many answers to one picture, drawn from what a conditional variational autoencoder deems likely.

Source: Zheng et al., Pluralistic Image Completion (2019), and the authors' code.  An encoder says from what is known
how the hole's code is distributed (the prior); another head of it says the same from what was in the hole (the
posterior), in training alone.  A code drawn from either, added to the features of what is known, is decoded at four
scales.

What differs: asked without noise it answers the most likely code, where the authors' program always draws; the power
iteration of spectral norms rests when restoring.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator, View
from inpaint.layers.deepfill import RGB
from inpaint.layers.padding import reflect
from inpaint.layers.short_long_attention import ShortLongAttention
from inpaint.layers.spectral_residual import BLOCK_SLOPE, SpectralBlock, SpectralEntry, spectral_conv
from inpaint.sample import Prediction

LEVELS = 5  # of which each halves
LATENT_STEP = 2**LEVELS  # px of the picture for each value of a code
INFERRING = 6  # blocks before the prior
ATTENDED = 2  # the encoder's level whose features attention looks at
SCALES = 4  # at which the decoder answers
CAP = 4  # channels grow to 4 times the width, then stay


class PluralisticEncoder(nn.Module):
    """Features of a picture, and how codes are distributed.  3,604,224 parameters of width 32."""

    def __init__(self, width: int):
        super().__init__()
        widths = [width * min(2**level, CAP) for level in range(LEVELS)]
        deepest = widths[-1]
        self.block0 = SpectralEntry(RGB, width)
        for level, (narrow, wide) in enumerate(pairwise(widths)):
            self.add_module(f"encoder{level}", SpectralBlock(narrow, wide, narrow, change="halve"))
        for number in range(INFERRING):
            self.add_module(f"infer_prior{number}", SpectralBlock(deepest, deepest, deepest))
        self.posterior = SpectralBlock(deepest, 2 * deepest, deepest)
        self.prior = SpectralBlock(deepest, 2 * deepest, deepest)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the features of every level, the finest first."""
        features = [self.block0(x)]
        for level in range(LEVELS - 1):
            features.append(self.get_submodule(f"encoder{level}")(features[-1]))
        return features

    def likely(self, deepest: Tensor) -> tuple[Tensor, Tensor]:
        """Return the prior's mean and deviation from the deepest features of what is known."""
        for number in range(INFERRING):
            deepest = self.get_submodule(f"infer_prior{number}")(deepest)
        return as_normal(self.prior(deepest))

    def seen(self, deepest: Tensor) -> tuple[Tensor, Tensor]:
        """Return the posterior's mean and deviation from the deepest features of what was in the hole."""
        return as_normal(self.posterior(deepest))


def as_normal(answer: Tensor) -> tuple[Tensor, Tensor]:
    """Split (B, 2 C, h, w) into a mean and a deviation above 0."""
    mean, raw = answer.chunk(2, dim=1)
    return mean, F.softplus(raw)


class ToPicture(nn.Module):
    """A picture in [-1, 1] from features of its size."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = spectral_conv(channels, RGB, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv1(reflect(F.leaky_relu(x, BLOCK_SLOPE), 1)).tanh()


class PluralisticDecoder(nn.Module):
    """Pictures from a code and the features of what is known.  2,374,016 parameters of width 32."""

    def __init__(self, width: int):
        super().__init__()
        deepest = CAP * width
        self.generator = SpectralBlock(deepest, deepest, deepest)
        channels = deepest
        for level in range(LEVELS):
            wide = width * min(2 ** (LEVELS - 1 - level), CAP)
            shown = RGB if level > LEVELS - SCALES else 0  # the picture of the scale before
            block = SpectralBlock(channels + shown, wide, wide, change="double", norm=True)
            self.add_module(f"decoder{level}", block)
            if level >= LEVELS - SCALES:
                self.add_module(f"out{level}", ToPicture(wide))
            channels = wide
        self.attn1 = ShortLongAttention(deepest)

    def forward(self, code: Tensor, deepest: Tensor, known: Tensor, valid: Tensor) -> list[Tensor]:
        """Return the pictures of all scales in [-1, 1], the finest first.

        deepest, known: the encoder's features at its last level and at the one attended to.  valid: as large as known.
        """
        x, answers = deepest + self.generator(code), []
        for level in range(LEVELS):
            x = self.get_submodule(f"decoder{level}")(x)
            if level == 1:
                x = self.attn1(x, known, valid)
            if level >= LEVELS - SCALES:
                answers.append(self.get_submodule(f"out{level}")(x))
                x = torch.cat([x, answers[-1]], dim=1)
        return answers[::-1]


class PICNet(Generator):
    """Both networks behind the contract of every generator.

    extras["scale_2"] and so on are its coarser pictures.  Shown the original too, as in training, it also answers
    "reconstructed", "reconstructed_2" and so on, from a code of the posterior, and both distributions: "prior_mean",
    "prior_deviation", "posterior_mean" and "posterior_deviation", (B, C, h, w).
    """

    multiple = 2 * LATENT_STEP  # norms refuse a single value
    view: View = "square"  # its deepest features are meant for few values
    samples = True

    def __init__(self, width: int):
        super().__init__()
        self.encoder = PluralisticEncoder(width)
        self.decoder = PluralisticDecoder(width)
        self.inputs = {"noise": ExtraInput(CAP * width, noise=True, every=LATENT_STEP)}

    def forward(
        self, image: Tensor, mask: Tensor, *, noise: Tensor | None = None, original: Tensor | None = None
    ) -> Prediction:
        """noise: (B, 4 width, H / 32, W / 32) of the normal distribution; none is the most likely code, and none in
        training draws.  original: (B, 3, H, W).
        """
        features = self.encoder((2 * image - 1) * (1 - mask))
        mean, deviation = self.encoder.likely(features[-1])
        if noise is None:
            noise = torch.zeros_like(mean) if original is None else torch.randn_like(mean)
        known = features[ATTENDED]
        valid = F.interpolate(1 - mask, [known.shape[-2], known.shape[-1]], mode="bilinear", align_corners=True)
        answers = self.decoder(mean + deviation * noise, features[-1], known, valid)
        extras = {f"scale_{2**level}": (it + 1) / 2 for level, it in enumerate(answers) if level}
        if original is not None:
            hidden = self.encoder((2 * original - 1) * mask)[-1]
            centre, spread = self.encoder.seen(hidden)
            code = centre + spread * torch.randn_like(centre)
            again = [(it + 1) / 2 for it in self.decoder(code, features[-1], known, valid)]
            extras |= {f"reconstructed_{2**level}" if level else "reconstructed": it for level, it in enumerate(again)}
            extras |= {"prior_mean": mean, "prior_deviation": deviation}
            extras |= {"posterior_mean": centre, "posterior_deviation": spread}
        return Prediction((answers[0] + 1) / 2, extras)


def build(*, width: int = 32) -> Generator:
    """Build PICNet; width: of its first layer.  H and W must divide by 64.  Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"width is {width}: it must be at least 1")
    return PICNet(width)
