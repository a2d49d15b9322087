"""The residual block, against its definition."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.residual import ReflectedBlock, ResidualBlock, start_small


@torch.no_grad()
def test_the_block_adds_two_convolutions_with_a_relu_between():
    torch.manual_seed(0)
    block, x = ResidualBlock(5), torch.randn(2, 5, 7, 9)
    inner = F.conv2d(x, block.first.weight, block.first.bias, padding=1).clamp(min=0)
    torch.testing.assert_close(block(x), x + F.conv2d(inner, block.second.weight, block.second.bias, padding=1))


@torch.no_grad()
def test_a_block_whose_second_convolution_is_zero_is_the_identity():
    block, x = ResidualBlock(3), torch.randn(1, 3, 4, 4)
    for parameter in block.second.parameters():
        parameter.zero_()
    assert torch.equal(block(x), x)


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
