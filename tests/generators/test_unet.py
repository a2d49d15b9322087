"""The two published U-Nets: parameter counts, wiring checksums of the original code, and their conventions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, image, summary
from torch import nn

from inpaint.generators.unet import build
from tests.generators.contract import CONTRACT, Check


def trunk_of(network: nn.Module) -> nn.Module:
    return network.get_submodule("trunk")


@pytest.mark.parametrize(  # as the published implementations count
    ("options", "parameters"),
    [
        ({}, 31_037_763),
        ({"bilinear": True}, 17_263_107),
        ({"shape": "pix2pix"}, 54_413_955),
        ({"shape": "pix2pix", "levels": 7}, 41_828_995),
        ({"see_mask": True}, 31_037_763 + 64 * 9),
        ({"attention": "sse"}, 31_037_763 + 2 * (64 + 128 + 256 + 512) + 1024 + 9),
        ({"attention": "se"}, 31_037_763 + 2 * (580 + 2_184 + 8_464 + 33_312) + 132_160),
        ({"dilated": True}, 31_037_763 + 4 * (9 * 1024 * 1024 + 2 * 1024)),
        ({"shape": "pix2pix", "see_mask": True}, 54_413_955 + 64 * 16),
    ],
)
def test_parameter_counts_are_the_published_ones(options: dict[str, Any], parameters: int):
    with torch.device("meta"):
        network = build(**options)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize(  # made with the published implementations, float64
    ("shape", "side", "expected"),
    [
        ("plain", 128, (0.09999254, 0.06876690, 0.09113309, 0.1517220, 0.1350852)),
        ("pix2pix", 256, (-0.01034224, 0.6329806, 0.5902617, 0.7841635, 0.9294501)),
    ],
)
@torch.no_grad()
def test_checksum(shape: str, side: int, expected: tuple[float, ...]):
    trunk = trunk_of(build(shape=shape))
    fill(trunk)
    assert summary(trunk(image(3, side, side))) == pytest.approx(expected, rel=1e-6)


def test_pix2pix_narrows_256_pixels_to_one():
    with torch.device("meta"):
        network = build(shape="pix2pix")
        sizes: list[tuple[int, ...]] = []
        for encoder in trunk_of(network).get_submodule("encoders").children():
            encoder.register_forward_hook(lambda *call: sizes.append(tuple(call[2].shape[1:])))
        network(torch.zeros(2, 3, 256, 256), torch.zeros(2, 1, 256, 256))
    assert [size[1] for size in sizes] == [128, 64, 32, 16, 8, 4, 2, 1]
    assert sizes[-1] == (512, 1, 1)
    assert [size[0] for size in sizes] == [64, 128, 256, 512, 512, 512, 512, 512]


@pytest.mark.parametrize(("levels", "dropping"), [(8, [1, 2, 3]), (7, [1, 2]), (6, [1]), (5, []), (1, [])])
def test_dropout_lies_in_the_inner_decoders_but_the_innermost(levels: int, dropping: list[int]):
    with torch.device("meta"):
        decoders = trunk_of(build(shape="pix2pix", levels=levels, dropout=0.3)).get_submodule("decoders")
    found = [
        number
        for number, decoder in enumerate(decoders.children())
        if [layer.p for layer in decoder.modules() if isinstance(layer, nn.Dropout)] == [0.3]
    ]
    assert found == dropping


def test_pix2pix_starts_with_deviation_002():
    torch.manual_seed(0)
    weights = dict(build(shape="pix2pix", width=32).named_parameters())
    assert weights["trunk.encoders.5.1.weight"].std().item() == pytest.approx(0.02, rel=0.02)
    assert weights["trunk.encoders.5.2.weight"].mean().item() == pytest.approx(1, abs=0.01)
    assert not weights["trunk.decoders.7.1.bias"].any()


@torch.no_grad()
def test_the_pix2pix_trunk_works_from_minus_one_to_one():
    network = build(shape="pix2pix", width=4, levels=3).eval()
    picture, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    answer = network(picture, mask).image
    torch.testing.assert_close(answer * 2 - 1, trunk_of(network)(picture * 2 - 1))
    assert answer.min() >= 0
    assert answer.max() <= 1


@torch.no_grad()
def test_the_plain_trunk_takes_the_image_as_it_is():
    network = build(width=4).eval()
    picture, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    assert torch.equal(network(picture, mask).image, trunk_of(network)(picture))
    residual = build(width=4, residual=True).eval()
    assert torch.equal(residual(picture, mask).image, picture + trunk_of(residual)(picture))


@torch.no_grad()
def test_half_open_scse_gates_that_are_added_change_nothing():
    plain = build(width=4).eval()
    with_gates = build(width=4, attention="scse", reduction=2).eval()
    missing, unexpected = with_gates.load_state_dict(plain.state_dict(), strict=False)
    assert len(missing) == 9 * 6  # after each of nine double convolutions: two layers and one, with biases
    assert not unexpected
    for name in missing:
        with_gates.get_parameter(name).zero_()
    picture, mask = torch.rand(1, 3, 16, 32), torch.ones(1, 1, 16, 32)
    torch.testing.assert_close(with_gates(picture, mask).image, plain(picture, mask).image)


@torch.no_grad()
def test_the_dilated_bottleneck_sees_61_features():
    network = build(width=1, dilated=True).double().eval()
    bottleneck = trunk_of(network).get_submodule("bottleneck")
    for parameter in bottleneck.parameters():
        parameter.abs_().add_(1e-3)
    spot = torch.zeros(1, 16, 81, 81).double()
    spot[..., 40, 40] = 1
    touched = (bottleneck(spot) - bottleneck(0 * spot)).abs().amax((0, 1)) > 0
    rows, columns = touched.any(1).nonzero(), touched.any(0).nonzero()
    assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == 61


@pytest.mark.parametrize("shape", ["plain", "pix2pix"])
@pytest.mark.parametrize("see_mask", [False, True])
@torch.no_grad()
def test_the_mask_is_seen_only_where_asked(shape: str, see_mask: bool):
    network = build(shape=shape, width=4, levels=4, see_mask=see_mask).eval()
    picture, mask = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    assert torch.equal(network(picture, mask).image, network(picture, 1 - mask).image) != see_mask


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"shape": "unet256"}, "choose plain or pix2pix"),
        ({"shape": "pix2pix", "residual": True}, "neither bilinear nor residual"),
        ({"shape": "pix2pix", "bilinear": True}, "neither bilinear nor residual"),
        ({"shape": "pix2pix", "levels": 0}, "at least one level"),
        ({"width": 0}, "a width of at least 1"),
        ({"shape": "pix2pix", "attention": "se"}, "no attention and no dilated bottleneck"),
        ({"shape": "pix2pix", "dilated": True}, "no attention and no dilated bottleneck"),
        ({"attention": "cbam"}, "attention 'cbam' is unknown"),
        ({"attention": "scse", "aggregation": "mean"}, "choose add or max"),
        ({"width": 8, "attention": "se"}, "reduction 16 must lie between 1 and the 8 channels"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], rule: str):
    with pytest.raises(ValueError, match=rule):
        build(**options)


@pytest.mark.parametrize("check", CONTRACT)
@pytest.mark.parametrize(
    "options",
    [
        {"width": 4, "bilinear": True, "see_mask": True, "residual": True},
        {"width": 8, "attention": "scse", "reduction": 1, "dilated": True},
        {"width": 4},
        {"shape": "pix2pix", "width": 4, "levels": 3, "see_mask": True},
    ],
)
def test_its_other_options_keep_the_contract(check: Check, options: dict[str, Any]):
    check("unet", options)
