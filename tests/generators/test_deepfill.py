"""DeepFill v1 and v2: parameter counts, names, conventions, and the checksums of the authors' networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from checksums import fill, hole, image, summary
from published_step import settle_spectral_norm
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from inpaint.generators import contextual, gated
from inpaint.sample import composite

BUILDS: dict[str, Callable[..., nn.Module]] = {"contextual": contextual.build, "gated": gated.build}
SMALL: dict[str, dict[str, Any]] = {"contextual": {"width": 4}, "gated": {"width": 8}}
V2_TENSORFLOW = (-0.006775137, 0.1857979, 0.08053742, 0.2005328, -0.006213359)
V2_PYTORCH = (-0.007190156, 0.1843912, 0.05888341, 0.1761192, 0.1367103)
CHECKSUMS = [  # v2: the best-known PyTorch ports, fuse set; v1: built from the authors' list of layers
    ("gated", {}, V2_TENSORFLOW, (-0.05599380, 0.1580990, -0.1241107, -0.05166748, -0.2669791)),
    ("gated", {"fuse": False}, V2_TENSORFLOW, (-0.05218000, 0.1560835, -0.1241107, -0.02283203, -0.2669791)),
    ("gated", {"padding": "pytorch"}, V2_PYTORCH, (-0.05597526, 0.1570394, -0.2683688, 0.02843666, 0.2873191)),
    (
        "contextual",
        {},
        (-0.05604200, 0.08258414, -0.09689658, -0.07875265, -0.08406066),
        (-0.2176734, 0.1334935, -0.3143228, -0.4959218, -0.02769452),
    ),
]


def trunk_of(network: nn.Module) -> nn.Module:
    return network.get_submodule("trunk")


@pytest.mark.parametrize(
    ("name", "coarse", "refined"), [("contextual", 1_448_227, 2_153_315), ("gated", 1_631_151, 2_421_327)]
)
def test_parameter_counts_are_the_authors(name: str, coarse: int, refined: int):
    with torch.device("meta"):
        trunk = trunk_of(BUILDS[name]())
    first = sum(parameter.numel() for parameter in trunk.get_submodule("coarse").parameters())
    assert first == coarse
    assert sum(parameter.numel() for parameter in trunk.parameters()) == coarse + refined


@pytest.mark.parametrize(("name", "options", "coarse", "refined"), CHECKSUMS)
@torch.no_grad()
def test_checksum(name: str, options: dict[str, Any], coarse: tuple[float, ...], refined: tuple[float, ...]):
    trunk = trunk_of(BUILDS[name](**options))
    fill(trunk, gain=2.0 if name == "gated" else 1.0)
    answers = trunk(image(3, 256, 256), hole())
    for answer, expected in zip(answers, (coarse, refined), strict=True):
        assert summary(answer) == pytest.approx(expected, rel=1e-6)


# By scripts/parity/open_mmlab.py, of open-mmlab/mmagic 0a560bb: pictures of 80 px.
MMAGIC = {
    "contextual": (
        -0.26743545710651906,
        0.15609459931652211,
        -0.09135145583245782,
        -0.386885345662881,
        -0.10519033998228974,
    ),
    "gated": (
        0.0004881480419909969,
        0.025432441126054108,
        -0.035352078621078906,
        0.02096327343779392,
        0.01585565579743149,
    ),
}


@pytest.mark.parametrize(("name", "parameters"), [("contextual", 3_601_542), ("gated", 4_414_908)])
@torch.no_grad()
def test_checksums_of_open_mmlabs_networks(name: str, parameters: int):
    network = BUILDS[name](padding="mmagic")
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    fill(network)
    answer = network(image(3, 80, 80, unit_range=True), hole(80)).image * 2 - 1
    assert summary(answer) == pytest.approx(MMAGIC[name], rel=1e-9)


# By scripts/parity/plain_gated.py, of zhaoyuzhi/deepfillv2 84a13c0: pictures of 80 px, settled spectral norms.
PLAIN = {
    26_937_100: (
        0.020961498206036537,
        0.35568184631151545,
        -0.3765257337910419,
        -0.6242425695111086,
        0.2205430183967908,
    ),
    13_443_458: (
        0.5150407807639945,
        0.09737945021970706,
        0.6064451339675929,
        0.5671391228105636,
        0.47587261271392783,
    ),
}


@pytest.mark.parametrize("parameters", PLAIN)
@torch.no_grad()
def test_checksums_of_the_network_without_attention(parameters: int):
    grey = parameters == min(PLAIN)
    network = gated.build(width=128, attention=False, padding="mmagic" if grey else "pytorch", grey=grey)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    fill(network)
    for layer in network.modules():
        if is_parametrized(layer, "weight"):
            settle_spectral_norm(layer)
    picture = image(3, 80, 80, unit_range=True)
    answer = network(picture[:, :1].expand_as(picture) if grey else picture, hole(80)).image
    assert summary(answer[:, :1] if grey else answer) == pytest.approx(PLAIN[parameters], rel=1e-9)


def test_layers_bear_the_authors_names_in_their_order():
    with torch.device("meta"):
        weights = {
            key.split(".")[1]: tuple(weight.shape)
            for key, weight in trunk_of(gated.build()).state_dict().items()
            if key.endswith("weight")
        }
    assert len(weights) == 42  # 17, 10, 8 (there is no pmconv7 and no pmconv8) and 7
    names = list(weights)
    assert names[:2] == ["conv1", "conv2_downsample"]
    assert names[17] == "xconv1"
    assert names[27:33] == ["pmconv1", "pmconv2_downsample", "pmconv3", "pmconv4_downsample", "pmconv5", "pmconv6"]
    assert names[-1] == "allconv17"
    published = {
        "conv1": (48, 5, 5, 5),
        "conv4_downsample": (192, 48, 3, 3),
        "conv16": (24, 24, 3, 3),
        "conv17": (3, 12, 3, 3),
        "xconv1": (48, 3, 5, 5),
        "allconv11": (192, 192, 3, 3),
    }
    assert {name: weights[name] for name in published} == published


@pytest.mark.parametrize("name", BUILDS)
@torch.no_grad()
def test_answers_and_coarse_answers_lie_from_0_to_1_and_come_from_the_signed_trunk(name: str):
    torch.manual_seed(0)
    network = BUILDS[name](**SMALL[name]).eval()
    picture, mask = torch.rand(2, 3, 32, 40), (torch.rand(2, 1, 32, 40) < 0.1).float()
    prediction = network(picture, mask)
    coarse, refined = trunk_of(network)(picture * 2 - 1, mask)
    for answer, signed in ((prediction.image, refined), (prediction.extras["coarse"], coarse)):
        torch.testing.assert_close(answer * 2 - 1, signed)
        assert answer.min() >= 0
        assert answer.max() <= 1
    assert set(prediction.extras) == {"coarse"}


@pytest.mark.parametrize("name", BUILDS)
@torch.no_grad()
def test_what_lies_in_the_hole_is_not_seen_and_known_pixels_stay(name: str):
    network = BUILDS[name](**SMALL[name]).eval()
    picture, mask = torch.rand(1, 3, 32, 32), torch.zeros(1, 1, 32, 32)
    mask[..., 8:20, 8:20] = 1
    answer = network(picture, mask).image
    assert torch.equal(network(picture.where(mask < 0.5, torch.rand_like(picture)), mask).image, answer)
    known = mask.expand_as(picture) < 0.5
    assert torch.equal(composite(answer, picture, mask)[known], picture[known])


@pytest.mark.parametrize("name", BUILDS)
@torch.no_grad()
def test_every_picture_attends_under_its_own_mask(name: str):
    network = BUILDS[name](**SMALL[name]).eval()
    pictures, masks = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    masks[0, :, :24, :24] = 1
    masks[1, :, 30:60, 10:50] = 1
    both = network(pictures, masks).image
    for place in range(2):
        alone = network(pictures[place : place + 1], masks[place : place + 1]).image
        torch.testing.assert_close(both[place : place + 1], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("reduction", ["nearest", "any"])
@pytest.mark.parametrize("padding", ["tensorflow", "pytorch", "mmagic"])
@pytest.mark.parametrize("name", BUILDS)
def test_every_option_learns(name: str, padding: str, reduction: str):
    torch.manual_seed(0)
    network = BUILDS[name](**SMALL[name], padding=padding, reduction=reduction, fuse=False)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 20:40, 20:40] = 1  # random pixels would leave attention nothing known
    prediction = network(torch.rand(1, 3, 64, 64), mask)
    (prediction.image.sum() + prediction.extras["coarse"].square().sum()).backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.any(), key


@torch.no_grad()
def test_the_reduction_of_the_mask_reaches_attention():
    torch.manual_seed(0)
    networks = [gated.build(width=8, reduction=reduction).eval() for reduction in ("nearest", "any")]
    networks[1].load_state_dict(networks[0].state_dict())
    picture, mask = torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    mask[..., 33:35, :] = 1
    assert not torch.equal(*(network(picture, mask).image for network in networks))


@pytest.mark.parametrize(
    ("name", "options", "rule"),
    [
        ("gated", {"width": 6}, "needs a width of 4, 8, 12"),
        ("gated", {"width": 0}, "needs a width of 4, 8, 12"),
        ("gated", {"grey": True}, "set attention to false"),
        ("gated", {"attention": False, "padding": "same"}, "choose among tensorflow, pytorch"),
        ("contextual", {"width": 5}, "an even width"),
        ("gated", {"padding": "same"}, "choose among tensorflow, pytorch"),
        ("contextual", {"reduction": "max"}, "choose among nearest, any"),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict[str, Any], rule: str):
    with pytest.raises(ValueError, match=rule):
        BUILDS[name](**options)
