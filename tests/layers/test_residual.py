"""The residual block, against its definition."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from inpaint.layers.residual import ResidualBlock


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
