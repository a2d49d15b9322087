"""Learning to complete structures, then to paint by true ones, then by completed ones.

Source: Ren et al., StructureFlow: Image Inpainting via Structure-aware Appearance Flow (2019), and the authors' code,
whose models 1 to 3 are the stages.  Each network has a discriminator of its own.  The last stage does not teach the
first network.  Errors are in [0, 1] here and in [-1, 1] there, so weights of L1 are twice theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Turn
from inpaint.generators.structure_flow import StructureFlow
from inpaint.layers.structure import structure_of
from inpaint.losses import Weight, check_weights, weighted
from inpaint.losses.appearance_flow import sampling_correctness
from inpaint.losses.objectives import ADVERSARIAL
from inpaint.losses.perceptual import mean_l1
from inpaint.losses.scene import Features, Scene
from inpaint.recipes.frozen import frozen
from inpaint.sample import Sample

FLOW_STAGES = ("structure", "texture", "joint")
FLOW_JUDGES = ("structure_discriminator", "texture_discriminator")


class StructuredFlow(nn.Module):
    """One network learns at a time, after its discriminator."""

    def __init__(
        self,
        generator: StructureFlow,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        stages: Mapping[str, int],
        loss: str = "lsgan",
        weight: float = 1.0,
        structure_l1: float = 8.0,
        correctness: float = 0.25,
        features: Features | None = None,
    ):
        """Take the networks that learn and how much each term counts.

        weights: of what the painted picture is compared by.  stages: the step from which on each one is learned; one
        that is not named is left out.  weight: of both adversarial terms.  structure_l1: of the completed structure's
        error.  correctness: of the flow's, which needs features with relu3_1.
        """
        super().__init__()
        check_weights(weights, features=features)
        starts = sorted(stages.values())
        if not set(stages) <= set(FLOW_STAGES) or not starts or starts[0] != 0 or len(set(starts)) < len(starts):
            raise ValueError(
                f"the stages are {dict(stages)}: choose among {', '.join(FLOW_STAGES)}, of which one begins at step 0 "
                "and no two together"
            )
        if not isinstance(generator, StructureFlow):
            raise ValueError(f"this recipe cannot teach a {type(generator).__name__}: choose structure_flow")
        if set(discriminators) != set(FLOW_JUDGES):
            raise ValueError(
                f"the discriminators are {sorted(discriminators)}: they must be {' and '.join(FLOW_JUDGES)}"
            )
        if loss not in ADVERSARIAL:
            raise ValueError(f"the adversarial loss is {loss!r}: choose among {', '.join(ADVERSARIAL)}")
        if correctness and features is None:
            raise ValueError("the correctness of a flow needs a features network: add features, or set it to 0")
        self.generator = generator
        self.discriminators = nn.ModuleDict(discriminators)
        self.weights, self.stages = dict(weights), dict(stages)
        self.loss = ADVERSARIAL[loss]
        self.weight, self.structure_l1, self.correctness = weight, structure_l1, correctness
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"structure": self.generator.structure, "texture": self.generator.texture, **self.discriminators}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the turns of the stage that has begun last: a discriminator's, then that of the network it judges."""
        stage = max((name for name, start in self.stages.items() if start <= step), key=self.stages.__getitem__)
        if stage == "structure":
            true = structure_of(sample.target)
            drawn = self.generator.drawn_structure(sample.image, sample.mask).to(true.dtype)
            yield self.judging(FLOW_JUDGES[0], true, drawn, sample)
            terms = {"structure_l1": self.structure_l1 * mean_l1(drawn, true)}
            yield Turn("structure", terms | self.fooling(FLOW_JUDGES[0], drawn, sample))
            return
        with torch.no_grad():
            joint = stage == "joint"
            seen = self.generator.drawn_structure(sample.image, sample.mask) if joint else structure_of(sample.target)
        prediction = self.generator.painted(sample.image, sample.mask, seen)
        scene = Scene(prediction, sample, self.features)
        picture = scene.prediction.image
        yield self.judging(FLOW_JUDGES[1], sample.target, picture, sample)
        terms = weighted(self.weights, scene, step)
        if self.correctness:
            terms["correctness"] = self.correctness * sampling_correctness(scene, prediction.extras["flow"])
        yield Turn("texture", terms | self.fooling(FLOW_JUDGES[1], picture, sample))

    def judging(self, name: str, real: Tensor, fake: Tensor, sample: Sample) -> Turn:
        """Return the turn of a discriminator."""
        judge, (image, mask, *_) = self.discriminators[name], sample
        said = [judge(picture, image, mask).logits for picture in (real, fake.detach())]
        return Turn(name, {name: self.loss.discriminator(said[0], said[1], mask)})

    def fooling(self, name: str, fake: Tensor, sample: Sample) -> dict[str, Tensor]:
        """Return what a network learns from its discriminator."""
        with frozen(self.discriminators[name]):
            logits = self.discriminators[name](fake, sample.image, sample.mask).logits
        return {"adversarial": self.weight * self.loss.generator(logits, sample.mask)}
