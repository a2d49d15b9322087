"""The residual U-Net: its size, its cost, its start as the identity, its names and its arithmetic."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, hole, image, summary
from torch import Tensor, nn

from inpaint.generators.residual_unet import build

FULL = {"widths": [24, 48, 96, 192, 384], "blocks": 1}


@pytest.mark.parametrize(
    ("options", "parameters", "entries"),
    [({}, 6_618_179, 80), ({**FULL, "middle": 1}, 5_206_035, 56), ({**FULL, "middle": 2}, 7_861_011, 60)],
)
def test_parameter_counts(options: dict[str, Any], parameters: int, entries: int):
    with torch.device("meta"):
        network = build(**options)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    assert len(network.state_dict()) == entries


def test_it_costs_20_billion_multiplications_at_256():
    counts: list[int] = []

    def count(layer: nn.Module, given: object, answer: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        counts.append(answer[0].numel() * layer.weight[0].numel())

    with torch.device("meta"):
        network = build()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                layer.register_forward_hook(count)
        network(torch.zeros(1, 3, 256, 256), torch.zeros(1, 1, 256, 256))
    assert len(counts) == 40
    assert sum(counts) == pytest.approx(20.26e9, rel=0.01)


@torch.no_grad()
def test_at_the_start_the_answer_is_the_input_to_the_last_bit():
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 32, 48)
    assert torch.equal(build()(picture, (picture[:, :1] < 0.5).float()).image, picture)


def test_names_are_those_that_stored_weights_have():
    with torch.device("meta"):
        names = build(widths=[4, 6], blocks=1, middle=1).state_dict().keys()
    layers = [
        "head",
        "encoders.0.0.first",
        "encoders.0.0.second",
        "downs.0",
        "middle.0.first",
        "middle.0.second",
        "ups.0.expand",
        "decoders.0.0.first",
        "decoders.0.0.second",
        "tail",
    ]
    assert list(names) == [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]


@torch.no_grad()
def test_checksum():
    """Made with this implementation when the bundled texture network was trained: a refactor moves no number."""
    network = build()
    fill(network)
    answer = network(image(3, 64, 64, unit_range=True), hole(64)).image
    assert summary(answer) == pytest.approx((-0.458656313, 12.0134638, -11.5413985, -6.90204091, 9.02641251), rel=1e-6)


@torch.no_grad()
def test_two_levels_are_these_operations():
    torch.manual_seed(0)
    network = build(widths=[4, 6], blocks=1, middle=1).double()
    for parameter in network.parameters():
        parameter.copy_(torch.randn_like(parameter) * 0.3)
    weights = network.state_dict()

    def conv(x: Tensor, name: str, **options: int) -> Tensor:
        return F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], **options)

    def block(x: Tensor, name: str) -> Tensor:
        return x + conv(F.relu(conv(x, f"{name}.first", padding=1)), f"{name}.second", padding=1)

    picture, mask = image(3, 8, 10, unit_range=True), hole(16)[..., :8, :10]
    skip = block(conv(torch.cat([picture, mask], 1), "head", padding=1), "encoders.0.0")
    low = block(conv(skip, "downs.0", stride=2), "middle.0")
    up = F.pixel_shuffle(conv(low, "ups.0.expand"), 2)
    expected = picture + conv(block(up + skip, "decoders.0.0"), "tail", padding=1)
    torch.testing.assert_close(network(picture, mask).image, expected)


@torch.no_grad()
def test_the_answer_is_the_same_for_any_crop_that_holds_what_it_sees():
    torch.manual_seed(0)
    network = build(widths=[4, 6], blocks=1, middle=1).double()
    nn.init.normal_(network.get_parameter("tail.weight"))
    picture, mask = torch.rand(1, 3, 64, 64).double(), torch.zeros(1, 1, 64, 64).double()
    whole = network(picture, mask).image[..., 24:40, 24:40]
    crop = network(picture[..., 8:56, 8:56], mask[..., 8:56, 8:56]).image[..., 16:32, 16:32]
    torch.testing.assert_close(whole, crop)


def test_the_mask_is_seen():
    torch.manual_seed(0)
    network = build(widths=[4, 6])
    nn.init.normal_(network.get_parameter("tail.weight"))
    picture, mask = torch.rand(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    assert not torch.equal(network(picture, mask).image, network(picture, 1 - mask).image)


def test_a_network_without_levels_is_refused():
    with pytest.raises(ValueError, match="at least one level"):
        build(widths=[])
