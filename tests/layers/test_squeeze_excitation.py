"""Squeeze-and-excitation: counts, names, gates worked out by hand and the two ways to join them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaint.layers.squeeze_excitation import gates


def gate_of(kind: str, width: int, **options: Any) -> nn.Module:
    (gate,) = gates(kind, width, **options)
    return gate


@pytest.mark.parametrize(
    ("kind", "width", "reduction", "parameters"),
    [
        ("se", 64, 16, 580),
        ("cse", 64, 2, 4_192),
        ("se", 512, 16, 33_312),
        ("sse", 64, 16, 65),
        ("scse", 64, 16, 580 + 65),
    ],
)
def test_parameter_counts_are_the_published_ones(kind: str, width: int, reduction: int, parameters: int):
    assert sum(it.numel() for it in gate_of(kind, width, reduction=reduction).parameters()) == parameters


def test_no_attention_is_no_layer():
    assert gates("none", 64) == []


def test_names_are_those_of_the_authors_library():
    names = {name.rsplit(".", 1)[0] for name in gate_of("scse", 8, reduction=2).state_dict()}
    assert names == {"cSE.fc1", "cSE.fc2", "sSE.conv"}


@pytest.mark.parametrize(
    ("kind", "aggregation", "factor"),
    [("se", "add", 0.5), ("sse", "add", 0.5), ("scse", "add", 1.0), ("scse", "max", 0.5)],
)
@torch.no_grad()
def test_gates_without_parameters_are_half_open(kind: str, aggregation: str, factor: float):
    gate = gate_of(kind, 4, reduction=2, aggregation=aggregation)
    for parameter in gate.parameters():
        parameter.zero_()
    x = torch.tensor([4.0, -4.0]).repeat(2).reshape(1, 4, 1, 1).expand(2, 4, 3, 3)
    assert torch.equal(gate(x), factor * x)


@torch.no_grad()
def test_the_channel_gate_worked_out_by_hand():
    gate = gate_of("se", 2, reduction=2)
    values = {"fc1.weight": [[1.0, -1.0]], "fc1.bias": [0.5], "fc2.weight": [[1.0], [-2.0]], "fc2.bias": [0.0, 1.0]}
    gate.load_state_dict({name: torch.tensor(value) for name, value in values.items()})
    x = torch.stack([torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 1.0]])])[None]  # means 2 and 0.5, squeezed to 2
    expected = torch.stack([x[0, 0] * sigmoid(2.0), x[0, 1] * sigmoid(-3.0)])[None]
    torch.testing.assert_close(gate(x), expected)


@torch.no_grad()
def test_both_gates_are_joined_element_by_element():
    torch.manual_seed(0)
    x = torch.randn(2, 4, 3, 5)
    gate = gate_of("scse", 4, reduction=2, aggregation="max")
    apart: list[Tensor] = [gate.get_submodule(name)(x) for name in ("cSE", "sSE")]
    assert torch.equal(gate(x), torch.stack(apart).amax(0))
    gate.aggregation = "add"  # pyright: ignore[reportArgumentType]
    assert torch.equal(gate(x), apart[0] + apart[1])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"kind": "cbam"}, "choose none, se, cse, sse, scse"),
        ({"kind": "scse", "aggregation": "mean"}, "choose add or max"),
        ({"kind": "se", "reduction": 16}, "reduction 16 must lie between 1 and the 8 channels"),
        ({"kind": "se", "reduction": 0}, "reduction 0 must lie"),
    ],
)
def test_impossible_gates_are_refused(options: dict[str, Any], rule: str):
    with pytest.raises(ValueError, match=rule):
        gates(options.pop("kind"), 8, **options)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))
