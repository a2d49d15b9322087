"""The region-wise pair: counts, wiring checksums of the authors' layers, and what each network is shown."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hole, image, summary
from torch import nn

from inpaint.generators.region_wise import RegionWiseNetwork, build
from inpaint.layers.elu import Elu
from tests.generators.contract import CONTRACT, Check


def pair(**options: object) -> RegionWiseNetwork:
    network = build(**options)  # pyright: ignore[reportArgumentType]
    assert isinstance(network, RegionWiseNetwork)
    return network


def test_parameter_counts_are_the_published_ones():
    with torch.device("meta"):
        network = pair()
    assert sum(parameter.numel() for parameter in network.semantic.parameters()) == 2_830_083
    assert sum(parameter.numel() for parameter in network.perceiving.parameters()) == 1_875_971


@torch.no_grad()
def test_checksums():
    """Made with a build from the TensorFlow code's list of layers, float64."""
    network = pair()
    fill(network.semantic)
    fill(network.perceiving)
    picture, mask = image(3, 256, 256), hole()
    coarse = network.semantic(picture * (1 - mask), 1 - mask)
    expected = (-0.05491727, 0.1808104, -0.2763698, 0.009720026, -0.1736544)
    assert summary(coarse) == pytest.approx(expected, rel=1e-6)
    fine = network.perceiving(picture * (1 - mask) + coarse * mask, 1 - mask)
    expected = (-0.1441450, 0.2504115, -0.3204115, -0.08294254, -0.3410956)
    assert summary(fine) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("form", ["masked", "select"])
@torch.no_grad()
def test_each_network_is_shown_what_it_was_made_for(form: str):
    network = pair(width=4, form=form).double().eval()
    picture, mask = torch.rand(1, 3, 16, 20).double(), (torch.rand(1, 1, 16, 20) < 0.4).double()
    coarse = network.semantic((2 * picture - 1) * (1 - mask), 1 - mask)
    fine = network.perceiving((2 * picture - 1) * (1 - mask) + coarse * mask, 1 - mask)
    prediction = network(picture, mask)
    torch.testing.assert_close(prediction.extras["coarse"] * 2 - 1, coarse)
    torch.testing.assert_close(prediction.image * 2 - 1, fine)
    torch.testing.assert_close(network(picture * (1 - mask), mask).image, prediction.image)  # the hole is not read


@torch.no_grad()
def test_answers_are_clipped_to_the_range_of_pictures():
    network = pair(width=4)
    for parameter in network.parameters():
        parameter += 0.3
    prediction = network(torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16))
    for answer in (prediction.image, prediction.extras["coarse"]):
        assert answer.min() >= 0
        assert answer.max() == 1


def test_every_convolution_is_followed_by_elu_and_starts_as_tensorflow_does():
    network = pair()
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 12 + 6 + 12 + 5
    assert sum(isinstance(layer, Elu) for layer in network.modules()) == len(convolutions) - 3  # 3 in the forward
    bound = (6 / (9 * (128 + 128))) ** 0.5
    weight = network.semantic.encoder.get_parameter("inner.5.1.weight")
    assert 0.99 * bound < weight.abs().max().item() <= bound
    assert not any(layer.bias.any() for layer in convolutions if layer.bias is not None)


@pytest.mark.parametrize(
    ("options", "rule"), [({"form": "both"}, "choose masked or select"), ({"width": 1}, "at least 2")]
)
def test_impossible_options_are_refused(options: dict[str, object], rule: str):
    with pytest.raises(ValueError, match=rule):
        pair(**options)


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("region_wise", {"width": 4, "form": "select"})
