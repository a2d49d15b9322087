"""StructureFlow: the authors' counts, names and answers, and what each network is shown."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, fill_spectral, image, summary
from torch import Tensor, nn

from inpaint.generators.structure_flow import StructureFlow, build

STRUCTURE = (-0.2852232952, 0.5572725626, 0.1835789712, 0.02007237252, -0.9538494136)
FLOW = (0.1649958018, 0.6931386809, 1.520581756, -0.007272157196, 0.8843068854)
TEXTURE = (0.269082166, 0.8251035787, 0.6955511462, 0.9804230181, -0.8739301233)


def network_of(width: int) -> StructureFlow:
    torch.manual_seed(0)
    network = build(width=width).eval()
    assert isinstance(network, StructureFlow)
    return network


def fill_norms(network: nn.Module) -> None:
    """Fill a network, its norms' scales about 1."""
    fill(network)
    for name, parameter in network.named_parameters():
        if name.endswith("norm.weight"):
            parameter.data += 1


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_counts_are_the_authors():
    network = network_of(64)
    assert (count(network.structure), count(network.texture)) == (36_057_411, 56_473_475)
    assert (len(network.structure.state_dict()), len(network.texture.state_dict())) == (92, 137)


@torch.no_grad()
def test_checksums():
    """network.py of RenYurui/StructureFlow, its kernel in plain loops, equal weights: it differs by 6e-15."""
    network, shown = network_of(8).double(), image(7, 64, 64)
    fill_spectral(network.structure)
    fill_norms(network.texture)
    picture, flow = network.texture(shown)
    assert summary(network.structure(shown)) == pytest.approx(STRUCTURE, rel=1e-6)
    assert summary(flow) == pytest.approx(FLOW, rel=1e-6)
    assert summary(picture) == pytest.approx(TEXTURE, rel=1e-6)


@torch.no_grad()
def test_a_given_structure_takes_the_place_of_the_drawn_one():
    network = network_of(4)
    picture, mask = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    mask[..., 20:44, 10:40] = 1
    drawn = network(picture, mask)
    given = torch.rand(1, 3, 64, 64)
    assert network(picture, mask, structure=given).extras["structure"] is given
    assert not torch.equal(network(picture, mask, structure=given).image, drawn.image)
    again = network(picture, mask, structure=drawn.extras["structure"])
    assert torch.equal(again.image, drawn.image)
    assert drawn.extras["flow"].shape == (1, 2, 16, 16)


@torch.no_grad()
def test_what_lies_in_the_hole_is_not_seen():
    network = network_of(4)
    picture, mask = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    mask[..., 20:44, 10:40] = 1
    other: Tensor = picture.where(mask < 0.5, torch.rand_like(picture))
    assert torch.equal(network(picture, mask).image, network(other, mask).image)


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 5: it must be 2, 4, 6"):
        build(width=5)
