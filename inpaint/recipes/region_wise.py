"""Learning with a discriminator that must find the hole in the original, and nothing in a restored picture.

Source: Ma et al., Coarse-to-Fine Image Inpainting via Region-wise Convolutions and Non-local Correlation (2019), as the
authors' code defines it, in two stages: first the supervised terms alone, then a discriminator too.  Its map should say
1 in the hole of the original (which counts a thousandth) and 0 everywhere of what either of two networks restored; the
generator wants to hear what should be said of the original.

Differs: distances are means, not sums over the batch; the discriminator learns before the generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.losses import Weight, weighted
from inpaint.losses.perceptual import mean_l1
from inpaint.losses.scene import Features, Scene
from inpaint.recipes.frozen import frozen
from inpaint.recipes.one_judge import OneJudge
from inpaint.sample import Sample


class RegionWise(OneJudge):
    """A two-stage generator learns, and from a chosen step on a discriminator of its two answers."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        weight: float = 0.01,
        real_weight: float = 0.001,
        start: int = 0,
        features: Features | None = None,
    ):
        """Take the networks that learn and how much each term counts.

        weight: of the generator's adversarial term. real_weight: of the original in what the discriminator learns.
        start: the step before which the discriminator rests.
        """
        super().__init__(generator, discriminators, weights=weights, features=features)
        self.weight, self.real_weight, self.start = weight, real_weight, start

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the discriminator's turn, from its start on, then the generator's."""
        scene = Scene(self.generator(sample.image, sample.mask, **sample.inputs), sample, self.features)
        if step < self.start:
            yield Turn("generator", weighted(self.weights, scene, step))
            return
        fakes = [scene.picture("coarse_composite"), scene.composite]  # (B, 3, H, W) each
        name, discriminator = self.judge
        real = from_label(discriminator, sample.target, sample)
        zero = torch.zeros_like(sample.mask)
        heard = [from_label(discriminator, fake.detach(), sample, label=zero) for fake in fakes]
        yield Turn(name, {name: self.real_weight * real + heard[0] + heard[1]})
        with frozen(discriminator):
            heard = [from_label(discriminator, fake, sample) for fake in fakes]
        terms = weighted(self.weights, scene, step)
        yield Turn("generator", terms | {"adversarial": self.weight * (heard[0] + heard[1])})


def from_label(discriminator: nn.Module, candidate: Tensor, sample: Sample, *, label: Tensor | None = None) -> Tensor:
    """Return the mean absolute difference of the map of a picture from a label (B, 1, H, W), by default the mask."""
    logits: Tensor = discriminator(candidate, sample.image, sample.mask).logits  # (B, C, h, w)
    wanted = F.interpolate(sample.mask if label is None else label, logits.shape[-2:])
    return mean_l1(logits, wanted.to(logits.dtype))
