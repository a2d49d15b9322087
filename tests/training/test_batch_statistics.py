"""What batches tell batch norms is averaged as long as weights are, worked out by hand and seen in a run."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from inpaint.training.average import Average


def shown(network: nn.Module, *means: float) -> None:
    """Show a network batches of these means, one channel and two samples each."""
    for mean in means:
        network(torch.tensor([[mean - 2.0], [mean + 2.0]]))


def mean_of(average: Average) -> float:
    return average.answering().get_buffer("running_mean").item()


def test_what_lasts_no_longer_than_the_running_values_is_equal_to_them():
    network = nn.BatchNorm1d(1)  # of momentum 0.1: what was there before a batch lasts with 0.9
    averages = Average(network, 0.0), Average(network, 0.8)
    for step in range(30):
        shown(network, float(step**2 % 7))
        for average in averages:
            average.update(network, step)
    for average in averages:
        assert torch.equal(average.network.get_buffer("running_mean"), network.get_buffer("running_mean"))
        assert torch.equal(average.network.get_buffer("running_var"), network.get_buffer("running_var"))
        assert average.network.get_buffer("num_batches_tracked").item() == 30


def test_the_values_that_norms_begin_with_are_soon_gone():
    network = nn.BatchNorm1d(1)
    average = Average(network, 0.99)
    for step in range(3):
        shown(network, 10.0)
        average.update(network, step)
    assert network.get_buffer("running_mean").item() == pytest.approx(2.71)  # 10 * (1 - 0.9**3)
    assert mean_of(average) == pytest.approx(10 * (1 - 1 / 10 * 2 / 11 * 3 / 12), rel=1e-5)


def test_an_odd_batch_counts_as_much_as_its_weights_do():
    network = nn.BatchNorm1d(1)
    average = Average(network, 0.99)
    shown(network, 100.0)
    average.update(network, 10_000)
    assert network.get_buffer("running_mean").item() == pytest.approx(10.0)
    assert mean_of(average) == pytest.approx(1.0)  # 0.01 * 100
    shown(network, 0.0)
    average.update(network, 10_001)
    assert mean_of(average) == pytest.approx(0.99)


def test_a_variance_is_never_below_zero():
    network = nn.BatchNorm1d(1)
    average = Average(network, 0.99)
    network(torch.tensor([[-1e6], [1e6]]))
    average.update(network, 0)
    network(torch.zeros(2, 1))
    average.update(network, 1)
    for _ in range(200):
        average.update(network, 2)
    assert average.network.get_buffer("running_var").item() >= 0


def test_several_batches_between_two_steps_count_as_one_step():
    network = nn.BatchNorm1d(1)
    average = Average(network, 0.99)
    shown(network, 50.0, 50.0, 50.0)  # as where a batch is accumulated
    average.update(network, 10_000)
    assert mean_of(average) == pytest.approx(0.5, rel=1e-5)
    average.update(network, 10_001)  # nothing was shown
    assert mean_of(average) == pytest.approx(0.5, rel=1e-5)


def test_a_norm_that_keeps_the_mean_of_all_batches():
    network = nn.BatchNorm1d(1, momentum=None)  # pyright: ignore[reportArgumentType]
    average = Average(network, 0.75)
    shown(network, 8.0)
    average.update(network, 10_000)  # nothing of what was before it is left: 0.25 * 8
    assert mean_of(average) == pytest.approx(2.0)
    shown(network, 4.0)  # a half is left, less than 0.75: 0.75 * 2 + 0.25 * 4
    average.update(network, 10_001)
    assert mean_of(average) == pytest.approx(2.5)


def test_values_that_were_loaded_are_no_batches():
    network, other = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    average = Average(network, 0.99)
    shown(other, 1000.0)
    network.load_state_dict(other.state_dict())
    average.network.load_state_dict(other.state_dict())
    average.follow(network)
    shown(network, 100.0)
    average.update(network, 10_000)
    assert mean_of(average) == pytest.approx(100.0, rel=1e-5)  # and not 0.99 * 100 + a tenth of what was loaded


def test_what_is_mixed_with_its_beginning_has_the_norms_of_that_too():
    network = nn.BatchNorm1d(1)
    before = copy.deepcopy(network.state_dict())
    average = Average(network, 0.0, share=0.25)
    shown(network, 80.0)
    average.update(network, 5)
    assert mean_of(average) == pytest.approx(2.0)  # a quarter of the way from 0 to 8
    assert average.network.get_buffer("running_mean").item() == pytest.approx(8.0)
    assert before["running_mean"].item() == 0.0


def test_norms_that_keep_nothing_and_others_are_left_alone():
    network = nn.Sequential(nn.BatchNorm1d(1, track_running_stats=False), nn.Linear(1, 1))
    network.register_buffer("noise", torch.zeros(1))
    average = Average(network, 0.99)
    network.get_buffer("noise").fill_(3.0)
    average.update(network, 10_000)
    assert average.network.get_buffer("noise").item() == 3.0


def test_averaged_weights_answer_with_their_own_statistics():
    """A layer whose weight runs up and down: the norm after it must fit the mean weight, not that of the last steps."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    weight = network.get_parameter("0.weight")
    average, batch = Average(network, 0.995), torch.tensor([[-1.0], [1.0]])
    for step in range(4000):
        nn.init.constant_(weight, 1.0 + (step // 50) % 2)  # 1 and 2, fifty steps each
        network(batch)
        average.update(network, 10_000 + step)
    averaged = average.network.get_parameter("0.weight").item()
    kept = average.network.get_buffer("1.running_var").item()
    assert averaged == pytest.approx(1.5, abs=0.07)
    assert kept == pytest.approx(5.0, rel=0.1)  # of 1 * 2 and 4 * 2, whose mean it is; the network's own are near 8
    assert network.get_buffer("1.running_var").item() > 7.9
