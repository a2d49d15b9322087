"""What recipes with exactly one discriminator have in common: the networks, the weights of terms, and who learns."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from inpaint.contracts import Discriminator, Generator
from inpaint.losses import Weight, check_weights
from inpaint.losses.scene import Features


class OneJudge(nn.Module):
    """A generator and the discriminator that judges it; recipes add what they learn from."""

    def __init__(
        self,
        generator: Generator,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight] | None = None,
        features: Features | None = None,
    ):
        """Take the networks that learn; weights: how much each supervised term counts, None where there is none."""
        super().__init__()
        if weights is not None:
            check_weights(weights, features=features)
        if len(discriminators) != 1 or "generator" in discriminators:
            raise ValueError(f"the discriminators are {sorted(discriminators)}: name exactly one, not generator")
        self.generator = generator
        self.discriminators = nn.ModuleDict(discriminators)
        self.weights = dict(weights or {})
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it

    @property
    def judge(self) -> tuple[str, nn.Module]:
        """The discriminator's name in the run, and the discriminator."""
        ((name, judge),) = self.discriminators.items()
        return name, judge

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator, **self.discriminators}
