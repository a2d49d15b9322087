"""What a run would be: its size, its speed and its memory, by two steps that leave nothing behind."""

from __future__ import annotations

import copy
import time
from typing import Any, NamedTuple

from torch import nn

from inpaint import distributed
from inpaint.training.progress import in_words, memory_used
from inpaint.training.trainer import Trainer

TIMED_STEPS = 2  # after a first one, which also warms up


class Trial(NamedTuple):
    """What was measured."""

    parameters: dict[str, int]  # that learn, by player
    seconds: float  # of a step, with its data prepared
    memory: float  # GB
    breaks: int | None  # places at which torch.compile left a compiled network; None where nothing is compiled

    def lines(self, trainer: Trainer, batch: int, start: int = 0) -> list[str]:
        """Say it in words.  batch: samples of a step on one rank.  start: the first step of the run, or stage."""
        learning = ", ".join(f"{name} {count:,}" for name, count in self.parameters.items())
        world, steps = distributed.world_size(), trainer.steps - start
        images = batch * world / self.seconds
        compiled = [] if self.breaks is None else [f"compiled with {self.breaks} graph breaks"]
        return [
            *compiled,
            f"parameters that learn: {learning}",
            f"a step: {self.seconds:.2f} s, {images:.1f} images/s, {self.memory:.1f} GB on {trainer.device}",
            f"{steps} steps: about {in_words(self.seconds * steps)}, and what preparing data and validating take",
        ]


def try_out(trainer: Trainer) -> Trial:
    """Take a few steps of a run that has not begun, and put its networks back as they were."""
    recipe: Any = trainer.recipe
    before = copy.deepcopy(recipe.state_dict())
    recipe.train()
    batches = iter(trainer.batches(0, TIMED_STEPS + 1))
    try:
        samples = [trainer.to_device(next(batches)) for _ in range(TIMED_STEPS + 1)]
    finally:
        getattr(batches, "close", lambda: None)()
    breaks = graph_breaks(recipe)
    trainer.learn(samples[0])
    breaks = None if breaks is None else (graph_breaks(recipe) or 0) - breaks
    started = time.perf_counter()
    for sample in samples[1:]:
        trainer.learn(sample)
    trainer.watch.read()  # waits for a graphics card, too
    seconds = (time.perf_counter() - started) / TIMED_STEPS
    recipe.load_state_dict(before)
    return Trial(
        {name: counted(network) for name, network in trainer.recipe.players.items()},
        seconds,
        memory_used(trainer.device),
        breaks,
    )


def graph_breaks(recipe: nn.Module) -> int | None:
    """Return how often torch.compile has left a network so far; None where no part of a recipe is compiled."""
    if not any(getattr(it, "_compiled_call_impl", None) for it in recipe.modules()):
        return None
    from torch._dynamo.utils import counters

    return sum(counters["graph_break"].values())


def counted(network: nn.Module) -> int:
    """Count the parameters that learn."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
