"""Region-wise convolution: both definitions by hand, and the mask's way of being resized."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaint.layers.region_wise_conv import RegionWiseConv, resized

PICTURE = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 1, 4)
VALID = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 4)


def two_filters(form: str, *, padding: str, enlarge: bool = False) -> RegionWiseConv:
    """Known places are summed over three, missing ones multiplied by ten."""
    layer = RegionWiseConv(1, 1, 1, form=form, padding=padding, enlarge=enlarge)
    filters = torch.zeros(2, 3, 3)
    filters[0, 1], filters[1, 1, 1] = 1, 10
    for name, parameter in layer.named_parameters():
        nn.init.zeros_(parameter)
        if name == "both.weight":
            parameter.data[0] = filters
        elif name.endswith("weight"):
            parameter.data[0, 0] = filters[0 if name.startswith("known") else 1]
    return layer


@pytest.mark.parametrize(
    ("form", "padding", "row"),
    [
        ("select", "zeros", [3, 6, 30, 40]),
        ("masked", "zeros", [3, 3, 32, 40]),
        ("select", "reflect", [5, 6, 30, 40]),
        ("masked", "reflect", [5, 3, 32, 40]),
    ],
)
@torch.no_grad()
def test_both_definitions_by_hand(form: str, padding: str, row: list[float]):
    assert two_filters(form, padding=padding)(PICTURE, PICTURE, VALID).flatten().tolist() == row


@torch.no_grad()
def test_the_masked_form_multiplies_before_it_enlarges():
    layer = two_filters("masked", padding="zeros", enlarge=True)
    # enlarged: known 1 1 2 2 0 0 0 0, missing 0 0 0 0 3 3 4 4
    expected = [2, 4, 5, 4, 32, 30, 40, 40]
    assert layer(PICTURE, PICTURE, VALID)[0, 0, 0].tolist() == expected


@torch.no_grad()
def test_the_select_form_selects_at_the_size_of_its_answer():
    layer = two_filters("select", padding="zeros", enlarge=True)
    valid = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]).expand(1, 1, 2, 8)
    # enlarged: 1 1 2 2 3 3 4 4
    assert layer(PICTURE, PICTURE, valid)[0, 0, 0].tolist() == [2, 4, 5, 20, 30, 30, 40, 40]


def test_masks_are_resized_with_aligned_corners():
    ramp = torch.arange(64.0).expand(1, 1, 64, 64)
    assert resized(ramp, (64, 32))[0, 0, 0].tolist() == [2 * k if k < 16 else 2 * k + 1 for k in range(32)]
    assert torch.equal(resized(ramp, (64, 64)), ramp)
    assert resized(ramp, (1, 1)).item() == 0
    assert resized(ramp[..., :2], (1, 4)).flatten().tolist() == [0, 0, 1, 1]


def test_biases_are_one_for_the_masked_form_and_one_per_filter_for_the_other():
    counts = {
        form: sum(it.numel() for it in RegionWiseConv(6, 4, 5, form=form).parameters()) for form in ("masked", "select")
    }
    assert counts == {"masked": 5 * (6 + 4) * 9 + 5, "select": 2 * (5 * 6 * 9 + 5)}


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="choose masked or select"):
        RegionWiseConv(1, 1, 1, form="both")
