"""The region normalization network: count, wiring checksum of the authors' code, keys and conventions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, hole, image, summary
from torch import nn

from inpaint.generators.region_norm import RegionNormNetwork, RegionNormTrunk, build
from inpaint.layers.region_normalization import RegionNormB, RegionNormL
from tests.generators.contract import CONTRACT, Check


def trunk_of(network: nn.Module) -> RegionNormTrunk:
    assert isinstance(network, RegionNormNetwork)
    return network.trunk


def test_the_parameter_count_is_the_published_one():
    with torch.device("meta"):
        network = build()
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_596_591
    assert sum(isinstance(layer, RegionNormB) for layer in network.modules()) == 3
    assert sum(isinstance(layer, RegionNormL) for layer in network.modules()) == 18


@torch.no_grad()
def test_checksum():
    """Made with the authors' code, float64."""
    trunk = trunk_of(build())
    fill(trunk)
    mask = hole()
    answer = trunk(image(3, 256, 256, unit_range=True) * (1 - mask) + mask, mask)
    expected = (0.4310142, 0.2505531, 0.3103577, 0.1901781, 0.2201004)
    assert summary(answer) == pytest.approx(expected, rel=1e-6)


def test_keys_are_the_authors():
    with torch.device("meta"):
        keys = set(trunk_of(build(blocks=2)).state_dict())
    plain = ("weight", "bias")
    expected = {f"encoder_conv{number}.{kind}" for number in (1, 2, 3) for kind in plain}
    sides = [f"{side}_{what}" for side in ("foreground", "background") for what in ("gamma", "beta")]
    expected |= {f"encoder_in{number}.{side}" for number in (1, 2, 3) for side in sides}
    expected |= {f"middle.{block}.conv_block.{layer}.{kind}" for block in (0, 1) for layer in (1, 5) for kind in plain}
    expected |= {f"decoder.{layer}.{kind}" for layer in (0, 4, 9) for kind in plain}
    attention = ["conv1.weight", *(f"{what}_conv.{kind}" for what in ("gamma", "beta") for kind in plain)]
    places = [f"middle.{block}.conv_block.{layer}" for block in (0, 1) for layer in (2, 6)] + ["decoder.2", "decoder.6"]
    assert keys == expected | {f"{place}.sa.{name}" for place in places for name in attention}


@torch.no_grad()
def test_the_hole_is_shown_white():
    network = build(width=4, blocks=1).double().eval()
    picture, mask = torch.rand(1, 3, 16, 20).double(), (torch.rand(1, 1, 16, 20) < 0.4).double()
    expected = trunk_of(network)(picture.masked_fill(mask > 0.5, 1.0), mask)
    torch.testing.assert_close(network(picture, mask).image, expected)
    assert expected.min() >= 0
    assert expected.max() <= 1


@torch.no_grad()
def test_in_training_pictures_share_their_statistics_unless_asked_not_to():
    picture, mask = torch.rand(2, 3, 16, 16).double(), (torch.rand(2, 1, 16, 16) < 0.4).double()
    for statistics in ("batch", "picture"):
        torch.manual_seed(0)
        network = build(width=4, blocks=1, statistics=statistics).double().train()
        together, alone = network(picture, mask).image[:1], network(picture[:1], mask[:1]).image
        assert torch.allclose(together, alone) == (statistics == "picture")


def test_weights_start_at_a_tenth_of_he():
    torch.manual_seed(0)
    weights = dict(build(width=16, blocks=1).named_parameters())
    weight = weights["trunk.middle.0.conv_block.1.weight"]
    assert weight.std().item() == pytest.approx(0.1 * (2 / (64 * 9)) ** 0.5, rel=0.02)
    assert not weights["trunk.decoder.9.bias"].any()


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"shifts": "none"}, "choose everywhere or region"),
        ({"statistics": "none"}, "choose batch or picture"),
        ({"blocks": 0}, "must be at least 1"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], rule: str):
    with pytest.raises(ValueError, match=rule):
        build(**options)


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("region_norm", {"width": 4, "blocks": 1, "shifts": "region", "statistics": "picture"})
