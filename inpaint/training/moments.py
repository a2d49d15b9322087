"""What optimizers remember of each parameter, by its name, so that it stays there when groups change."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from inpaint.training.sharded import divided_as, is_sharded


def moments_by_name(optimizer: torch.optim.Optimizer, network: nn.Module) -> dict[str, Any]:
    """Return the state of each parameter that has one."""
    return {name: dict(optimizer.state[it]) for name, it in network.named_parameters() if optimizer.state.get(it)}


def load_moments(optimizer: torch.optim.Optimizer, network: nn.Module, stored: dict[str, Any]) -> None:
    """Load what was stored; the optimizer's options, such as betas and weight decay, stay its own.

    A parameter of which nothing is stored begins anew.  Raises ValueError for moments of another shape.
    """
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    state = optimizer.state_dict()
    indices = [index for group in state["param_groups"] for index in group["params"]]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if "param_groups" in stored:  # as versions before wrote it, by places
        if len(stored["param_groups"]) != len(state["param_groups"]):
            raise ValueError("its optimizers group the parameters in another way")
        state["state"] = stored["state"]
    else:
        places = zip(indices, parameters, strict=True)
        state["state"] = {place: stored[names[id(it)]] for place, it in places if names[id(it)] in stored}
    for place, parameter in zip(indices, parameters, strict=True):
        for key, value in state["state"].get(place, {}).items():
            if isinstance(value, torch.Tensor) and value.ndim and value.shape != parameter.shape:
                raise ValueError(f"{key} of {names[id(parameter)]} has the shape {tuple(value.shape)}")
        if is_sharded(parameter) and place in state["state"]:
            stored_here = state["state"][place]
            state["state"][place] = {key: divided_as(value, parameter) for key, value in stored_here.items()}
    optimizer.load_state_dict(state)


def load_fitting_moments(optimizer: torch.optim.Optimizer, network: nn.Module, stored: dict[str, Any]) -> None:
    """Load what was stored of the parameters that have still the same name and shape; all others begin anew."""
    shapes = {name: it.shape for name, it in network.named_parameters()}
    fitting = {
        name: moments
        for name, moments in stored.items()
        if name in shapes and all(it.shape == shapes[name] for it in moments.values() if getattr(it, "ndim", 0))
    }
    load_moments(optimizer, network, fitting)
