"""The reflected residual block, against its definition."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.reflected import ReflectedBlock, start_small


def normed(x: Tensor) -> Tensor:
    mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), correction=0, keepdim=True)
    return (x - mean) / (var + 1e-5).sqrt()


@pytest.mark.parametrize("dilation", [1, 2])
@torch.no_grad()
def test_the_block_is_two_normed_convolutions_added_to_its_input(dilation: int):
    torch.manual_seed(0)
    block, x = ReflectedBlock(4, dilation=dilation).double(), torch.randn(2, 4, 6, 5).double()
    weights = block.state_dict()
    inner = F.pad(x, (dilation,) * 4, mode="reflect")
    inner = normed(F.conv2d(inner, weights["conv_block.1.weight"], weights["conv_block.1.bias"], dilation=dilation))
    inner = F.pad(inner.clamp(min=0), (1,) * 4, mode="reflect")
    inner = normed(F.conv2d(inner, weights["conv_block.5.weight"], weights["conv_block.5.bias"]))
    torch.testing.assert_close(block(x), x + inner)


def test_weights_start_small_and_norms_are_left_alone():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(32, 32, 3), nn.BatchNorm2d(32), nn.ConvTranspose2d(32, 32, 3)).apply(start_small)
    weights = dict(network.named_parameters())
    for name in ("0", "2"):
        assert weights[f"{name}.weight"].std().item() == pytest.approx(0.02, rel=0.05)
        assert not weights[f"{name}.bias"].any()
    assert torch.equal(weights["1.weight"], torch.ones(32))
