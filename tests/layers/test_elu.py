"""ELU: PyTorch's numbers, whether anything learns or not."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from inpaint.layers.elu import Elu, elu


@pytest.mark.parametrize(("kind", "tolerance"), [(torch.float32, 1e-7), (torch.float64, 2e-16), (torch.bfloat16, 0)])
def test_it_is_pytorchs(kind: torch.dtype, tolerance: float):
    x = torch.cat([torch.linspace(-30, 30, 1001), torch.tensor([0.0, -0.0, -1e-8, 1e-8, float("inf"), -float("inf")])])
    x = x.to(kind)
    kept = x.clone()
    answer = elu(x)
    assert torch.equal(x, kept), "what comes in is not written to"
    torch.testing.assert_close(answer, F.elu(x), rtol=0, atol=tolerance)
    assert torch.equal(Elu()(x), answer)


def test_learning_takes_pytorchs_own():
    x = torch.linspace(-2, 2, 9, requires_grad=True)
    elu(x).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.where(x > 0, 1.0, x.exp()).detach())
    assert torch.equal(elu(x), F.elu(x))
