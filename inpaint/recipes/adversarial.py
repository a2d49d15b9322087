"""Learning from the original and from discriminators that try to tell the two apart.

Source: Goodfellow et al. (2014); the composite as the fake and hinge as the default are DeepFill v2's (Yu et al.,
2019), feature matching is pix2pixHD's (Wang et al., 2018). Differs: any number of discriminators may judge.  With
`together` and `apart` it is played as DeepFill v2 is: a discriminator sees real and restored pictures in one pass, and
learns from other pictures than the generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.losses import Weight, check_weights, weight_at, weighted
from inpaint.losses.objectives import ADVERSARIAL, SOFT_MASKED, feature_matching, r1_penalty
from inpaint.losses.scene import Features, Scene, check_error_units
from inpaint.recipes.frozen import frozen
from inpaint.sample import Sample

FAKES = ("composite", "raw")


class Adversarial(nn.Module):
    """Every discriminator learns first, then the generator, from the same answer."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        loss: str = "hinge",
        weight: Weight = 0.1,
        feature_matching: float = 0.0,
        fake: str = "composite",
        errors_in: str = "unit",
        features: Features | None = None,
        start: int = 0,
        alone: int = 0,
        together: bool = False,
        apart: bool = False,
        r1: float = 0.0,
        r1_every: int = 1,
    ):
        """Take the networks that learn and how much each term counts.

        weight: of the generator's adversarial term, a number or points (step, weight). feature_matching: its
        weight, 0 leaves it out. fake: what the discriminators see, the composite or the raw answer. errors_in: the
        scale in which pixels are compared: unit, signed ([-1, 1]) or imagenet (by its deviation). start: the step
        before which the generator learns from the supervised terms alone and the discriminators rest. alone: for how
        many steps after that the discriminators learn and the generator rests. together: a discriminator sees real
        and restored pictures in one pass, so that what it computes over a batch, as spectral norm does, is done once.
        apart: the first half of each batch is what discriminators learn from, the second what the generator does.
        r1: gamma of Mescheder et al. (2018), which keeps discriminators flat around the original; r1_every: at every
        so many steps, and as many times as much, as in StyleGAN2 (Karras et al., 2020).
        """
        super().__init__()
        check_weights(weights, features=features)
        check_error_units(errors_in)
        games = {**ADVERSARIAL, **SOFT_MASKED}
        if loss not in games:
            raise ValueError(f"the adversarial loss is {loss!r}: choose among {', '.join(games)}")
        if fake not in FAKES:
            raise ValueError(f"fake is {fake!r}: choose among {', '.join(FAKES)}")
        if not discriminators or "generator" in discriminators:
            raise ValueError(f"the discriminators are {sorted(discriminators)}: name at least one, none generator")
        self.generator = generator
        self.discriminators = nn.ModuleDict(discriminators)
        self.weights = dict(weights)
        self.loss = games[loss]
        self.weight = weight
        self.feature_matching = feature_matching
        self.fake = fake
        self.errors_in = errors_in
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it
        self.start = start
        self.alone = alone
        self.together = together
        self.apart = apart
        if r1 < 0 or r1_every < 1:
            raise ValueError(f"r1 is {r1} and r1_every {r1_every}: they must be at least 0 and 1")
        self.r1, self.r1_every = r1, r1_every

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator, **self.discriminators}

    @property
    def judges(self) -> dict[str, nn.Module]:
        """What tells which of several answers is best."""
        return dict(self.discriminators)

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the discriminators' turns, then the generator's."""
        judged, sample = halves(sample) if self.apart else (sample, sample)
        judges = dict(self.discriminators.items()) if step >= self.start else {}
        if self.apart and judges:
            with torch.no_grad():
                answer = self.generator(judged.image, judged.mask, **judged.inputs)
            yield from self.judging(judges, self.fakes(Scene(answer, judged)), judged, step)
        prediction = self.generator(sample.image, sample.mask, **sample.inputs)
        scene = Scene(prediction, sample, self.features, self.errors_in)
        fake = self.fakes(scene)
        if not self.apart:
            yield from self.judging(judges, fake.detach(), sample, step)
        if judges and step < self.start + self.alone:
            return
        terms = weighted(self.weights, scene, step)
        for name, discriminator in judges.items():
            suffix = "" if len(judges) == 1 else f"_{name}"
            terms |= {term + suffix: value for term, value in self.judged(discriminator, fake, sample, step).items()}
        yield Turn("generator", terms)

    def fakes(self, scene: Scene) -> Tensor:
        """Return what discriminators are shown of an answer, (B, 3, H, W)."""
        return scene.composite if self.fake == "composite" else scene.prediction.image

    def judging(self, judges: Mapping[str, nn.Module], fake: Tensor, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the turns of discriminators, which learn to tell the original from the fake."""
        for name, discriminator in judges.items():
            if self.together:
                both = (torch.cat(pair) for pair in ((sample.target, fake), (sample.image,) * 2, (sample.mask,) * 2))
                real_logits, fake_logits = discriminator(*both).logits.chunk(2)
            else:
                real_logits = discriminator(sample.target, sample.image, sample.mask).logits
                fake_logits = discriminator(fake, sample.image, sample.mask).logits
            found = {name: self.loss.discriminator(real_logits, fake_logits, sample.mask)}
            yield Turn(name, found | self.flattened(name, discriminator, sample, step))

    def flattened(self, name: str, discriminator: nn.Module, sample: Sample, step: int) -> dict[str, Tensor]:
        """Return the penalty on a discriminator's slope around the original, at the steps that have one."""
        if not self.r1 or step % self.r1_every:
            return {}
        slope = r1_penalty(lambda picture: discriminator(picture, sample.image, sample.mask).logits, sample.target)
        return {f"{name}_r1": self.r1 / 2 * self.r1_every * slope}

    def judged(self, discriminator: nn.Module, fake: Tensor, sample: Sample, step: int) -> dict[str, Tensor]:
        """Return what one discriminator, which has just been stepped, adds to the generator's terms."""
        with frozen(discriminator):
            fooled = discriminator(fake, sample.image, sample.mask)
        terms = {"adversarial": weight_at(self.weight, step) * self.loss.generator(fooled.logits, sample.mask)}
        if self.feature_matching:
            with torch.no_grad():
                real = discriminator(sample.target, sample.image, sample.mask)
            matched = feature_matching(real.features, fooled.features)
            terms["feature_matching"] = self.feature_matching * matched
        return terms


def halves(sample: Sample) -> tuple[Sample, Sample]:
    """Return the first and the second half of a batch.  Raises ValueError for one that has no two equal halves."""
    count = len(sample.image)
    if count % 2:
        raise ValueError(f"a batch of {count} has no two halves, as recipe.apart needs: make data.batch even")
    first, second = sample.chunks(2)
    return first, second
