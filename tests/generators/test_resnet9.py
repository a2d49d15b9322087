"""The generator of CycleGAN: parameter counts, names and wiring of the authors' code."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, image, summary

from inpaint.generators.resnet9 import build
from tests.generators.contract import CONTRACT, Check


@pytest.mark.parametrize(  # as the authors' code counts
    ("options", "parameters"),
    [({}, 11_378_179), ({"blocks": 6}, 7_837_699), ({"see_mask": True}, 11_378_179 + 64 * 49)],
)
def test_parameter_counts_are_the_published_ones(options: dict[str, Any], parameters: int):
    with torch.device("meta"):
        network = build(**options)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_names_are_the_authors():
    with torch.device("meta"):
        names = build().get_submodule("trunk").state_dict()
    plain = [f"model.{index}" for index in (1, 4, 7, 19, 22, 26)]
    blocks = [f"model.{index}.conv_block.{inner}" for index in range(10, 19) for inner in (1, 5)]
    assert set(names) == {f"{layer}.{kind}" for layer in plain + blocks for kind in ("weight", "bias")}


@torch.no_grad()
def test_checksum():
    """Made with the authors' implementation, float64, 128 x 128."""
    trunk = build().get_submodule("trunk")
    fill(trunk)
    expected = (0.3049612, 0.4574669, -0.1086852, 0.1483418, -0.3792718)
    assert summary(trunk(image(3, 128, 128))) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_the_trunk_works_from_minus_one_to_one():
    network = build(width=4, blocks=1).eval()
    picture = torch.rand(1, 3, 16, 12)
    answer = network(picture, torch.zeros(1, 1, 16, 12)).image
    torch.testing.assert_close(answer * 2 - 1, network.get_submodule("trunk")(picture * 2 - 1))


@pytest.mark.parametrize("see_mask", [False, True])
@torch.no_grad()
def test_the_mask_is_seen_only_where_asked(see_mask: bool):
    network = build(width=4, blocks=1, see_mask=see_mask).eval()
    picture, mask = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    mask[..., :5] = 1  # an even plane would vanish in the instance norm
    assert torch.equal(network(picture, mask).image, network(picture, 0 * mask).image) != see_mask


@torch.no_grad()
def test_any_size_comes_back():
    network = build(width=4, blocks=1).eval()
    for size in ((1, 9), (250, 7)):
        assert network(torch.rand(1, 3, *size), torch.zeros(1, 1, *size)).image.shape == (1, 3, *size)


@pytest.mark.parametrize("option", ["width", "blocks"])
def test_impossible_options_are_refused(option: str):
    with pytest.raises(ValueError, match="at least 1"):
        build(**{option: 0})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("resnet9", {"width": 4, "blocks": 2, "see_mask": True})
