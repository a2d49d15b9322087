"""Learning as MI-GAN does: from a discriminator of whole pictures, and from what a teacher adds at each scale.

Source: Sargsyan et al., MI-GAN (2023), and the authors' code.  The generator learns first; then the discriminator, from
an answer of its own to the same batch; and at every sixteenth step from R1 alone (Mescheder et al., 2018), half the
squared slope of its logits with respect to all that it is shown, times sixteen.  What the generator adds to the picture
at each scale should be in the hole what the teacher adds there.

Differs: any network can teach.  Of one that answers no sum over scales, as the authors' Co-Mod-GAN does, the picture is
taken apart: halved smoothly down to the coarsest scale, of which each but that adds what the one below lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.layers.unit_conv import blurred_down, blurred_up
from inpaint.losses.objectives import nonsaturating_generator
from inpaint.losses.perceptual import full_precision
from inpaint.recipes.frozen import frozen
from inpaint.recipes.one_judge import OneJudge
from inpaint.sample import Prediction, Sample, composite

ADDED = "rgb_"  # what begins the names of what scales add, before their side in px


class Distilled(OneJudge):
    """The generator learns first, then the discriminator, and now and then the discriminator from its slope."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        teachers: Mapping[str, nn.Module],
        *,
        distillation: float = 2.0,
        coarsest: int = 32,
        penalty: float = 10.0,
        penalty_every: int = 16,
    ):
        """Take the networks and how much each term counts.

        distillation: of what the teacher adds at each scale whose pictures have at least `coarsest` px a side.
        penalty: of half the squared slope, at every penalty_every-th step, from the first on.
        """
        super().__init__(generator, discriminators)
        if len(teachers) > 1:
            raise ValueError(f"the teachers are {sorted(teachers)}: name at most one")
        if min(coarsest, penalty_every) < 1:
            raise ValueError(f"coarsest is {coarsest} and penalty_every is {penalty_every}: both must be at least 1")
        self.teachers = teachers if isinstance(teachers, nn.ModuleDict) else nn.ModuleDict(teachers)
        self.distillation, self.coarsest = distillation, coarsest
        self.penalty, self.penalty_every = penalty, penalty_every

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the generator's turn, then the discriminator's."""
        image, mask, target, _ = sample
        name, judge = self.judge
        prediction = self.generator(image, mask)
        with frozen(judge):
            fooled = judge(composite(prediction.image, image, mask), image, mask).logits
        terms = {"adversarial": nonsaturating_generator(fooled, mask)}
        for teacher in self.teachers.values():
            with torch.no_grad():
                taught = teacher(image, mask)
            terms["distillation"] = self.distillation * self.distance(prediction, taught, mask)
        yield Turn("generator", terms)
        with torch.no_grad():
            fake = composite(self.generator(image, mask).image, image, mask)
        said = [full_precision(judge(picture, image, mask).logits) for picture in (fake, target)]
        yield Turn(name, {name: F.softplus(said[0]).mean() + F.softplus(-said[1]).mean()})
        if self.penalty and step % self.penalty_every == 0:
            weight = self.penalty * self.penalty_every / 2
            yield Turn(name, {f"{name}_penalty": weight * squared_slope(judge, sample).mean()})

    def distance(self, prediction: Prediction, taught: Prediction, mask: Tensor) -> Tensor:
        """Return the sum over scales of how far what they add is from what the teacher adds, in the hole alone."""
        added = {int(name.removeprefix(ADDED)): it for name, it in prediction.extras.items() if name.startswith(ADDED)}
        wanted = {side: it for side, it in added.items() if side >= self.coarsest}
        if not wanted:
            raise ValueError(
                f"no scale of the generator has {self.coarsest} px or more: lower recipe.coarsest, or choose migan"
            )
        shown = (
            taught.extras if all(f"{ADDED}{side}" in taught.extras for side in wanted) else taken_apart(taught, added)
        )
        distances = []
        for side, it in wanted.items():
            difference = (full_precision(it) - full_precision(shown[f"{ADDED}{side}"]).detach()).abs()
            distances.append((difference * F.interpolate(mask, difference.shape[-2:])).mean())
        return torch.stack(distances).sum()


def taken_apart(taught: Prediction, like: Mapping[int, Tensor]) -> dict[str, Tensor]:
    """Return what every scale adds to a picture that a network answers at once, by the sides of another's scales."""
    picture = 2 * full_precision(taught.image) - 1
    sides = sorted(like, reverse=True)
    pictures = {sides[0]: picture}
    for finer, side in pairwise(sides):
        pictures[side] = blurred_down(pictures[finer])
    added = {f"{ADDED}{side}": pictures[side] - blurred_up(pictures[below]) for side, below in pairwise(sides)}
    return added | {f"{ADDED}{sides[-1]}": pictures[sides[-1]]}


def squared_slope(judge: nn.Module, sample: Sample) -> Tensor:
    """Return the squared slope of a discriminator's logits over real pictures in [-1, 1] and masks, (B,).

    Its gradient reaches the discriminator.  A gradient of a gradient is too coarse in less than single precision.
    """
    with torch.autocast(sample.target.device.type, enabled=False):
        picture = full_precision(sample.target).detach().requires_grad_()
        mask = full_precision(sample.mask).detach().requires_grad_()
        logits = judge(picture, sample.image, mask).logits
        slopes = torch.autograd.grad(logits.sum(), [picture, mask], create_graph=True, materialize_grads=True)
        return (slopes[0] / 2).square().sum((1, 2, 3)) + slopes[1].square().sum((1, 2, 3))
