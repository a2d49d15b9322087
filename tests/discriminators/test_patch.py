"""PatchGAN: parameter counts, keys, receptive field and the checksums of the authors' code."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, fill_spectral, image, summary
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from inpaint.discriminators import DISCRIMINATORS
from inpaint.discriminators.patch import PatchTrunk, build

SMALL: dict[str, dict[str, Any]] = {  # what 64 x 64 pixels need
    "local_global": {"size": 64, "crop": 16},
    "glcic": {"size": 64, "crop": 16},
    "picnet": {"layers": 4},
    "strip": {"size": (64, 64)},
    "migan": {"levels": 4},
}


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("in_channels", "layers", "norm", "parameters"),
    [
        (6, 1, "batch", 139_585),
        (6, 2, "batch", 666_433),
        (6, 3, "batch", 2_768_705),
        (6, 4, "batch", 6_964_033),
        (6, 5, "batch", 11_159_361),
        (6, 3, "instance", 2_767_809),
        (3, 3, "instance", 2_764_737),
        (6, 0, "batch", 9_024),
        (3, 0, "batch", 8_832),
    ],
)
def test_parameter_counts_are_the_authors(in_channels: int, layers: int, norm: str, parameters: int):
    assert count(PatchTrunk(in_channels, layers=layers, norm=norm)) == parameters


@pytest.mark.parametrize(("in_channels", "parameters"), [(3, 2_763_776), (2, 2_762_752)])
def test_parameter_counts_without_biases_are_those_of_edge_connect(in_channels: int, parameters: int):
    trunk = PatchTrunk(in_channels, norm="none", bias=False)
    assert count(trunk) == parameters
    assert all(parameter.dim() == 4 for parameter in trunk.parameters())
    options = {"norm": "none", "spectral": True, "bias": False, "signed": False}
    assert count(build(in_channels=in_channels, **options)) == parameters  # pyright: ignore[reportArgumentType]


def test_any_number_of_channels_may_be_judged_beside_the_mask():
    network = build(width=4, in_channels=2, see_mask=True)
    assert network(torch.rand(1, 2, 32, 32), torch.zeros(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)).logits.shape == (
        1,
        1,
        2,
        2,
    )
    assert network.get_parameter("trunk.model.0.weight").shape == (4, 3, 4, 4)


def test_without_bias_single_pixels_are_judged_without_one_too():
    assert all(parameter.dim() == 4 for parameter in PatchTrunk(3, layers=0, norm="none", bias=False).parameters())


def test_pictures_are_shown_as_they_are_where_asked():
    network = build(width=4, norm="none", spectral=True, bias=False, signed=False).eval()
    picture, mask = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    assert torch.equal(network(picture, picture, mask).logits, network.get_submodule("trunk")(picture).logits)


def test_keys_are_the_authors():
    keys = {key.rsplit(".", 1)[0] for key in PatchTrunk(3).state_dict()}
    assert keys == {f"model.{index}" for index in (0, 2, 5, 8, 11, 3, 6, 9)}


@pytest.mark.parametrize(  # made with the authors' code, float64, 256 x 256
    ("in_channels", "norm", "expected"),
    [
        (6, "batch", (-0.1305894, 0.1073235, -0.1400300, -0.2219166, 0.2104332)),
        (3, "instance", (-0.1742584, 0.6571810, -0.1047850, -0.1701565, 0.4618245)),
    ],
)
@torch.no_grad()
def test_checksum(in_channels: int, norm: str, expected: tuple[float, ...]):
    trunk = PatchTrunk(in_channels, norm=norm)
    fill(trunk)
    logits = trunk(image(in_channels, 256, 256)).logits
    assert logits.shape == (1, 1, 30, 30)
    assert summary(logits) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("in_channels", "expected"),
    [
        (2, (0.1475481041, 0.1150943894, 0.1556412095, 0.2412500610, 0.1482962958)),
        (3, (0.2452589657, 0.1024132441, 0.3106406230, 0.2353073920, 0.2453615188)),
    ],
)
@torch.no_grad()
def test_checksum_of_edge_connect(in_channels: int, expected: tuple[float, ...]):
    """Reference: src/networks.py of knazeri/edge-connect at 3142579, float64, equal weights, 64 x 64; no difference."""
    network = build(in_channels=in_channels, norm="none", spectral=True, bias=False, signed=False)
    fill_spectral(network)
    scores = network(image(in_channels, 64, 64, unit_range=True), torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64))
    assert summary(scores.logits) == pytest.approx(expected, rel=1e-8)
    assert [tuple(it.shape[1:]) for it in scores.features] == [
        (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 7, 7), (1, 6, 6)
    ]  # fmt: skip


@pytest.mark.parametrize(("layers", "side"), [(0, 1), (1, 16), (2, 34), (3, 70)])
def test_one_logit_sees_a_patch_of_the_known_size(layers: int, side: int):
    network = build(width=2, layers=layers, norm="none").double().eval()
    for parameter in network.parameters():
        parameter.data.abs_()
    picture = torch.full((1, 3, 160, 160), 0.75, dtype=torch.float64, requires_grad=True)
    logits = network(picture, torch.zeros(1, 3, 160, 160), torch.zeros(1, 1, 160, 160)).logits
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    assert picture.grad is not None
    rows = picture.grad[0, 0].abs().sum(dim=1).nonzero()
    assert rows.max() - rows.min() + 1 == side


@pytest.mark.parametrize("name", DISCRIMINATORS)
@pytest.mark.parametrize("see_mask", [False, True])
def test_the_mask_is_seen_only_where_asked(name: str, see_mask: bool):
    network = DISCRIMINATORS[name](width=4, see_mask=see_mask, **SMALL.get(name, {})).eval()
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(1, 1, 64, 64), torch.ones(1, 1, 64, 64)
    without, within = (network(picture, picture, mask).logits for mask in masks)
    assert torch.equal(without, within) != see_mask


def test_the_trunk_gets_the_range_from_minus_one_to_one():
    network = build(width=4).eval()
    zeros = torch.zeros(1, 3, 32, 32)
    black, mask = network(zeros, zeros, zeros[:, :1]).logits, zeros[:, :1]
    assert torch.equal(black, network.get_submodule("trunk")(zeros - 1).logits)
    assert torch.equal(network(zeros + 0.5, zeros + 0.5, mask).logits, network.get_submodule("trunk")(zeros).logits)


def test_features_are_every_stage_and_end_with_the_logits():
    scores = build(width=4)(torch.rand(2, 3, 64, 64), torch.zeros(2, 3, 64, 64), torch.zeros(2, 1, 64, 64))
    sizes = [tuple(feature.shape[1:]) for feature in scores.features]
    assert sizes == [(4, 32, 32), (8, 16, 16), (16, 8, 8), (32, 7, 7), (1, 6, 6)]
    assert scores.features[-1] is scores.logits


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("spectral", [False, True])
def test_every_parameter_learns(norm: str, spectral: bool):
    network = build(width=4, norm=norm, spectral=spectral, see_mask=True)
    scores = network(torch.rand(2, 3, 64, 64), torch.zeros(2, 3, 64, 64), torch.ones(2, 1, 64, 64))
    sum((feature.square().mean() for feature in scores.features), torch.zeros(())).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_weights_start_with_deviation_002_and_spectral_norm_keeps_the_originals():
    for spectral in (False, True):
        network = build(spectral=spectral)
        weights = [parameter for parameter in network.parameters() if parameter.dim() == 4]
        assert len(weights) == 5
        assert weights[2].std().item() == pytest.approx(0.02, rel=0.05)


def test_spectral_norm_makes_every_largest_singular_value_one():
    network = build(width=4, spectral=True)
    for _ in range(60):
        network(torch.zeros(2, 3, 32, 32), torch.zeros(2, 3, 32, 32), torch.zeros(2, 1, 32, 32))
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    for layer in convolutions:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


def test_spectral_norm_of_a_diagonal_divides_by_its_largest_entry():
    layer = nn.Conv2d(2, 2, kernel_size=1, bias=False)
    layer.weight.data = torch.diag(torch.tensor([3.0, 1.0])).reshape(2, 2, 1, 1)
    spectral_norm(layer)
    for _ in range(30):
        layer(torch.zeros(1, 2, 1, 1))
    expected = torch.diag(torch.tensor([1.0, 1 / 3])).reshape(2, 2, 1, 1)
    torch.testing.assert_close(layer.weight.detach(), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("option", "value"), [("norm", "layer"), ("layers", -1), ("width", 0), ("in_channels", 0)])
def test_impossible_options_are_refused(option: str, value: object):
    with pytest.raises(ValueError, match=option):
        build(**{option: value})  # pyright: ignore[reportArgumentType]


def test_the_start_of_region_normalization_draws_inner_layers_smaller():
    torch.manual_seed(0)
    network = build(norm="none", spectral=True, bias=False, signed=False, start="kaiming")
    weights = [it for name, it in network.named_parameters() if name.endswith("original")]
    deviations = [weight.std().item() for weight in weights]
    assert deviations == pytest.approx([0.0205, 0.0044, 0.0031, 0.0022, 0.0016], rel=0.05)
    with pytest.raises(ValueError, match="start is 'he': choose normal, kaiming, default"):
        build(start="he")
