"""The moving average, worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaint.training.average import Average


def scalar(value: float) -> nn.Module:
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, value)
    return network


def value_of(network: nn.Module) -> float:
    return next(network.parameters()).item()


@pytest.mark.parametrize(
    ("decay", "step", "share"),
    [
        (0.999, 0, 0.9),  # 1 - 1/10
        (0.999, 8, 0.5),  # 1 - 9/18
        (0.999, 8990, 0.001),  # 8991/9000 = 0.999: from here on the decay rules
        (0.999, 100_000, 0.001),
        (0.5, 8, 0.5),
        (0.5, 100, 0.5),
        (0.0, 5, 1.0),
    ],
)
def test_the_first_steps_move_faster_than_the_decay(decay: float, step: int, share: float):
    average = Average(scalar(0), decay)
    average.update(scalar(1), step)
    assert value_of(average.network) == pytest.approx(share, rel=1e-4)


def test_two_steps_by_hand():
    average = Average(scalar(0), 0.999)
    average.update(scalar(1), 0)  # 0.9
    average.update(scalar(2), 1)  # 0.9 + (2 - 0.9) * 9/11
    assert value_of(average.network) == pytest.approx(1.8, rel=1e-6)


def test_buffers_are_copied_and_whole_numbers_too():
    network = nn.BatchNorm1d(2)
    average = Average(network, 0.0)
    network(torch.tensor([[0.0, 10.0], [2.0, 30.0]]))
    average.update(network, 0)
    assert torch.equal(average.network.get_buffer("running_mean"), network.get_buffer("running_mean"))
    assert average.network.get_buffer("num_batches_tracked").item() == 1


def test_the_average_is_a_separate_network_that_neither_trains_nor_learns():
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train()
    average = Average(network, 0.9)
    before = [parameter.clone() for parameter in network.parameters()]
    average.update(network, 3)
    assert not any(module.training for module in average.network.modules())
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


def test_what_answers_lies_between_the_beginning_and_the_average():
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 1.0)
    average = Average(network, decay=0.0, share=0.25)
    torch.nn.init.constant_(network.weight, 5.0)
    average.update(network, 100)
    assert average.network.weight.item() == 5.0  # pyright: ignore[reportCallIssue]
    for _ in range(2):  # asking moves nothing
        assert average.answering().weight.item() == 2.0  # pyright: ignore[reportCallIssue]
    assert average.network.weight.item() == 5.0  # pyright: ignore[reportCallIssue]
    assert Average(network, decay=0.0).answering().weight.item() == 5.0  # pyright: ignore[reportCallIssue]


def test_channels_last_weights_average_to_the_same_values():
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 4, 3)
    plain, permuted = Average(first, 0.9), Average(first, 0.9)
    plain.update(second, 5)
    permuted.update(second.to(memory_format=torch.channels_last), 5)  # pyright: ignore[reportCallIssue]
    assert torch.equal(plain.network.get_parameter("weight"), permuted.network.get_parameter("weight"))
