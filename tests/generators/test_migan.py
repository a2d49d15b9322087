"""MI-GAN: counts and checksums of the authors' code, its layers worked out by hand, other sizes."""

from __future__ import annotations

import pytest
import torch
from checksums import Summary, hole, image, summary
from migan_networks import LEARNING, RESTORING, filled_judge, filled_network
from torch import nn

from inpaint.discriminators import migan as judging
from inpaint.discriminators.migan import with_deviation
from inpaint.generators import migan
from inpaint.layers.unit_conv import SeparableUnitConv, UnitConv, blurred_down, blurred_up, unit_activation

# By scripts/parity/migan.py, of Picsart-AI-Research/MI-GAN ca4df2e.
RESTORED = Summary(
    -0.2592718678037518, 2.8964962781694754, -4.9187896906549256, 2.7627834453543074, -0.5442672648969058
)
LEARNED = Summary(
    0.3126255096628034, 0.6988708599175952, 0.6846562997669521, 0.41346281699778464, -0.012443775709920557
)
JUDGED = -0.01654008595791815


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameter_counts_are_the_authors():
    with torch.device("meta"):
        assert count(migan.build(tensors=1)) == 5_865_505  # theirs are 5,943,617 with 78,112 taps of smoothing
        assert count(migan.build(tensors=1, width=64, levels=7)) == 5_893_158
        assert count(migan.build()) == 52_686_881
        assert count(judging.build()) == 39_002_835


@pytest.mark.parametrize(("options", "expected"), [(RESTORING, RESTORED), (LEARNING, LEARNED)])
@torch.no_grad()
def test_checksums_are_those_of_the_authors_code(options: dict[str, int], expected: Summary):
    answer = filled_network(options)(image(3, 64, 64, unit_range=True), hole(64)).image * 2 - 1
    assert summary(answer) == pytest.approx(expected, rel=1e-9)


@torch.no_grad()
def test_the_discriminator_says_what_the_authors_says():
    picture = image(3, 64, 64, unit_range=True)
    assert filled_judge()(picture, picture, hole(64)).logits.item() == pytest.approx(JUDGED, rel=1e-9)


def test_filters_have_unit_length_however_many_tensors_they_are():
    torch.manual_seed(0)
    for tensors in (1, 9):
        weight = UnitConv(5, 7, kernel=3, tensors=tensors).weight()
        torch.testing.assert_close(weight.square().sum((1, 2, 3)), torch.ones(7))


def test_smoothing_keeps_a_constant_away_from_the_rim_and_halves_and_doubles():
    flat = torch.ones(1, 2, 8, 8)
    assert blurred_down(flat, 2).shape == (1, 2, 4, 4)
    torch.testing.assert_close(blurred_down(flat, 2)[..., 1:-1, 1:-1], torch.ones(1, 2, 2, 2))
    torch.testing.assert_close(blurred_up(flat, 2)[..., 1:-1, 1:-1], torch.ones(1, 2, 14, 14))
    assert unit_activation(torch.tensor([-10.0, 1e9]), gain=0.5).tolist() == pytest.approx([-(2**0.5), 128.0])


def test_noise_is_drawn_while_learning_and_fixed_and_repeated_afterwards():
    layer = SeparableUnitConv(2, 2, noise_side=4)
    features = torch.zeros(1, 2, 6, 10)
    assert not torch.equal(layer.noise(features), layer.noise(features))
    fixed = layer.eval().noise(features)
    assert torch.equal(fixed, layer.noise_const.repeat(2, 3)[:6, :10])


def test_scales_add_up_to_the_picture():
    network = migan.build(width=4, widest=8, levels=2, tensors=1).eval()
    answer = network(torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16))
    assert {name: it.shape[-1] for name, it in answer.extras.items()} == {"rgb_4": 4, "rgb_8": 8, "rgb_16": 16}
    total = answer.extras["rgb_4"]
    for side in (8, 16):
        total = blurred_up(total) + answer.extras[f"rgb_{side}"]
    torch.testing.assert_close(2 * answer.image - 1, total)


def test_what_lies_in_the_hole_is_not_seen():
    network = migan.build(width=4, widest=8, levels=2, tensors=1).eval()
    mask = hole(32).float()
    picture = torch.rand(1, 3, 32, 32)
    other = picture * (1 - mask) + torch.rand(1, 3, 32, 32) * mask
    assert torch.equal(network(picture, mask).image, network(other, mask).image)


@pytest.mark.parametrize(("batch", "group"), [(1, 1), (4, 4), (6, 3), (7, 1), (8, 4)])
def test_deviation_is_of_groups_that_divide_the_batch(batch: int, group: int):
    torch.manual_seed(0)
    x = torch.randn(batch, 3, 4, 4).double()
    added = with_deviation(x)[:, 3]
    for number in range(batch // group):
        members = x[number :: batch // group]
        expected = (members.var(0, correction=0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(added[number :: batch // group], expected.expand(group, 4, 4))


@pytest.mark.parametrize("build", [migan.build, judging.build])
@pytest.mark.parametrize("option", ["width", "widest", "levels", "tensors"])
def test_impossible_options_are_refused(build, option: str):
    with pytest.raises(ValueError, match=f"{option} is 0"):
        build(**{option: 0})


def test_a_picture_of_another_size_is_not_judged():
    with pytest.raises(ValueError, match="32x64 px: this discriminator judges 64 x 64"):
        judging.build(width=4, widest=4, levels=4, tensors=1)(*torch.rand(2, 1, 3, 32, 64), torch.ones(1, 1, 32, 64))
