"""FRRN: the authors' count, names and answers, and how its modules grow a hole shut."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, image, summary
from torch import Tensor, nn

from inpaint.generators.frrn import FRRN, FullResolutionNet, build
from inpaint.layers.partial_conv import Partial

EXPECTED = (0.4555133619, 0.4070245007, 0.1302431449, 0.9212215054, 0.2816465928)


def trunk_of(network: nn.Module) -> FullResolutionNet:
    assert isinstance(network, FRRN)
    return network.trunk


def holed(side: int, width: int) -> Tensor:
    mask, start = torch.zeros(1, 1, side, side), (side - width) // 2
    mask[..., start : start + width, start : start + width] = 1
    return mask


def test_the_count_and_the_names_are_the_authors():
    with torch.device("meta"):
        trunk = trunk_of(build())
    assert sum(parameter.numel() for parameter in trunk.parameters()) == 5_858_400
    assert sum(parameter.numel() for parameter in trunk.blocks[0].parameters()) == 366_150
    names = list(trunk.state_dict())
    assert len(names) == 288
    assert names[0] == "blocks.0.full_conv1.conv.weight"
    assert names[-1] == "blocks.15.branch_conv6.conv.bias"


@torch.no_grad()
def test_checksum():
    """networks.py of ZongyuGuo/Inpainting_FRRN, float64; relative differences below 4e-6, as its epsilon is another."""
    network = build(modules=3)
    fill(network, gain=0.7)
    mask = torch.zeros(1, 1, 128, 128, dtype=torch.float64)
    mask[..., 40:76, 30:75] = 1
    answer = network(image(3, 128, 128, unit_range=True), mask)
    assert summary(answer.image) == pytest.approx(EXPECTED, rel=1e-5)


@pytest.mark.parametrize(("width", "expected"), [(96, [84, 72, 60, 48, 36, 24, 12, 0]), (98, [86, 74, 62, 50, 38, 26])])
@torch.no_grad()
def test_each_module_fills_six_pixels_on_every_side(width: int, expected: list[int]):
    mask = holed(160, width)
    picture = torch.rand(1, 3, 160, 160) * (1 - mask)
    answers = trunk_of(build(width=1, modules=len(expected)))(Partial(picture, 1 - mask))
    assert [int((it.valid < 0.5).any(dim=-2).sum()) for it in answers] == expected


@torch.no_grad()
def test_a_hole_that_is_too_wide_is_gone_over_again_when_restoring_alone():
    network = build(width=2, modules=1)
    for parameter in network.parameters():
        parameter += 0.2  # so that what is filled is not black
    picture, mask = torch.rand(1, 3, 64, 64), holed(64, 30)
    middle = (..., slice(28, 36), slice(28, 36))
    assert not network.train()(picture, mask).image[middle].any()
    restored = network.eval()(picture, mask).image
    assert (restored[middle] != 0).all()
    known = (mask < 0.5).expand_as(picture)
    assert torch.equal(restored[known], picture[known])
    assert network(torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)).image.isfinite().all()  # nothing to grow from


@torch.no_grad()
def test_the_second_block_sees_what_the_first_one_filled():
    torch.manual_seed(0)
    (first, second), mask = trunk_of(build(width=2, modules=1)).blocks, holed(32, 8)
    picture = Partial(torch.rand(1, 3, 32, 32) * (1 - mask), 1 - mask)
    filled = first(picture, mask).features
    assert not torch.equal(
        second(Partial(filled, picture.valid), mask).features - filled, second(picture, mask).features
    )


@pytest.mark.parametrize("options", [{"width": 0}, {"modules": 0}])
def test_impossible_options_are_refused(options: dict[str, int]):
    with pytest.raises(ValueError, match="both must be at least 1"):
        build(**options)
