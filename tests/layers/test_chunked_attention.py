"""Layers in pieces: the answer and the gradient of the whole, and nothing kept but the inputs."""

from __future__ import annotations

from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.chunked_attention import InPieces, Plan, diagonal_sum


class Scene(NamedTuple):
    product: Tensor


def plan(pictures: int, rows: int) -> Plan:
    """The square of a product, laid down on its row and the next, three times."""
    return Plan(
        prepare=lambda x, other: Scene(x * other),
        attend=lambda scene, start, stop: down(scene.product[:, start:stop].square()),
        finish=lambda rows: 3 * rows,
        adjoint=lambda gradient: 3 * gradient,
        pictures=pictures,
        rows=rows,
        height=5,
        extra=1,
    )


def down(x: Tensor) -> Tensor:
    return F.pad(x, (0, 0, 0, 1)) + F.pad(x, (0, 0, 1, 0))


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("pictures", [1, 2, 9])
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_pieces_add_up_to_the_whole_with_its_gradient(pictures: int, rows: int):
    x, other = drawn(3, 5, 4).requires_grad_(), drawn(3, 5, 4, seed=1).requires_grad_()
    answer, expected = InPieces.apply(plan(pictures, rows), x, other), 3 * down((x * other).square())
    torch.testing.assert_close(answer, expected)
    weight = drawn(3, 6, 4, seed=2)
    mine, theirs = (torch.autograd.grad(it, (x, other), weight) for it in (answer, expected))
    torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("learning", [0, 1])
def test_an_input_that_does_not_learn_gets_no_gradient(learning: int):
    inputs = [drawn(2, 5, 4), drawn(2, 5, 4, seed=1)]
    inputs[learning].requires_grad_()
    InPieces.apply(plan(1, 2), *inputs).sum().backward()  # pyright: ignore
    assert inputs[learning].grad is not None
    assert inputs[1 - learning].grad is None


def test_nothing_but_the_inputs_is_kept_for_the_backward_pass():
    kept: list[Tensor] = []
    x, other = drawn(3, 5, 4).requires_grad_(), drawn(3, 5, 4, seed=1)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: (kept.append(tensor), tensor)[1], lambda it: it):
        answer = InPieces.apply(plan(2, 2), x, other)
        diagonal_sum(answer, 1, 2)  # pyright: ignore[reportArgumentType]
    assert [tensor.data_ptr() for tensor in kept] == [x.data_ptr(), other.data_ptr()]


def test_diagonals_are_summed_by_hand():
    x = torch.arange(9.0).view(3, 3)
    assert diagonal_sum(x, 0, 1).tolist() == [[0 + 4, 1 + 5, 2], [3 + 7, 0 + 4 + 8, 1 + 5], [6, 3 + 7, 4 + 8]]


def test_the_sum_of_diagonals_is_its_own_adjoint():
    assert torch.autograd.gradcheck(lambda x: diagonal_sum(x, 1, 3), drawn(2, 3, 2, 4).requires_grad_())
