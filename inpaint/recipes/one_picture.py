"""Learning one picture, scale by scale: each network against a critic of its patches, then frozen.

Source: Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image (2019), and the authors' code:
WGAN-GP whose slope is held over the colours at each place, and the noise that stands for the picture must give it back.
Noise of finer scales is as strong as what is still missing there.

Differs: the noise that stands for the picture stays the same while the coarsest scale learns (the authors' code draws
another at every step, against their paper); the generator's three steps answer anew (their second and third repeat the
first answer, which torch refuses today).  Where the picture has a hole, what is under it is not learned.  Errors are in
[-1, 1], as theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Turn
from inpaint.discriminators.singan import PyramidJudge
from inpaint.generators.singan import SinGAN, own_noise
from inpaint.layers.picture_pyramid import at_size
from inpaint.layers.scale_net import LAYERS_OF_A_SCALE, ScaleNet, width_at
from inpaint.losses.objectives import TINY
from inpaint.recipes.frozen import frozen
from inpaint.sample import Sample

NOISE_SHARE = 0.1  # of what a scale misses


class OnePicture(nn.Module):
    """One scale learns at a time, from the coarsest on; its critic first."""

    def __init__(
        self,
        generator: SinGAN,
        *,
        iterations: int = 2000,
        rounds: int = 3,
        penalty: float = 0.1,
        rebuilding: float = 10.0,
        heed_mask: bool = False,
    ):
        """Take the network.

        iterations: steps of each scale; the finest goes on to the run's end.  rounds: turns of the critic and then of
        the generator in a step.  penalty: of the critic's slope.  rebuilding: of the picture's own noise's error.
        heed_mask: leave out what lies under the mask, for pictures that have a hole.
        """
        super().__init__()
        if not isinstance(generator, SinGAN):
            raise ValueError(f"the recipe one_picture cannot teach a {type(generator).__name__}: choose singan")
        if min(iterations, rounds) < 1:
            raise ValueError(f"iterations is {iterations} and rounds is {rounds}: both must be at least 1")
        self.generator = generator
        self.critics = nn.ModuleList(
            ScaleNet(width_at(number, generator.width), 1) for number in range(len(generator.scales))
        )
        self.iterations, self.rounds, self.heed_mask = iterations, rounds, heed_mask
        self.penalty, self.rebuilding = penalty, rebuilding

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator, "critic": self.critics}

    @property
    def judges(self) -> dict[str, Discriminator]:
        """What tells which of several answers is best: the critics of all scales."""
        made = self.generator
        return {"critics": PyramidJudge(made.width, scales=len(made.scales), least=made.least, critics=self.critics)}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the turns of the scale that learns at this step."""
        scale = min(step // self.iterations, len(self.critics) - 1)
        picture = 2 * sample.target - 1
        size = self.generator.sizes(picture)[scale]
        known = at_size(1 - sample.mask, size) > 1 - 1e-3 if self.heed_mask else torch.ones_like(picture[:, :1]) > 0
        known, real = at_size(known.to(picture), size), at_size(picture, size)
        for number, (network, critic) in enumerate(zip(self.generator.scales, self.critics, strict=True)):
            network.train(number == scale and self.training)  # a scale that has learned is as it restores
            critic.train(number == scale and self.training)
        own = self.rebuilt(picture, scale)
        if step == scale * self.iterations:
            self.begin(scale, own, real, known)
        places = whole_patches(known)
        for _ in range(self.rounds):
            yield Turn("critic", self.judging(scale, picture, real, places))
        for _ in range(self.rounds):
            with frozen(self.critics[scale]):
                said = self.critics[scale](self.invented(picture, scale)).mean()
            noise = own_noise(own) if scale == 0 else None
            missed = (self.generator.at_scale(scale, own, noise) - real).square() * known
            rebuilt = self.rebuilding * missed.mean() / known.mean()
            yield Turn("generator", {"adversarial": -said, "rebuilding": rebuilt})

    @torch.no_grad()
    def begin(self, scale: int, own: Tensor, real: Tensor, known: Tensor) -> None:
        """Start a scale as the one before has ended, where both are as wide, and measure how strong its noise is."""
        if scale == 0:
            return
        for networks in (self.generator.scales, self.critics):
            before, now = networks[scale - 1].state_dict(), networks[scale].state_dict()
            if all(before[name].shape == it.shape for name, it in now.items()):
                networks[scale].load_state_dict(before)
        missed = ((own - real).square() * known).mean() / known.mean()
        self.generator.strengths[scale] = NOISE_SHARE * missed.sqrt()

    def judging(self, scale: int, picture: Tensor, real: Tensor, places: Tensor) -> dict[str, Tensor]:
        """Return what a critic learns: to tell patches of the picture from invented ones."""
        critic = self.critics[scale]
        fake = self.invented(picture, scale).detach()
        difference = critic(fake).mean() - (critic(real) * places).sum() / places.sum()
        between = real.lerp(fake, torch.rand(len(real), 1, 1, 1, device=real.device)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        steep = (slope.square().sum(1) + TINY).sqrt() - 1  # (B, h, w), over the colours of each place
        return {"critic": difference, "critic_penalty": self.penalty * steep.square().mean()}

    def invented(self, picture: Tensor, scale: int) -> Tensor:
        """Return what noise makes at a scale, with the gradient of that scale alone."""
        sizes, answer = self.generator.sizes(picture), picture.new_zeros(1)
        for number in range(scale + 1):
            size = sizes[number]
            with torch.set_grad_enabled(number == scale and torch.is_grad_enabled()):
                if number == 0:
                    before = picture.new_zeros(len(picture), picture.shape[1], *size)
                    noise = torch.randn_like(before[:, :1]).expand_as(before)
                else:
                    before = at_size(answer, size)
                    noise = self.generator.strengths[number] * torch.randn_like(before)
                answer = self.generator.at_scale(number, before, noise)
        return answer

    @torch.no_grad()
    def rebuilt(self, picture: Tensor, scale: int) -> Tensor:
        """Return what the picture's own noise makes before a scale, at its size."""
        sizes = self.generator.sizes(picture)
        before = picture.new_zeros(len(picture), picture.shape[1], *sizes[0])
        for number in range(scale):
            answer = self.generator.at_scale(number, before, own_noise(before) if number == 0 else None)
            before = at_size(answer, sizes[number + 1])
        return before


def whole_patches(known: Tensor) -> Tensor:
    """Return which patches of a picture hold nothing unknown, (B, 1, h - 10, w - 10); all where none does."""
    unknown = F.max_pool2d(1 - known[:, :1], 2 * LAYERS_OF_A_SCALE + 1, 1)
    whole = 1 - unknown
    return whole if whole.any() else torch.ones_like(whole)
