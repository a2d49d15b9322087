"""TensorFlow's Adam: its update written out, and a state that comes back."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn

from inpaint.training.moments import load_moments, moments_by_name
from inpaint.training.tensorflow_adam import TensorflowAdam

RATE, FIRST, SECOND, EPSILON = 0.1, 0.5, 0.999, 1e-3


def written_out(gradients: list[float]) -> float:
    """Return where a weight that starts at 1 ends, by the formula in TensorFlow's documentation."""
    weight, mean, square = 1.0, 0.0, 0.0
    for step, gradient in enumerate(gradients, start=1):
        mean = FIRST * mean + (1 - FIRST) * gradient
        square = SECOND * square + (1 - SECOND) * gradient**2
        rate = RATE * math.sqrt(1 - SECOND**step) / (1 - FIRST**step)
        weight -= rate * mean / (math.sqrt(square) + EPSILON)
    return weight


def stepped(optimizer: torch.optim.Optimizer, weight: torch.Tensor, gradients: list[float]) -> None:
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()


def made(weight: torch.Tensor) -> TensorflowAdam:
    return TensorflowAdam([weight], lr=RATE, betas=(FIRST, SECOND), eps=EPSILON, fused=True)


def test_an_update_is_tensorflows():
    weight = torch.ones(1, dtype=torch.float64, requires_grad=True)
    gradients = [0.3, -0.02, 0.001, 0.5]
    stepped(made(weight), weight, gradients)
    assert math.isclose(weight.item(), written_out(gradients), rel_tol=1e-12)
    plain = torch.ones(1, dtype=torch.float64, requires_grad=True)
    stepped(torch.optim.Adam([plain], lr=RATE, betas=(FIRST, SECOND), eps=EPSILON), plain, gradients)
    assert abs(plain.item() - weight.item()) > 1e-4, "PyTorch's own differs"


def test_it_goes_on_from_its_state_as_if_it_had_not_stopped():
    gradients = [0.3, -0.02, 0.001, 0.5]
    weight = torch.ones(1, dtype=torch.float64, requires_grad=True)
    first = made(weight)
    stepped(first, weight, gradients[:2])
    second = made(weight)
    second.load_state_dict(first.state_dict())
    stepped(second, weight, gradients[2:])
    assert math.isclose(weight.item(), written_out(gradients), rel_tol=1e-12)


def test_a_run_that_is_taken_up_again_steps_as_one_that_was_not():
    def optimizer() -> tuple[nn.Linear, TensorflowAdam]:
        torch.manual_seed(0)
        network = nn.Linear(3, 1)
        return network, TensorflowAdam(network.parameters(), lr=0.1, eps=0.1)

    def step(network: nn.Linear, taking: TensorflowAdam) -> None:
        network.zero_grad()
        network(torch.ones(2, 3)).square().sum().backward()
        taking.step()

    whole, taking = optimizer()
    for _ in range(2):
        step(whole, taking)
    parts, again = optimizer()
    parts.load_state_dict(whole.state_dict())
    load_moments(again, parts, copy.deepcopy(moments_by_name(taking, whole)))
    step(whole, taking)
    step(parts, again)
    assert torch.equal(whole.weight, parts.weight)
