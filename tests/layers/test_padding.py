"""TensorFlow's SAME against PyTorch's padding, where they agree and where they do not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from inpaint.layers.padding import PaddedConv, same_padding


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "expected"),
    [
        (256, 3, 2, 1, (0, 1)),
        (256, 5, 2, 1, (1, 2)),
        (256, 5, 1, 1, (2, 2)),
        (256, 4, 2, 1, (1, 1)),
        (255, 3, 2, 1, (1, 1)),
        (64, 3, 1, 16, (16, 16)),
        (64, 1, 2, 1, (0, 0)),
    ],
)
def test_same_padding_puts_the_odd_pixel_last(size: int, kernel: int, stride: int, dilation: int, expected: tuple):
    assert same_padding(size, kernel, stride=stride, dilation=dilation) == expected


@pytest.mark.parametrize(("padding", "expected"), [("pytorch", [0, 1, 3, 5]), ("tensorflow", [0, 2, 4, 6])])
@torch.no_grad()
def test_stride_two_reads_the_pixels_the_framework_reads(padding: str, expected: list[float]):
    layer = PaddedConv(1, 1, stride=2, padding=padding)
    layer.weight.copy_(torch.tensor([[0, 0, 0], [1, 0, 0], [0, 0, 0]]).reshape(1, 1, 3, 3))
    signal = torch.arange(8.0).expand(1, 1, 8, 8)
    assert layer(signal)[0, 0, 1].tolist() == expected


@pytest.mark.parametrize("options", [{}, {"kernel": 5}, {"dilation": 4}])
@torch.no_grad()
def test_both_paddings_agree_without_a_stride(options: dict[str, Any]):
    layers = [PaddedConv(2, 3, padding=padding, **options) for padding in ("tensorflow", "pytorch")]
    layers[1].load_state_dict(layers[0].state_dict())
    x = torch.randn(2, 2, 9, 12)
    assert torch.equal(layers[0](x), layers[1](x))


@torch.no_grad()
def test_the_activation_is_applied_once():
    layer = PaddedConv(1, 1, activation=F.relu)
    x = torch.randn(1, 1, 5, 5)
    assert torch.equal(layer(x), layer.convolve(x).clamp(min=0))


def test_layers_start_as_tensorflow_starts_them():
    layer = PaddedConv(20, 30)
    limit = (6 / (9 * 50)) ** 0.5
    assert limit * 0.98 < layer.weight.abs().max() <= limit
    assert layer.bias is not None
    assert not layer.bias.any()


def test_an_unknown_padding_is_refused():
    with pytest.raises(ValueError, match="'mirror': choose among tensorflow, pytorch"):
        PaddedConv(1, 1, padding="mirror")
