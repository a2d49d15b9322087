"""The optimizers of a run: one for each player of its recipe."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from functools import partial
from typing import Any

import torch
from torch import nn

from inpaint.config import Optim, Run
from inpaint.contracts import Recipe
from inpaint.training.tensorflow_adam import TensorflowAdam
from inpaint.training.trainer import Player

KINDS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adam_tensorflow": TensorflowAdam,
}


def players_of(run: Run, recipe: Recipe) -> dict[str, Player]:
    """Build an optimizer for each player.  Raises ValueError where the run's optimizers are of other players."""
    players = recipe.players
    if set(players) != set(run.optim):
        raise ValueError(f"optim names {sorted(run.optim)}, but the run's players are {sorted(players)}")
    return {name: player_of(name, network, run.optim[name], run.steps) for name, network in players.items()}


def player_of(name: str, network: nn.Module, optim: Optim, steps: int) -> Player:
    """Build the optimizer of one network, and freeze what should not learn."""
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
    if optim.name == "adadelta":
        return Player(torch.optim.Adadelta(groups, lr=optim.lr, rho=optim.betas[0]), partial(optim.rate, steps=steps))
    optimizer = KINDS[optim.name](groups, lr=optim.lr, betas=optim.betas, eps=optim.eps, fused=True)  # pyright: ignore[reportCallIssue]
    return Player(optimizer, partial(optim.rate, steps=steps))


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


def compile_networks(recipe: Recipe) -> None:
    """Compile what learns, without changing its type, its names or its state."""
    for network in recipe.players.values():
        parts = network.children() if isinstance(network, nn.ModuleList | nn.ModuleDict) else [network]
        for part in parts:
            part.compile()


def synchronise_batch_norms(recipe: Any, device: torch.device) -> None:
    """Let every batch norm see the batches of all ranks.  Raises ValueError for a device on which torch cannot."""
    if device.type != "cuda":
        raise ValueError(
            f"sync_batch_norm works on graphics cards of NVIDIA alone, not on {device.type}: set it to false"
        )
    nn.SyncBatchNorm.convert_sync_batchnorm(recipe)
