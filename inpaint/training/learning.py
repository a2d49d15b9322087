"""One step: every turn of a recipe is played, summed, differentiated, averaged over the ranks, clipped and stepped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.profiler import record_function

from inpaint import distributed
from inpaint.contracts import Turn
from inpaint.randomness import rng_for
from inpaint.sample import Sample
from inpaint.training.finite import step_unless, total_norm
from inpaint.training.replicated import replicas_of

if TYPE_CHECKING:
    from inpaint.training.trainer import Trainer


def learned(trainer: Trainer, sample: Sample) -> dict[str, Tensor]:
    """Play every turn of one step and return the terms, for the log."""
    step, recipe, precision = trainer.step, trainer.recipe, trainer.precision
    seed_all(rng_for(trainer.seed, "step", step).initial_seed() + distributed.rank(), trainer.device)
    seen: dict[str, Tensor] = {}
    trainer.watch.begin(len(sample.image) * distributed.world_size())
    parts = sample.chunks(trainer.accumulate)
    replicas = trainer.replicas
    turns = replicas.turns(parts, step) if replicas else [iter(recipe.turns(part, step)) for part in parts]
    while (turn := trainer.draw(turns[0])) is not None:
        player, parameters = trainer.players[turn.player], trainer.learning[turn.player]
        player.optimizer.zero_grad(set_to_none=True)
        terms = differentiated(trainer, turn)
        for others in turns[1:]:  # the same turn of the other parts of the batch, one at a time
            other = trainer.draw(others)
            assert other is not None
            terms = terms + differentiated(trainer, other)
        with record_function(f"optimizer {turn.player}"):
            if replicas is None:
                distributed.average_gradients(parameters)
            precision.unscale(turn.player, parameters)
            norm = total_norm(parameters, trainer.clip)
            spoiled = trainer.watch.spoiled(step, turn.player, turn.terms, terms, norm)
            player.set_rate(step)
            step_unless(player.optimizer, spoiled)
            precision.stepped(turn.player, spoiled)
        seen |= dict(zip(turn.terms, terms.unbind(), strict=True))
    if not trainer.decided:
        trainer.replicas, trainer.decided = replicas_of(recipe), True
    trainer.watch.end()
    with record_function("average"):
        trainer.average.update(recipe.generator, step)
    return seen


def seed_all(seed: int, device: torch.device) -> None:
    """Seed what networks draw from; on a CPU torch would also note down for graphics cards who asked, at some cost."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


def differentiated(trainer: Trainer, turn: Turn) -> Tensor:
    """Add the gradient of a turn to those that are there; return its terms, (N,), as a part of the step's."""
    terms = torch.stack(list(turn.terms.values())) / trainer.accumulate
    with record_function(f"backward {turn.player}"), distributed.others(computing=True):
        trainer.precision.scaled(turn.player, terms.sum()).backward()
    return terms.detach()
