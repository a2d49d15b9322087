"""Learning the structure of pictures first, then the pictures: one network, taught twice.

Source: Liu et al., Image Inpainting by One-stage Network with Bilateral Attention and Pyramid Filling Block (2019), who
learn smoothed pictures before the pictures themselves; how they are smoothed is StructureFlow's (see
`inpaint.layers.structure`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.layers.structure import structure_of
from inpaint.losses import Weight
from inpaint.losses.scene import Features
from inpaint.recipes.adversarial import Adversarial
from inpaint.sample import Sample


class StructureFirst(Adversarial):
    """The adversarial recipe, whose original is without texture for the first steps."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        structure_steps: int,
        loss: str = "hinge",
        weight: Weight = 0.1,
        fake: str = "composite",
        errors_in: str = "unit",
        features: Features | None = None,
    ):
        """Take what `Adversarial` takes.  structure_steps: for how many steps structures are learned."""
        given = {"loss": loss, "weight": weight, "fake": fake, "errors_in": errors_in, "features": features}
        super().__init__(generator, discriminators, weights=weights, **given)  # pyright: ignore[reportArgumentType]
        self.structure_steps = structure_steps

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the turns of the adversarial recipe."""
        if step < self.structure_steps:
            sample = sample._replace(target=structure_of(sample.target))
        yield from super().turns(sample, step)
