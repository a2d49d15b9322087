"""TensorFlow's SAME against PyTorch's padding, where they agree and where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from inpaint.layers.padding import PaddedConv, Reflect, reflect, same_padding, with_margin


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


def test_sides_become_the_next_multiple_and_at_least_the_least():
    for size, expected in [((250, 255), (252, 256)), ((8, 3), (12, 12)), ((12, 13), (12, 16))]:
        assert with_margin(torch.zeros(1, 2, *size), multiple=4, least=12).shape[-2:] == expected


def test_the_last_row_and_column_are_repeated():
    picture = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    expected = torch.tensor([[1.0, 2, 2, 2], [3, 4, 4, 4], [3, 4, 4, 4], [3, 4, 4, 4]])
    assert torch.equal(with_margin(picture, multiple=4, least=4)[0, 0], expected)


def test_a_picture_that_fits_is_the_same_tensor():
    picture = torch.zeros(1, 3, 8, 12)
    assert with_margin(picture, multiple=4, least=8) is picture
