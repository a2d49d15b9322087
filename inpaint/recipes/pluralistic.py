"""Learning many answers to one picture: one path rebuilds what was in the hole, the other draws what may be there.

Source: Zheng et al., Pluralistic Image Completion (2019), in the order and with the weights of the authors' code.  The
posterior, which has seen the hole, is held near a normal distribution that is wider the larger the hole is; the prior,
which has not, near the posterior.  What the rebuilding path answers is compared everywhere, what the other answers only
where pixels are known.  Each has a discriminator, of which the rebuilding one's should say the same of both pictures.

Differs: each discriminator has an optimizer of its own; coarse targets are bilinear without aligned corners.  Errors
are in [0, 1] here and in [-1, 1] there: `pixels` is doubled to weigh the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

from inpaint.contracts import Discriminator, Turn
from inpaint.generators.picnet import PICNet
from inpaint.losses.objectives import ADVERSARIAL
from inpaint.losses.perceptual import full_precision, mean_l1
from inpaint.losses.scales import resized_to
from inpaint.recipes.frozen import frozen
from inpaint.sample import Prediction, Sample

PATHS = ("generated", "reconstructed")
SIGNED_SPAN = 2.0  # the authors' pictures span [-1, 1], ours [0, 1]
STEEPNESS, HALF_KNOWN = 8.0, 0.8  # how the deviation falls with the known share, and at which share it is one half


class Pluralistic(nn.Module):
    """Two discriminators learn, then the generator along both paths at once."""

    def __init__(
        self,
        generator: PICNet,
        discriminators: Mapping[str, Discriminator],
        *,
        loss: str = "lsgan",
        weight: float = 1.0,
        pixels: float = 20.0,
        divergence: float = 80.0,
    ):
        """Take the networks that learn and how much each term counts, as the authors state it.

        weight: of both adversarial terms.  pixels: of the error at each scale.  divergence: of both divergences, in the
        mean over all values of a code; the authors say 20 and multiply it by their four scales.
        """
        super().__init__()
        if not isinstance(generator, PICNet):
            raise ValueError(f"the recipe pluralistic cannot teach a {type(generator).__name__}: choose picnet")
        if set(discriminators) != set(PATHS):
            raise ValueError(f"the discriminators are {sorted(discriminators)}: they must be {' and '.join(PATHS)}")
        if loss not in ADVERSARIAL:
            raise ValueError(f"the adversarial loss is {loss!r}: choose among {', '.join(ADVERSARIAL)}")
        self.generator = generator
        self.discriminators = nn.ModuleDict(discriminators)
        self.loss = ADVERSARIAL[loss]
        self.weight, self.pixels, self.divergence = weight, pixels, divergence

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator, **self.discriminators}

    @property
    def judges(self) -> dict[str, nn.Module]:
        """What tells which of several answers is best: the one that judges what is drawn."""
        return {"generated": self.discriminators["generated"]}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the discriminators' turns, then the generator's."""
        image, mask, target, _ = sample
        prediction = self.generator(image, mask, original=target)
        answers = {path: scales_of(prediction, path) for path in PATHS}
        shown = {path: full_precision(finest) for path, (finest, *_) in answers.items()}
        for path, finest in shown.items():
            said = [self.discriminators[path](it, image, mask).logits for it in (target, finest.detach())]
            yield Turn(path, {path: self.loss.discriminator(said[0], said[1], mask)})
        terms = {f"divergence_{name}": self.divergence * it for name, it in divergences(prediction, mask).items()}
        for path, pictures in answers.items():
            errors = [scale_error(it, sample, known_only=path == "generated") for it in pictures]
            terms[f"l1_{path}"] = SIGNED_SPAN * self.pixels * torch.stack(errors).sum()
        generated, rebuilt = (self.discriminators[path] for path in PATHS)
        with frozen(generated), frozen(rebuilt):
            fooled = generated(shown["generated"], image, mask).logits
            said, wanted = (rebuilt(it, image, mask).logits for it in (shown["reconstructed"], target))
        terms["adversarial"] = self.weight * self.loss.generator(fooled, mask)
        terms["matched"] = self.weight * (full_precision(said) - full_precision(wanted)).square().mean()
        yield Turn("generator", terms)


def scales_of(prediction: Prediction, path: str) -> list[Tensor]:
    """Return the pictures of a path, the finest first."""
    extras = prediction.extras
    start = "scale_" if path == "generated" else f"{path}_"
    finest = prediction.image if path == "generated" else extras[path]
    coarser = sorted((name for name in extras if name.startswith(start)), key=lambda name: int(name[len(start) :]))
    return [finest, *(extras[name] for name in coarser)]


def scale_error(answer: Tensor, sample: Sample, *, known_only: bool) -> Tensor:
    """Return the mean absolute error of an answer at its scale, of what is known alone or of everything."""
    target = resized_to(sample.target, answer)
    if not known_only:
        return mean_l1(answer, target)
    known = resized_to(1 - sample.mask, answer)
    return mean_l1(answer * known, target * known)


def divergences(prediction: Prediction, mask: Tensor) -> dict[str, Tensor]:
    """Return how far the posterior is from a plain distribution, and the prior from the posterior, in the mean."""
    extras = {name: full_precision(it) for name, it in prediction.extras.items() if name.startswith(("pri", "post"))}
    prior, posterior = (Normal(extras[f"{it}_mean"], extras[f"{it}_deviation"]) for it in ("prior", "posterior"))
    fixed = Normal(posterior.mean.detach(), posterior.stddev.detach())
    plain = Normal(torch.zeros_like(posterior.mean), plain_deviation(mask).expand_as(posterior.mean))
    between = {"posterior": kl_divergence(plain, posterior), "prior": kl_divergence(fixed, prior)}
    return {name: it.mean() for name, it in between.items()}


def plain_deviation(mask: Tensor) -> Tensor:
    """Return the deviation of the plain distribution, (B, 1, 1, 1): nearly 1 for a picture that is all hole."""
    known = (1 - mask).mean(dim=(1, 2, 3), keepdim=True)
    return 1 / (1 + (STEEPNESS * (known - 1e-5 - HALF_KNOWN)).exp())
