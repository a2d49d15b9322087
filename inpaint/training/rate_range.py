"""Which learning rates a run bears: the rate rises from step to step until the loss does.

Source: Smith, Cyclical Learning Rates for Training Neural Networks (2017), section 3.3, with the geometric rise and the
smoothed loss that are common since.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev
from typing import NamedTuple

from inpaint.training.finite import NotFinite
from inpaint.training.trainer import Trainer

SMOOTHED = 0.9  # of the mean so far, at the next step
BURST = 4.0  # times the least loss: further on there is nothing to see
STEADY = 10  # steps after which a mean of noisy losses can be compared
SAFE = 10.0  # a rate this many times below the one of the least loss is rarely too high


class Tried(NamedTuple):
    """A rate, and the smoothed loss after a step with it."""

    rate: float
    loss: float


def rate_range(trainer: Trainer, *, low: float, high: float, steps: int) -> list[Tried]:
    """Learn with rates from low to high, geometrically; return each with the smoothed loss, until that bursts.

    The rates are those of the generator, or of the first player of a recipe that has none of that name; the others keep
    their proportion to it.  Nothing is written, but the networks of the trainer are changed.
    Raises ValueError for rates in the wrong order, fewer than 20 steps, and a run that no rate lets learn.
    """
    if not 0 < low < high:
        raise ValueError(f"rates from {low:g} to {high:g}: the first must be above 0 and below the second")
    if steps < 2 * STEADY:
        raise ValueError(f"{steps} steps are too few to see which rate is too high: take at least {2 * STEADY}")
    main = "generator" if "generator" in trainer.players else next(iter(trainer.players))
    unit = trainer.players[main].optimizer.defaults["lr"]
    shares = {name: player.optimizer.defaults["lr"] / unit for name, player in trainer.players.items()}
    trainer.recipe.train()
    batches, found, mean = iter(trainer.batches(0, steps)), [], 0.0
    for number, sample in enumerate(batches):
        rate = low * (high / low) ** (number / (steps - 1))
        for name, player in trainer.players.items():
            trainer.players[name] = player._replace(rate=lambda _, it=rate * shares[name]: it)
        try:
            loss = learned_loss(trainer, trainer.to_device(sample))
        except NotFinite:
            break
        mean = SMOOTHED * mean + (1 - SMOOTHED) * loss
        found.append(Tried(rate, mean / (1 - SMOOTHED ** (number + 1))))
        least = min((it.loss for it in found[STEADY:]), default=math.inf)
        if not math.isfinite(loss) or found[-1].loss > BURST * least > 0:
            break
    getattr(batches, "close", lambda: None)()
    return [it for it in found if math.isfinite(it.loss)]


def learned_loss(trainer: Trainer, sample: object) -> float:
    """Take one step and return the sum of its terms."""
    terms = trainer.learn(sample)  # pyright: ignore[reportArgumentType]
    trainer.watch.read()
    trainer.step += 1
    return sum(float(term) for term in terms.values())


def suggested_rate(tried: Sequence[Tried]) -> float:
    """Return a rate to begin with: well below the one of the least loss, from which on learning becomes worse.

    Of losses that chance alone sets apart, as it does those of the first and lowest rates, the last one counts.
    Raises ValueError where the loss did not fall at all.
    """
    steady = tried[STEADY:]
    if not steady or (least := min(steady, key=lambda it: it.loss)).rate == steady[0].rate:
        raise ValueError("the loss rose from the first step on: begin with a lower rate")
    chance = stdev(it.loss for it in steady[:STEADY]) if len(steady) >= 3 * STEADY else 0.0
    best = [it for it in steady if it.loss <= least.loss + chance][-1]
    return best.rate / SAFE
