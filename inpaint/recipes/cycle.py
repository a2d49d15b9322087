"""Learning to restore without pairs: no network ever sees a damaged picture beside its own original.

Source: Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (2017), in the order
and with the weights of the authors' PyTorch code.  The generator leads from damaged to clean and its partner `reverse`
from clean to damaged; what goes there and back must come back the same, and discriminators `target` and `image` judge
what arrives on the clean and on the damaged side.  As published they judge the raw answer, not the composite.

Differs: the clean pictures of a step are its targets moved on by one place in the batch, so a batch of one, which the
authors chose, is refused.  Every network is also handed the step's mask, which those built with see_mask use: where to
restore for the generator, where to damage for its partner, and all zeros where a picture should stay as it is.  Losses
compare pictures in [0, 1], where the authors' are in [-1, 1]: `cycle` and `identity` are doubled to weigh the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from inpaint import distributed
from inpaint.contracts import Discriminator, Generator, Turn
from inpaint.losses.objectives import ADVERSARIAL
from inpaint.losses.perceptual import mean_l1
from inpaint.randomness import rng_for
from inpaint.recipes.frozen import frozen
from inpaint.recipes.pool import Pool
from inpaint.sample import Sample

SPAN = 2.0  # the authors' pictures span [-1, 1], ours [0, 1]: an L1 of ours counts twice


class Cycle(nn.Module):
    """Two generators learn together, then two discriminators on fakes from their pools."""

    def __init__(
        self,
        generator: Generator,
        partners: Mapping[str, Generator],
        discriminators: Mapping[str, Discriminator],
        *,
        loss: str = "lsgan",
        cycle: float = 10.0,
        identity: float = 5.0,
        pool: int = 50,
    ):
        """Take the networks that learn and how much each term counts.

        cycle, identity: weights as the authors state them; an identity of 0 leaves its two terms out.  pool: how many
        fakes each discriminator's pool holds.
        """
        super().__init__()
        if loss not in ADVERSARIAL:
            raise ValueError(f"the adversarial loss is {loss!r}: choose among {', '.join(ADVERSARIAL)}")
        if set(partners) != {"reverse"}:
            raise ValueError(f"the partners are {sorted(partners)}: name one, reverse, which damages clean pictures")
        if set(discriminators) != {"target", "image"}:
            raise ValueError(
                f"the discriminators are {sorted(discriminators)}: name target (clean) and image (damaged)"
            )
        self.generator = generator
        self.partners = nn.ModuleDict(partners)
        self.discriminators = nn.ModuleDict(discriminators)
        self.pools = nn.ModuleDict({"target": Pool(pool), "image": Pool(pool)})
        self.loss = ADVERSARIAL[loss]
        self.cycle = cycle
        self.identity = identity

    @property
    def players(self) -> dict[str, nn.Module]:
        """Both generators share an optimizer, and so do both discriminators."""
        return {"generator": nn.ModuleList([self.generator, self.partners]), "discriminator": self.discriminators}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the generators' turn, then the discriminators'.  Raises ValueError for a batch of one."""
        if len(sample.image) < 2:
            raise ValueError("the recipe cycle learns without pairs, from batches of at least 2: raise data.batch")
        image, mask, clean = sample.image, sample.mask, sample.target.roll(1, dims=0)
        restore, damage = self.generator, self.partners["reverse"]
        restored = restore(image, mask).image  # (B, 3, H, W), as all pictures here
        damaged = damage(clean, mask).image
        fakes = {"target": restored, "image": damaged}
        terms = {f"adversarial_{name}": self.fooled(name, fake, sample) for name, fake in fakes.items()}
        terms["cycle_image"] = SPAN * self.cycle * mean_l1(damage(restored, mask).image, image)
        terms["cycle_target"] = SPAN * self.cycle * mean_l1(restore(damaged, mask).image, clean)
        if self.identity:
            nothing = torch.zeros_like(mask)
            terms["identity_target"] = SPAN * self.identity * mean_l1(restore(clean, nothing).image, clean)
            terms["identity_image"] = SPAN * self.identity * mean_l1(damage(image, nothing).image, image)
        yield Turn("generator", terms)
        reals, rng = {"target": clean, "image": image}, rng_for("pool", step, distributed.rank())
        yield Turn("discriminator", {name: self.judged(name, reals[name], fakes[name], sample, rng) for name in fakes})

    def fooled(self, name: str, fake: Tensor, sample: Sample) -> Tensor:
        """Return what a generator learns from a discriminator, which learns nothing itself."""
        with frozen(self.discriminators[name]):
            logits = self.discriminators[name](fake, sample.image, sample.mask).logits
        return self.loss.generator(logits, sample.mask)

    def judged(self, name: str, real: Tensor, fake: Tensor, sample: Sample, rng: torch.Generator) -> Tensor:
        """Return what a discriminator learns from real pictures and from fakes of now and earlier."""
        judge, pool = self.discriminators[name], self.pools[name]
        assert isinstance(pool, Pool)
        image, mask, *_ = sample
        kept = torch.cat(
            [fake, image.to(fake.dtype), mask.to(fake.dtype)], dim=1
        )  # an old fake keeps what belongs to it
        pooled = pool.exchange(kept, rng)  # (B, 7, H, W)
        logits = judge(real, image, mask).logits, judge(pooled[:, :3], pooled[:, 3:6], pooled[:, 6:]).logits
        return self.loss.discriminator(*logits, mask)
