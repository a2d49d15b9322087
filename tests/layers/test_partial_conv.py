"""Partial convolution: cases worked out by hand, and the published formula on masks of full depth."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.partial_conv import Partial, PartialConv2d


def ones(channels: int, width: int = 1, **options: Any) -> PartialConv2d:
    """A layer whose weights are 1 and whose bias, if any, is 0.5."""
    layer = PartialConv2d(channels, width, 3, padding=1, **options)
    torch.nn.init.ones_(layer.weight)
    if layer.bias is not None:
        torch.nn.init.constant_(layer.bias, 0.5)
    return layer


def holed(side: int = 5) -> Tensor:
    """A mask of 5 x 5 whose 3 x 3 centre is missing."""
    valid = torch.ones(1, 1, side, side)
    valid[..., 1:-1, 1:-1] = 0
    return valid


@torch.no_grad()
def test_a_ramp_with_a_hole_by_hand():
    answer = ones(1)(Partial(torch.arange(25.0).view(1, 1, 5, 5), holed()))
    y = answer.features[0, 0]
    assert y[0, 0].item() == pytest.approx((0 + 1 + 5) * 9 / 3 + 0.5)
    assert y[0, 3].item() == pytest.approx(41.0)
    assert y[1, 1].item() == pytest.approx(32.9)
    assert y[4, 4].item() == pytest.approx(198.5)
    assert y[2, 2].item() == 0  # nothing known: not the bias
    expected = torch.ones(5, 5)
    expected[2, 2] = 0
    assert torch.equal(answer.valid[0, 0], expected)
    assert ones(1)(answer).valid.sum() == 25


@torch.no_grad()
def test_counts_of_known_values_by_hand():
    ratio, valid = ones(1).renormalisation((Partial(torch.zeros(1, 1, 5, 5), holed()),))
    counts = (9 * valid / ratio)[0, 0]
    assert counts[0].tolist() == pytest.approx([3, 4, 3, 4, 3])
    assert counts[1].tolist() == pytest.approx([4, 5, 3, 5, 4])
    assert ratio[0, 0, 2, 2] == 0


@torch.no_grad()
def test_three_channels_of_ones_are_scaled_up_to_the_whole_window():
    y = ones(3)(Partial(torch.ones(1, 3, 5, 5), holed())).features[0, 0]
    known = torch.ones(5, 5, dtype=torch.bool)
    known[2, 2] = False
    torch.testing.assert_close(y[known], torch.full((24,), 27.5))
    assert y[2, 2] == 0


@torch.no_grad()
def test_a_missing_channel_is_made_up_for_by_the_others():
    parts = (
        Partial(torch.ones(1, 1, 5, 5), torch.zeros(1, 1, 5, 5)),
        Partial(torch.ones(1, 2, 5, 5), torch.ones(1, 1, 5, 5)),
    )
    answer = ones(3)(*parts)
    torch.testing.assert_close(answer.features, torch.full((1, 1, 5, 5), 27.5))
    assert answer.valid.sum() == 25


@torch.no_grad()
def test_borders_are_missing_values():
    answer = ones(1, bias=False)(Partial(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4)))
    torch.testing.assert_close(answer.features, torch.full((1, 1, 4, 4), 9.0))


@torch.no_grad()
def test_a_concatenated_skip_is_renormalised_over_all_channels():
    size = (1, 1, 4, 4)
    parts = Partial(torch.ones(1, 64, 4, 4), torch.ones(size)), Partial(torch.ones(1, 3, 4, 4), torch.zeros(size))
    answer = ones(67, bias=False)(*parts)
    torch.testing.assert_close(answer.features, torch.full(size, 603.0))


def published(layer: PartialConv2d, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """The authors' formula, with a mask and a window of ones as deep as the features."""
    how: Any = (layer.stride, layer.padding, layer.dilation)
    window = torch.ones_like(layer.weight)
    count = F.conv2d(valid, window, None, *how)
    update = count.clamp(0, 1)
    ratio = window[0].numel() / (count + 1e-8) * update
    raw = F.conv2d(x * valid, layer.weight, layer.bias, *how)
    if layer.bias is None:
        return raw * ratio, update
    bias = layer.bias.view(1, -1, 1, 1)
    return ((raw - bias) * ratio + bias) * update, update


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "how",
    [
        {"kernel_size": 3, "padding": 1},
        {"kernel_size": 7, "stride": 2, "padding": 3},
        {"kernel_size": 3, "dilation": 2},
    ],
)
def test_parts_with_one_channel_masks_equal_the_published_layer_with_gradients(how: dict[str, Any], bias: bool):
    torch.manual_seed(0)
    layer = PartialConv2d(7, 4, bias=bias, **how).double()
    first, second = (torch.randn(2, c, 12, 10).double().requires_grad_() for c in (5, 2))
    masks = [(torch.rand(2, 1, 12, 10) < share).double() for share in (0.6, 0.3)]
    for mask in masks:
        mask[0, :, 2:, 2:] = 0
    expected, update = published(
        layer,
        torch.cat([first, second], 1),
        torch.cat([masks[0].expand(-1, 5, -1, -1), masks[1].expand(-1, 2, -1, -1)], 1),
    )
    answer = layer(Partial(first, masks[0]), Partial(second, masks[1]))
    assert not update.bool().all()  # there are dead windows
    assert torch.equal(answer.valid, update[:, :1])
    torch.testing.assert_close(answer.features, expected)
    inputs = [first, second, *layer.parameters()]
    gradient = torch.randn_like(expected)
    for mine, theirs in zip(
        torch.autograd.grad(answer.features, inputs, gradient),
        torch.autograd.grad(expected, inputs, gradient),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


def test_what_is_missing_neither_matters_nor_learns():
    layer = PartialConv2d(2, 3, 3, padding=1)
    x, valid = torch.randn(1, 2, 5, 5, requires_grad=True), holed()
    answer = layer(Partial(x, valid)).features
    other = layer(Partial(x + 9 * (1 - valid), valid)).features
    assert torch.equal(answer, other)
    answer.square().sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad[0, 0] != 0, valid[0, 0] > 0)


@torch.no_grad()
def test_masks_are_counted_exactly_under_half_precision():
    parts = Partial(torch.ones(1, 513, 4, 4), torch.ones(1, 1, 4, 4)), Partial(torch.ones(1, 2, 4, 4), holed(4))
    layer = ones(515, bias=False)
    with torch.autocast("cpu", torch.bfloat16):
        ratio, valid = layer.renormalisation(parts)
        answer = layer(*parts)
    torch.testing.assert_close(ratio, layer.renormalisation(parts)[0])
    assert valid.dtype == torch.float32
    torch.testing.assert_close(answer.features.float(), torch.full((1, 1, 4, 4), 4635.0), rtol=1e-2, atol=0)


def test_the_state_dict_is_that_of_a_convolution():
    assert list(PartialConv2d(2, 3, 3).state_dict()) == ["weight", "bias"]
