"""Learning from critics that estimate how far restored pictures are from real ones.

Source: Gulrajani et al., Improved Training of Wasserstein GANs (2017), as Yu et al., Generative Image Inpainting with
Contextual Attention (2018, DeepFill v1) use it: two critics, local and global, whose logits are summed, each with its
own penalty on the gradient in the hole (Gulrajani et al. penalise that of all of the picture).  Five steps of the
critics precede one of the generator; with `apart`, as in the authors' program, that is a step of its own, from another
batch.

Differs: one draw says how far between the real and the restored picture both critics are probed, theirs are two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.losses import Weight, check_weights, weight_at, weighted
from inpaint.losses.objectives import gradient_penalty, judgements
from inpaint.losses.scene import Features, Scene, check_error_units
from inpaint.recipes.frozen import frozen
from inpaint.sample import Sample

PENALISED = ("hole", "picture")


class WganGp(nn.Module):
    """The critics learn at every step, the generator at some."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        weight: Weight = 0.001,
        shares: Mapping[str, float] | None = None,
        penalty: float = 10.0,
        critic_steps: int = 5,
        apart: bool = False,
        start: int = 0,
        penalty_in: str = "hole",
        errors_in: str = "unit",
        features: Features | None = None,
    ):
        """Take the networks that learn and how much each term counts.

        weight: of the generator's adversarial term.  shares: by what it is multiplied for each critic.  penalty: of the
        critics' gradients.  critic_steps: the generator learns at every step that completes so many.  apart: it
        learns alone at the step after them, from pictures that the critics have not seen.  start: the step before which
        the generator learns at every step, from the supervised terms alone, and the critics rest.  penalty_in: of which
        pixels the gradient is penalised, those of the hole or of the whole picture.  errors_in: the scale in which
        pixels are compared.
        """
        super().__init__()
        check_weights(weights, features=features)
        check_error_units(errors_in)
        self.errors_in = errors_in
        if critic_steps < 1:
            raise ValueError(f"critic_steps is {critic_steps}: it must be at least 1")
        if penalty_in not in PENALISED:
            raise ValueError(f"penalty_in is {penalty_in!r}: choose among {', '.join(PENALISED)}")
        if not discriminators or "generator" in discriminators:
            raise ValueError(f"the discriminators are {sorted(discriminators)}: name at least one, none generator")
        self.generator = generator
        self.discriminators = nn.ModuleDict(discriminators)
        self.weights = dict(weights)
        self.weight, self.shares = weight, dict(shares or {})
        if self.shares and set(self.shares) != set(discriminators):
            raise ValueError(f"shares are of {sorted(self.shares)}: they must be of {', '.join(discriminators)}")
        self.penalty, self.penalty_in = penalty, penalty_in
        self.critic_steps, self.apart, self.start = critic_steps, apart, start
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator, **self.discriminators}

    @property
    def judges(self) -> dict[str, nn.Module]:
        """What tells which of several answers is best."""
        return dict(self.discriminators)

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the critics' turns, and the generator's at every critic_steps-th step or at one of its own after it."""
        playing = step >= self.start
        generating = not playing or (step - self.start + 1) % (self.critic_steps + self.apart) == 0
        with torch.set_grad_enabled(generating):
            scene = Scene(
                self.generator(sample.image, sample.mask, **sample.inputs), sample, self.features, self.errors_in
            )
        critics = self.discriminators if playing else {}
        if not (generating and self.apart):
            for name, critic in critics.items():
                yield Turn(name, self.judging(name, critic, scene))
        if not generating:
            return
        terms = weighted(self.weights, scene, step)
        for name, critic in critics.items():
            with frozen(critic):
                said = judgements(critic(scene.composite, sample.image, sample.mask).logits)  # (B, K)
            suffix = "" if len(self.discriminators) == 1 else f"_{name}"
            weight = weight_at(self.weight, step) * self.shares.get(name, 1.0)
            terms[f"adversarial{suffix}"] = -weight * said.sum(dim=1).mean()
        yield Turn("generator", terms)

    def judging(self, name: str, critic: nn.Module, scene: Scene) -> dict[str, Tensor]:
        """Return what a critic learns: to tell real from restored, with slopes of 1 on the way between them."""
        (image, mask, real, _), fake = scene.sample, scene.composite.detach()
        said = [judgements(critic(picture, image, mask).logits).sum(dim=1).mean() for picture in (fake, real)]
        # Drawn as dropout is: the trainer seeds torch's generator from (seed, step, rank), so resuming draws the same.
        share = torch.rand(len(real), 1, 1, 1, device=real.device)
        between = real.lerp(fake, share)
        where = mask if self.penalty_in == "hole" else torch.ones_like(mask)
        penalty = gradient_penalty(lambda picture: critic(picture, image, mask).logits, between, where)
        return {name: said[0] - said[1], f"{name}_penalty": self.penalty * penalty}
