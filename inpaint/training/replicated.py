"""One network that learns alone, on many ranks, by torch's DistributedDataParallel: gradients travel while others are
still being computed.

What is wrapped is the whole turn, not the network, so that recipes, names and checkpoints know nothing of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from inpaint import distributed
from inpaint.contracts import Recipe, Turn
from inpaint.sample import Sample
from inpaint.training.sharded import is_sharded


def replicas_of(recipe: Recipe) -> Replicas | None:
    """Return a recipe for many ranks after its first step, where every step uses every parameter that learns.

    All ranks must ask.  None for a recipe that does not say that its steps are alike, and where a parameter was left
    out, such as a head for other mosaics: the wrapper would wait for its gradient.
    """
    steady = distributed.world_size() > 1 and getattr(recipe, "steady", False)
    missed = any(it.requires_grad and (it.grad is None or is_sharded(it)) for it in recipe.parameters())
    return Replicas(recipe) if steady and not distributed.highest([missed])[0] else None


class OnlyTurn(nn.Module):
    """The one turn of a recipe with one player, as a module that answers its terms."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        (self.player,) = recipe.players
        self.names: list[str] = []

    def forward(self, sample: Sample, step: int) -> Tensor:
        """Return the terms, (N,), whose names are then in `names`."""
        (turn,) = self.recipe.turns(sample, step)
        self.names = list(turn.terms)
        return torch.stack(list(turn.terms.values()))


class Replicas:
    """A recipe with one player, whose gradients are averaged over the ranks as they come."""

    def __init__(self, recipe: Recipe):
        self.turn = OnlyTurn(recipe)
        options = inspect.signature(DistributedDataParallel).parameters  # torch 2.14 has renamed it
        own_buffers: Any = "forward_sync_buffers" if "forward_sync_buffers" in options else "broadcast_buffers"
        chosen: dict[str, Any] = {own_buffers: False}
        self.wrapped = DistributedDataParallel(self.turn, **chosen)

    def turns(self, parts: Sequence[Sample], step: int) -> list[Iterator[Turn]]:
        """Return the turns of each part of a batch; gradients travel with those of the last one."""
        return [self.of_part(part, step, last=part is parts[-1]) for part in parts]

    def of_part(self, sample: Sample, step: int, *, last: bool) -> Iterator[Turn]:
        with nullcontext() if last else self.wrapped.no_sync():
            terms = self.wrapped(sample, step)
        yield Turn(self.turn.player, dict(zip(self.turn.names, terms.unbind(), strict=True)))
