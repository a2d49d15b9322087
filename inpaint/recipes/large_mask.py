"""Learning as LaMa does: a critic that need not find known pixels fake, held flat around real pictures.

Source: Suvorov et al., Resolution-robust Large Mask Inpainting with Fourier Convolutions (2022), and the authors' code.
Both see the raw answer.  The critic's labels are the mask, at the size of its map: known pixels count as real.  R1
(Mescheder et al., 2018) is the squared slope of its sum over a real picture, without 1/2.  Feature matching is the mean
over the critic's stages, but for its logits, of the mean squared difference.

Differs: the critic learns before the generator, from the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.losses import Weight, weighted
from inpaint.losses.perceptual import full_precision
from inpaint.losses.scene import Features, Scene
from inpaint.recipes.frozen import frozen
from inpaint.recipes.one_judge import OneJudge
from inpaint.sample import Sample


class LargeMask(OneJudge):
    """The critic learns first, then the generator."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        weight: float = 10.0,
        penalty: float = 0.001,
        feature_matching: float = 100.0,
        features: Features | None = None,
    ):
        """Take the networks that learn and how much each term counts.

        weight: of the generator's adversarial term. penalty: of R1. feature_matching: its weight.
        """
        super().__init__(generator, discriminators, weights=weights, features=features)
        self.weight, self.penalty, self.feature_matching = weight, penalty, feature_matching

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the critic's turn, then the generator's."""
        scene = Scene(self.generator(sample.image, sample.mask, **sample.inputs), sample, self.features)
        fake = scene.prediction.image  # (B, 3, H, W)
        name, critic = self.judge
        yield Turn(name, self.judged(critic, name, fake.detach(), sample))
        with frozen(critic):
            fooled = critic(fake, sample.image, sample.mask)
        with torch.no_grad():
            real = critic(sample.target, sample.image, sample.mask)
        terms = weighted(self.weights, scene, step)
        terms["adversarial"] = self.weight * F.softplus(-full_precision(fooled.logits)).mean()
        terms["feature_matching"] = self.feature_matching * squared_matching(real.features[:-1], fooled.features[:-1])
        yield Turn("generator", terms)

    def judged(self, critic: nn.Module, name: str, fake: Tensor, sample: Sample) -> dict[str, Tensor]:
        """Return what the critic learns from: which pixels are restored, and to be flat around the original."""
        with torch.autocast(
            fake.device.type, enabled=False
        ):  # a gradient of a gradient is too coarse in half precision
            real = full_precision(sample.target).detach().requires_grad_()
            logits = critic(real, sample.image, sample.mask).logits
            (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        seen = full_precision(critic(fake, sample.image, sample.mask).logits)
        mask = F.interpolate(sample.mask, seen.shape[-2:])
        found = mask * F.softplus(seen) + (1 - mask) * F.softplus(-seen)
        return {
            name: F.softplus(-logits).mean() + found.mean(),
            f"{name}_penalty": self.penalty * slope.square().sum((1, 2, 3)).mean(),
        }


def squared_matching(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Return the mean over stages of the mean squared difference of features."""
    pairs = zip(real, fake, strict=True)
    return torch.stack([(full_precision(one) - full_precision(other)).square().mean() for one, other in pairs]).mean()
