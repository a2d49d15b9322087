"""The non-local block: its count, its start and its arithmetic."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from inpaint.layers.non_local import NonLocal


def test_the_parameter_count_is_the_published_one():
    assert sum(parameter.numel() for parameter in NonLocal(256).parameters()) == 81_921


@torch.no_grad()
def test_it_starts_as_the_identity():
    x = torch.randn(2, 16, 6, 5)
    assert torch.equal(NonLocal(16)(x), x)


@torch.no_grad()
def test_it_adds_what_a_loop_over_places_finds():
    torch.manual_seed(0)
    block, x = NonLocal(16).double().eval(), torch.randn(1, 16, 4, 6).double()
    block.gamma.fill_(0.7)
    theta, phi, g, o = (block.get_submodule(name).weight[:, :, 0, 0] for name in ("theta", "phi", "g", "o"))  # pyright: ignore
    keys = F.max_pool2d(torch.einsum("oc,bchw->bohw", phi, x), 2)[0].flatten(1)
    values = F.max_pool2d(torch.einsum("oc,bchw->bohw", g, x), 2)[0].flatten(1)
    answer = block(x)
    for row in range(4):
        for column in range(6):
            weights = torch.softmax((theta @ x[0, :, row, column]) @ keys, 0)
            expected = x[0, :, row, column] + 0.7 * o @ (values @ weights)
            torch.testing.assert_close(answer[0, :, row, column], expected)
