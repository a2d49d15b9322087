"""The section `optim`: how each player's optimizer steps, and how its rate changes."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from inpaint.config.sections import Strict

# As Smith (2018) and torch's OneCycleLR: a rise to the rate, then a long fall to next to nothing.
CYCLE_START, CYCLE_END, CYCLE_RISE = 1 / 25, 1 / 250_000, 0.3


class Optim(Strict):
    """One player's optimizer; the rate warms up over `warmup` steps and then follows `schedule` to the last step.

    The schedule multistep multiplies the rate by `gamma` at each of the steps `milestones`; cosine and linear fall to
    the share `floor` of the rate, cosine `cycles` times; one_cycle rises for three tenths of the run before it falls;
    plateau multiplies it by `gamma` after `waits` validations without a better network, down to that share.
    With `cycles` cosine falls, and multistep begins anew, so many times; milestones count from each beginning.
    Biases and norms are not decayed unless `decay_all`.  `freeze` and `rates` go by patterns of parameters' names:
    what does not learn, and by what the rate of some is multiplied.
    """

    name: Literal["adam", "adamw", "adam_tensorflow", "adadelta"] = (
        "adamw"  # the last forgets by the first of the betas
    )
    lr: float = Field(gt=0)
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = Field(default=0.0, ge=0)
    eps: float = Field(default=1e-8, gt=0)  # which adam_tensorflow adds before it corrects the second moment
    decay_all: bool = False
    schedule: Literal["constant", "cosine", "linear", "multistep", "one_cycle", "plateau"] = "constant"
    constant_for: float = Field(default=0.0, ge=0, le=1)
    milestones: tuple[PositiveInt, ...] = ()
    gamma: float = Field(default=0.1, gt=0)
    waits: PositiveInt = 5
    floor: float = Field(default=0.0, ge=0, lt=1)
    cycles: PositiveInt = 1
    warmup: int = Field(default=0, ge=0)
    freeze: tuple[str, ...] = ()
    rates: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def schedule_has_its_options(self) -> Optim:
        if (self.schedule == "multistep") != bool(self.milestones):
            raise ValueError(f"the schedule is {self.schedule}: milestones belong to multistep, which needs them")
        if self.cycles > 1 and self.schedule not in ("cosine", "multistep"):
            raise ValueError(f"the schedule is {self.schedule}: cycles belong to cosine and multistep")
        if self.floor and self.schedule not in ("cosine", "linear", "plateau"):
            raise ValueError(f"the schedule is {self.schedule}: a floor belongs to cosine, linear and plateau")
        if self.schedule == "plateau" and self.gamma >= 1:
            raise ValueError(f"gamma is {self.gamma}: on a plateau it must be below 1, or the rate would not fall")
        if any(not 0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas are {list(self.betas)}: each must be at least 0 and less than 1")
        if any(not rate > 0 for rate in self.rates.values()):
            raise ValueError(f"rates are {self.rates}: each must be above 0; freeze what should not learn")
        return self

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate at a step of a run of so many steps; of plateau, the rate before it ever fell."""
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        start = max(self.warmup, self.constant_for * steps)
        done = min(1.0, max(0.0, (step - start) / max(1.0, steps - start)))
        if self.schedule == "plateau":
            return self.lr
        if self.schedule == "multistep":
            since = step % max(1, steps // self.cycles)  # the beginning of this cycle
            return self.lr * self.gamma ** sum(since >= milestone for milestone in self.milestones)
        if self.schedule == "one_cycle":
            return self.lr * one_cycle(done)
        cycle = done * self.cycles % 1.0 if done < 1.0 else 1.0
        falling = {"constant": 1.0, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * cycle)) / 2}[self.schedule]
        return self.lr * (self.floor + (1 - self.floor) * falling)


def one_cycle(done: float) -> float:
    """Return the share of the highest rate, for how much of the run is done."""
    if done < CYCLE_RISE:
        return rate_between(CYCLE_START, 1.0, done / CYCLE_RISE)
    return rate_between(1.0, CYCLE_END, (done - CYCLE_RISE) / (1 - CYCLE_RISE))


def rate_between(start: float, end: float, share: float) -> float:
    """Go from one number to another along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
