"""Reflection padding equals PyTorch's where that works and NumPy's everywhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inpaint.layers.reflection import Reflect, reflect


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3), (4, 4), (7, 3)])
@pytest.mark.parametrize("margin", [0, 1, 3, 16])
def test_any_margin_on_any_size_is_numpys_reflection(size: tuple[int, int], margin: int):
    x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    expected = np.pad(x.numpy(), [(0, 0), (0, 0), (margin, margin), (margin, margin)], mode="reflect")
    assert torch.equal(reflect(x, margin), torch.from_numpy(expected))
    assert torch.equal(Reflect(margin)(x), reflect(x, margin))


def test_the_gradient_of_a_bouncing_reflection_counts_how_often_a_place_is_seen():
    x = torch.zeros(1, 1, 1, 3, requires_grad=True)
    reflect(x, 4)[0, 0, 4].sum().backward()  # one of nine alike rows: 0 1 2 1 | 0 1 2 | 1 0 1 2
    assert x.grad is not None
    assert x.grad.flatten().tolist() == [3, 5, 3]
