"""Learning to draw pictures from noise: a generator against a discriminator, and nothing else.

Source: Goodfellow et al. (2014) as DCGAN (Radford et al. 2015) plays it in PyTorch's own example: the discriminator
first, on real pictures and on fakes with the two cross-entropies simply summed, then the generator on the same fakes.
Only the targets of a batch are looked at; its masks and what they damage matter in restoring alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from inpaint import distributed
from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.losses.objectives import nonsaturating_generator
from inpaint.randomness import rng_for
from inpaint.recipes.frozen import frozen
from inpaint.sample import Sample


class Unconditional(nn.Module):
    """Both learn in turn; the generator must have `noise(count, rng)` and `draw(noise)`, as dcgan has."""

    def __init__(self, generator: Generator, discriminators: Mapping[str, Discriminator]):
        super().__init__()
        if not (hasattr(generator, "draw") and hasattr(generator, "noise")):
            raise ValueError("the recipe unconditional needs a generator that draws from noise: choose dcgan")
        if set(discriminators) != {"discriminator"}:
            raise ValueError(f"the discriminators are {sorted(discriminators)}: name one, discriminator")
        self.generator = generator
        self.discriminator = discriminators["discriminator"]

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the discriminator's turn, then the generator's."""
        real, nothing = sample.target, torch.zeros_like(sample.mask)
        drawing: Any = self.generator  # what it can beyond the contract was checked above
        noise = drawing.noise(len(real), rng_for("noise", step, distributed.rank()))
        fake: Tensor = drawing.draw(noise.to(real.device))  # (B, 3, 64, 64)
        terms = {
            "real": nonsaturating_generator(
                self.discriminator(real, real, nothing).logits, nothing
            ),  # the labels are 1 in both
            "fake": nonsaturating_generator(-self.discriminator(fake.detach(), real, nothing).logits, nothing),
        }
        yield Turn("discriminator", terms)
        with frozen(self.discriminator):  # it has just been stepped
            logits = self.discriminator(fake, real, nothing).logits
        yield Turn("generator", {"adversarial": nonsaturating_generator(logits, nothing)})
