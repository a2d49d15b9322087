"""What writes files as the authors' programs do: our random weights under names written out from theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from inpaint.generators import GENERATORS

State = dict[str, Tensor]


class Case(NamedTuple):
    """A small network of ours, and what its authors' program would write of it."""

    generator: str
    options: dict[str, Any]
    files: Callable[[State], tuple[State, ...]]  # from our weights, under other names
    scaled: bool = False  # whether importing changes weights


def network(name: str, **options: Any) -> nn.Module:
    """Build a small generator whose every entry is random, in eval mode."""
    torch.manual_seed(7)
    made = GENERATORS[name](**options).eval()
    for key, tensor in made.state_dict().items():
        if tensor.is_floating_point() and tensor.dim() < 2 and "parametrizations" not in key:
            tensor.copy_(torch.rand(tensor.shape) * 0.2 + (1 if key.endswith("var") else 0.1))
    return made


def renamed(state: State, pairs: Iterator[tuple[str, str]]) -> State:
    """Put every entry under another name; all must be named, once."""
    found = dict(pairs)
    assert set(found) == set(state), set(found) ^ set(state)
    assert len(set(found.values())) == len(found)
    return {theirs: state[ours].clone() for ours, theirs in found.items()}


def without_trunk(state: State) -> State:
    return renamed(state, ((name, name.removeprefix("trunk.")) for name in state))
