"""The partial convolution U-Net: counts, wiring checksums, hole widths, conventions and the fine-tuning phase."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, hole, image, summary
from torch import Tensor, nn

from inpaint.generators.pconv import PICTURE_SCALES, PartialUNet, PConv, build
from inpaint.layers.partial_conv import Partial
from tests.generators.contract import CONTRACT, Check


def trunk_of(network: nn.Module) -> PartialUNet:
    assert isinstance(network, PConv)
    return network.trunk


@pytest.mark.parametrize(("levels", "parameters"), [(8, 32_859_732), (7, 25_779_796)])
def test_parameter_counts_are_the_published_ones(levels: int, parameters: int):
    with torch.device("meta"):
        network = build(levels=levels)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize(  # made with NVIDIA's layer in the wiring of the best-known PyTorch code, float64
    ("levels", "expected"),
    [
        (8, (-0.1185010, 0.3000063, -0.5508808, -0.3633626, -0.2536100)),
        (7, (0.06113412, 0.2307951, 0.07467494, -0.4854179, 0.09018813)),
    ],
)
@torch.no_grad()
def test_checksum(levels: int, expected: tuple[float, ...]):
    trunk = trunk_of(build(levels=levels))
    fill(trunk)
    assert summary(trunk(image(3, 256, 256), 1 - hole())) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("side", "width", "expected"),
    [
        (256, 128, [61, 29, 13, 5, 1, 0]),
        (256, 64, [29, 13, 5, 1, 0]),
        (512, 256, [125, 61, 29, 13, 5, 1, 0, 0]),
        (256, 200, [97, 47, 21, 9, 3, 1, 0]),
    ],
)
@torch.no_grad()
def test_the_encoder_shrinks_a_hole_to_nothing(side: int, width: int, expected: list[int]):
    start = (side - width) // 2
    valid = torch.ones(1, 1, side, side)
    valid[..., start : start + width, start : start + width] = 0
    x, widths = Partial(torch.zeros(1, 3, side, side), valid), []
    for encoder in trunk_of(build(width=1, levels=len(expected))).encoders:
        x = encoder(x)
        widths.append(int((x.valid < 0.5).any(dim=-2).sum()))
    assert widths == expected


@torch.no_grad()
def test_the_trunk_works_on_imagenets_statistics_and_what_is_known():
    network = build(levels=3, width=4).eval()
    picture, mask = torch.rand(1, 3, 16, 16), (torch.rand(1, 1, 16, 16) < 0.3).float()
    mean, deviation = (torch.tensor(it).view(3, 1, 1) for it in PICTURE_SCALES["imagenet"])
    expected = trunk_of(network)((picture - mean) / deviation, 1 - mask) * deviation + mean
    torch.testing.assert_close(network(picture, mask).image, expected)


@torch.no_grad()
def test_what_lies_in_the_hole_does_not_matter():
    network = build(levels=3, width=4).eval()
    picture, mask = torch.rand(1, 3, 16, 16), (torch.rand(1, 1, 16, 16) < 0.3).float()
    assert torch.equal(network(picture, mask).image, network(picture * (1 - mask), mask).image)
    assert not torch.equal(network(picture, mask).image, network(picture, torch.zeros_like(mask)).image)


def norms(network: nn.Module, part: str) -> list[nn.BatchNorm2d]:
    return [it for it in trunk_of(network).get_submodule(part).modules() if isinstance(it, nn.BatchNorm2d)]


@pytest.mark.parametrize("frozen", [False, True])
def test_fine_tuning_keeps_the_encoders_statistics_and_nothing_else(frozen: bool):
    network = build(levels=3, width=4, freeze_encoder_norm=frozen)
    nn.ModuleList([network]).train()  # as a recipe that holds it would
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.rand(2, 3, 16, 16), (torch.rand(2, 1, 16, 16) < 0.3).float())
    moved = {name for name, value in network.named_buffers() if not torch.equal(value, before[name])}
    assert any("decoders" in name for name in moved)
    assert any("encoders" in name for name in moved) != frozen
    assert all(norm.training != frozen for norm in norms(network, "encoders"))
    assert all(norm.training for norm in norms(network, "decoders"))
    assert len(norms(network, "encoders")) == len(norms(network, "decoders")) == 2
    network.eval()
    assert not any(norm.training for part in ("encoders", "decoders") for norm in norms(network, part))


def test_the_second_phase_takes_up_the_weights_of_the_first():
    first, second = build(levels=3, width=4), build(levels=3, width=4, freeze_encoder_norm=True)
    second.load_state_dict(first.state_dict())


def test_weights_start_by_the_fan_in():
    torch.manual_seed(0)
    weights = dict(build(width=16, levels=4).named_parameters())
    weight: Tensor = weights["trunk.encoders.3.convolution.weight"]
    assert weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.02)
    assert not weights["trunk.decoders.3.convolution.bias"].any()
    assert [name for name in weights if name.endswith("convolution.bias")] == ["trunk.decoders.3.convolution.bias"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"levels": 0}, "both must be at least 1"),
        ({"width": 0}, "both must be at least 1"),
        ({"scale": "bytes"}, "scale 'bytes' is unknown; choose imagenet or signed"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        build(**options)


@torch.no_grad()
def test_openmmlabs_network_works_in_minus_one_to_one_with_a_first_bias():
    with torch.device("meta"):
        network = build(levels=7, first_bias=True)
    assert sum(parameter.numel() for parameter in network.parameters()) == 25_779_860  # their count
    network = build(levels=3, width=2, scale="signed").eval()
    image, mask = torch.rand(1, 3, 16, 16), torch.zeros(1, 1, 16, 16)
    answer = trunk_of(network)(image * 2 - 1, 1 - mask)
    torch.testing.assert_close(network(image, mask).image, (answer + 1) / 2)


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("pconv", {"width": 4, "levels": 3, "freeze_encoder_norm": True})
