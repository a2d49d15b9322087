"""SRCNN, ESPCN and EDSR: counts, wiring, and where their answers lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from checksums import fill, image, summary
from torch import nn

from inpaint.generators import GENERATORS, edsr, espcn, srcnn
from inpaint.generators.edsr import MEAN, EdsrTrunk
from inpaint.generators.espcn import EspcnTrunk
from inpaint.generators.srcnn import SrcnnTrunk
from inpaint.layers.residual import ResidualBlock
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.sample import Prediction
from tests.generators.contract import CONTRACT, Check


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("block", "parameters"), [(2, 26_796), (4, 37_200), (8, 78_816), (16, 245_280)])
def test_espcn_has_the_parameters_of_its_table(block: int, parameters: int):
    assert count(espcn.build(block=block)) == parameters


@pytest.mark.parametrize(("block", "parameters"), [(2, 21_284), (3, 22_729), (4, 24_752), (8, 38_624)])
def test_espcn_of_one_channel_has_the_parameters_of_its_table(block: int, parameters: int):
    assert count(EspcnTrunk(1, (block, block), width=64)) == parameters


@pytest.mark.parametrize(("block", "parameters"), [(2, 1_369_859), (3, 1_554_499), (4, 1_517_571), (8, 1_665_283)])
def test_edsr_has_the_parameters_of_the_authors_code(block: int, parameters: int):
    with torch.device("meta"):
        assert count(edsr.build(block=block)) == parameters


def test_the_large_edsr_has_the_parameters_of_the_authors_code_and_scales_what_its_blocks_add():
    with torch.device("meta"):
        assert count(edsr.build(block=4, width=256, blocks=32, res_scale=0.1)) == 43_089_923
    torch.manual_seed(0)
    block = ResidualBlock(4, scale=0.1)
    x = torch.rand(1, 4, 8, 8)
    whole = ResidualBlock(4)
    whole.load_state_dict(block.state_dict())
    torch.testing.assert_close(block(x) - x, 0.1 * (whole(x) - x))


@pytest.mark.parametrize(
    ("channels", "middle", "parameters"), [(3, 1, 20_099), (3, 5, 69_251), (1, 1, 8_129), (1, 5, 57_281)]
)
def test_srcnn_has_the_parameters_of_its_table(channels: int, middle: int, parameters: int):
    assert count(SrcnnTrunk(channels, width=64, middle=middle)) == parameters


@torch.no_grad()
def test_checksum_of_espcn():
    """From the table of its layers, float64, 32 x 32 cells."""
    trunk = EspcnTrunk(3, (4, 4), width=64)
    fill(trunk)
    expected = (-0.03487084, 0.3710082, -0.4176592, -0.02695334, 0.07412926)
    assert summary(trunk(image(3, 32, 32, unit_range=True))) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_checksum_of_srcnn():
    """From the table of its layers, float64, 128 x 128."""
    trunk = SrcnnTrunk(3, width=64, middle=1)
    fill(trunk)
    expected = (0.1310802, 0.1425130, 0.1605462, 0.2907547, 0.3394244)
    assert summary(trunk(image(3, 128, 128, unit_range=True))) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_checksum_of_edsr():
    """Made with another implementation on [0, 1], float64, 32 x 32 cells."""
    trunk = EdsrTrunk((4, 4), width=64, blocks=16)
    fill(trunk)
    trunk.mean.copy_(torch.tensor(MEAN, dtype=torch.float64).reshape(1, 3, 1, 1))
    expected = (0.7505568, 6.937998, 3.135913, -3.744636, 2.001870)
    assert summary(trunk(image(3, 32, 32, unit_range=True))) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_edsr_without_its_last_convolution_answers_the_mean_colour():
    network = edsr.build(width=4, blocks=1, block=4)
    tail = network.get_submodule("trunk.tail")
    nn.init.zeros_(tail.weight)  # pyright: ignore[reportArgumentType]
    nn.init.zeros_(tail.bias)  # pyright: ignore[reportArgumentType]
    answer = network(torch.rand(1, 3, 9, 13), torch.ones(1, 1, 9, 13)).image
    assert torch.equal(answer, torch.tensor(MEAN)[None, :, None, None].expand(1, 3, 9, 13))


@pytest.mark.parametrize(
    ("block", "factors"),
    [(2, [(2, 2)]), (16, [(2, 2)] * 4), (3, [(3, 3)]), (6, [(6, 6)]), ([4, 8], [(4, 8)]), ([3, 2], [(3, 2)])],
)
def test_edsr_doubles_for_powers_of_two_and_takes_one_step_otherwise(
    block: int | Sequence[int], factors: list[tuple[int, int]]
):
    network = edsr.build(width=4, blocks=1, block=block)
    assert [layer.block for layer in list(network.get_submodule("trunk.up"))[1::2]] == factors  # pyright: ignore


@pytest.mark.parametrize(("name", "options"), [("espcn", {"width": 8}), ("edsr", {"width": 8, "blocks": 1})])
@pytest.mark.parametrize("block", [4, 5, [3, 6]], ids=str)
@torch.no_grad()
def test_the_answer_moves_with_the_picture(name: str, options: dict, block: int | list[int]):
    """Cutting pixels off the top and the left changes the phase and not the answer, away from the border."""
    torch.manual_seed(0)
    network = GENERATORS[name](block=block, **options).eval()
    for parameter in network.parameters():
        parameter += 0.05 * torch.randn_like(parameter)
    height, width = (block, block) if isinstance(block, int) else block
    shown = pixelate(torch.rand(1, 3, 16 * height, 16 * width), Grid((height, width), (0, 0)))
    cut = shown[..., 1:, 2:]
    whole, part = (network(it, torch.ones_like(it[:, :1])).image for it in (shown, cut))
    top, left = 6 * height, 6 * width  # the most that either network sees of its neighbours
    expected = whole[..., top:-top, left:-left]
    torch.testing.assert_close(part[..., top - 1 : -top, left - 2 : -left], expected)
    assert expected.std() > 0.01  # the answer is not a constant


@torch.no_grad()
def test_srcnn_takes_the_picture_as_it_is_shown():
    network = srcnn.build(width=8).eval()
    picture = torch.rand(1, 3, 11, 7)
    prediction = network(picture, torch.zeros(1, 1, 11, 7))
    assert isinstance(prediction, Prediction)
    assert torch.equal(prediction.image, network.get_submodule("trunk")(picture))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("espcn", {"width": 1}),
        ("espcn", {"block": 1}),
        ("edsr", {"width": 0}),
        ("edsr", {"blocks": 0}),
        ("edsr", {"block": [4, 1]}),
        ("srcnn", {"width": 1}),
        ("srcnn", {"middle": 3}),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict):
    with pytest.raises(ValueError, match=r"at least|choose"):
        GENERATORS[name](**options)


@pytest.mark.parametrize("check", CONTRACT)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("edsr", {"width": 4, "blocks": 1, "block": [2, 5]}),
        ("espcn", {"width": 8, "block": [3, 2]}),
        ("srcnn", {"width": 8, "middle": 5}),
    ],
)
def test_their_other_options_keep_the_contract(check: Check, name: str, options: dict[str, Any]):
    check(name, options)
