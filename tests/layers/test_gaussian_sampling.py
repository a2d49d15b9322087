"""Sampling along a flow: identities, a window worked out by hand, borders, gradients."""

from __future__ import annotations

import math

import pytest
import torch

from inpaint.layers import gaussian_sampling
from inpaint.layers.gaussian_sampling import gaussian_sample


def test_without_flow_and_with_a_narrow_window_it_is_the_identity():
    x = torch.rand(2, 3, 6, 9, dtype=torch.float64)
    sampled = gaussian_sample(x, torch.zeros(2, 2, 6, 9, dtype=torch.float64), kernel=4, deviation=0.05)
    torch.testing.assert_close(sampled, x)


@pytest.mark.parametrize(("right", "down"), [(2, 0), (0, -1), (-3, 2), (100, -100)])
def test_whole_steps_fetch_from_there_and_end_at_the_border(right: int, down: int):
    x = torch.rand(1, 2, 7, 8, dtype=torch.float64)
    flow = torch.tensor([right, down], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, 7, 8)
    rows, columns = (torch.arange(7) + down).clamp(0, 6), (torch.arange(8) + right).clamp(0, 7)
    torch.testing.assert_close(gaussian_sample(x, flow, kernel=2, deviation=0.05), x[:, :, rows][..., columns])


@pytest.mark.parametrize(("kernel", "deviation"), [(16, 4.0), (4, 2.0)])
def test_constant_features_stay_constant_under_any_flow(kernel: int, deviation: float):
    x, flow = torch.full((1, 2, 5, 6), 0.3, dtype=torch.float64), 20 * torch.randn(1, 2, 5, 6, dtype=torch.float64)
    torch.testing.assert_close(gaussian_sample(x, flow, kernel=kernel, deviation=deviation), x)


def test_a_window_worked_out_by_hand():
    x = torch.tensor([[[[1.0, 2.0, 4.0, 8.0]]]], dtype=torch.float64)
    flow = torch.zeros(1, 2, 1, 4, dtype=torch.float64)
    flow[0, 0, 0, 1] = 0.25  # at 1.25: weights of the places 0, 1, 2, 3
    bell = [math.exp(-((place - 1.25) ** 2) / 8) for place in range(4)]
    expected = sum(weight * value for weight, value in zip(bell, (1, 2, 4, 8), strict=True)) / sum(bell)
    assert gaussian_sample(x, flow, kernel=4, deviation=2.0)[0, 0, 0, 1].item() == pytest.approx(expected)


def test_pieces_give_the_same_answer_and_gradients_are_those_of_differences(monkeypatch: pytest.MonkeyPatch):
    torch.manual_seed(0)
    x = torch.rand(1, 2, 5, 4, dtype=torch.float64, requires_grad=True)
    flow = (torch.rand(1, 2, 5, 4, dtype=torch.float64) * 2 - 0.97).requires_grad_()
    whole = gaussian_sample(x, flow, kernel=4, deviation=1.5)
    monkeypatch.setattr(gaussian_sampling, "PLACES_TOGETHER", 3)
    torch.testing.assert_close(gaussian_sample(x, flow, kernel=4, deviation=1.5), whole)
    assert torch.autograd.gradcheck(lambda *given: gaussian_sample(*given, kernel=4, deviation=1.5), (x, flow))
