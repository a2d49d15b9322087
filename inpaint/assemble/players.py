"""The optimizers of a run: one for each player of its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from typing import Any

import torch
from torch import nn

from inpaint.config import Optim, Run
from inpaint.contracts import Recipe
from inpaint.training.plateau import Plateau
from inpaint.training.player import Player
from inpaint.training.recomputed import recompute_blocks
from inpaint.training.tensorflow_adam import TensorflowAdam

KINDS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adam_tensorflow": TensorflowAdam,
}


def players_of(run: Run, recipe: Recipe, start: int = 0) -> dict[str, Player]:
    """Build an optimizer for each player; start: the step at which their schedules begin.

    Raises ValueError where the run's optimizers are of other players.
    """
    players = recipe.players
    if set(players) != set(run.optim):
        raise ValueError(f"optim names {sorted(run.optim)}, but the run's players are {sorted(players)}")
    return {
        name: player_of(name, network, run.optim[name], start=start, steps=run.steps)
        for name, network in players.items()
    }


def player_of(name: str, network: nn.Module, optim: Optim, *, start: int, steps: int) -> Player:
    """Build the optimizer of one network, whose rate begins at a step, and freeze what should not learn."""
    known = [key for key, _ in network.named_parameters()]
    for pattern in (*optim.freeze, *optim.rates):
        if not any(fnmatch(key, pattern) for key in known):
            tops = ", ".join(dict.fromkeys(f"{key.partition('.')[0]}.*" for key in known))
            raise ValueError(f"optim.{name}: no parameter is called {pattern}; they are {tops}")
    for key, parameter in network.named_parameters():
        if any(fnmatch(key, pattern) for pattern in optim.freeze):
            parameter.requires_grad_(False)
    groups = parameter_groups(network.named_parameters(), optim)
    if not groups:
        raise ValueError(f"optim.{name}: freeze {list(optim.freeze)} leaves nothing that learns")
    falling = optim.schedule == "plateau"
    plateau = Plateau(waits=optim.waits, gamma=optim.gamma, floor=optim.floor) if falling else None
    return Player(optimizer_of(groups, optim), lambda step: optim.rate(step - start, steps - start), plateau)


def optimizer_of(groups: list[dict], optim: Optim) -> torch.optim.Optimizer:
    """Build what steps."""
    if optim.name == "adadelta":
        return torch.optim.Adadelta(groups, lr=optim.lr, rho=optim.betas[0])
    return KINDS[optim.name](groups, lr=optim.lr, betas=optim.betas, eps=optim.eps, fused=True)  # pyright: ignore[reportCallIssue]


def parameter_groups(named: Iterable[tuple[str, nn.Parameter]], optim: Optim) -> list[dict]:
    """Put together the parameters that learn by the same factor of the rate and the same decay.

    Decay pulls weights of convolutions and linear layers; biases and the scales of norms have one dimension.
    """
    groups: dict[tuple[float, float], dict] = {}
    for key, parameter in named:
        if parameter.requires_grad:
            scale = next((rate for pattern, rate in optim.rates.items() if fnmatch(key, pattern)), 1.0)
            decay = optim.weight_decay if optim.decay_all or parameter.ndim > 1 else 0.0
            group = {"params": [], "scale": scale, "weight_decay": decay}
            groups.setdefault((scale, decay), group)["params"].append(parameter)
    return list(groups.values())


def compile_networks(recipe: Recipe, names: Sequence[str] | None = None) -> None:
    """Compile what learns, or the players of these names, without changing its type, its names or its state.

    Raises ValueError for a name that no player has.
    """
    players = recipe.players
    if unknown := [name for name in names or () if name not in players]:
        raise ValueError(f"compile names {', '.join(unknown)}, but the run's players are {', '.join(players)}")
    for network in (players[name] for name in (players if names is None else names)):
        parts = network.children() if isinstance(network, nn.ModuleList | nn.ModuleDict) else [network]
        for part in parts:
            part.compile()


def recompute_generator(recipe: Recipe, name: str) -> None:
    """Let the generator keep less of its activations.  Raises ValueError for one that has no blocks."""
    if not recompute_blocks(recipe.generator):
        raise ValueError(
            f"generator {name} has no blocks whose activations could be computed again: set recompute to false, and "
            "where memory is short lower data.batch and raise accumulate"
        )


def synchronise_batch_norms(recipe: Any, device: torch.device) -> None:
    """Let every batch norm see the batches of all ranks.  Raises ValueError for a device on which torch cannot."""
    if device.type != "cuda":
        raise ValueError(
            f"sync_batch_norm works on graphics cards of NVIDIA alone, not on {device.type}: set it to false"
        )
    nn.SyncBatchNorm.convert_sync_batchnorm(recipe)
