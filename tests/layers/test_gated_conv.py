"""The gated convolution, worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from inpaint.layers.gated_conv import GatedConv


@pytest.mark.parametrize(("bias", "expected"), [(1, 0.5), (-1, (math.exp(-1) - 1) / 2)])
@torch.no_grad()
def test_the_first_half_is_the_feature_and_the_second_the_gate(bias: float, expected: float):
    layer = GatedConv(3, 1)
    layer.weight.zero_()
    layer.bias.copy_(torch.tensor([bias, 0.0]))  # pyright: ignore[reportOptionalMemberAccess]
    torch.testing.assert_close(layer(torch.randn(2, 3, 4, 4)), torch.full((2, 1, 4, 4), expected))


@torch.no_grad()
def test_the_halves_are_two_convolutions():
    layer = GatedConv(3, 5, kernel=5, dilation=2, activation=F.relu)
    x, weight, bias = torch.randn(2, 3, 11, 10), layer.weight, layer.bias
    assert bias is not None
    feature = F.conv2d(x, weight[:5], bias[:5], padding=4, dilation=2)
    gate = F.conv2d(x, weight[5:], bias[5:], padding=4, dilation=2)
    torch.testing.assert_close(layer(x), feature.clamp(min=0) / (1 + (-gate).exp()))
    assert weight.shape == (10, 3, 5, 5)
