"""DCGAN's discriminator: count, keys and checksum of the published network."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, image, summary

from inpaint.discriminators.dcgan import build


def test_the_parameter_count_and_the_keys_are_the_published_ones():
    network = build()
    assert sum(parameter.numel() for parameter in network.parameters()) == 2_765_568
    keys = {key.rsplit(".", 1)[0] for key in network.get_submodule("trunk").state_dict()}
    assert keys == {f"main.{index}" for index in (0, 2, 3, 5, 6, 8, 9, 11)}


@torch.no_grad()
def test_checksum():  # made with PyTorch's own example, float64; its answer is the sigmoid of ours
    trunk = build().get_submodule("trunk")
    fill(trunk)
    scores = trunk(image(3, 64, 64))
    assert scores.logits.shape == (1, 1, 1, 1)
    assert scores.logits.item() == pytest.approx(0.06256328542524517, rel=1e-10)
    assert scores.logits.sigmoid().item() == pytest.approx(0.5156357216232075, rel=1e-10)
    expected = (0.0745094722318666, 0.137359275678434, 0.147609608696002, -0.0704873658257, 0.0390468726694854)
    assert summary(scores.features[-2]) == pytest.approx(expected, rel=1e-9)


def test_pictures_are_shown_in_minus_one_to_one_and_every_stage_is_told():
    network = build(width=4).eval()
    picture, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    scores = network(picture, picture, mask)
    assert torch.equal(scores.logits, network.get_submodule("trunk")(2 * picture - 1).logits)
    sizes = [tuple(feature.shape[1:]) for feature in scores.features]
    assert sizes == [(4, 32, 32), (8, 16, 16), (16, 8, 8), (32, 4, 4), (1, 1, 1)]
    assert scores.features[-1] is scores.logits


def test_every_parameter_learns():
    network = build(width=4, see_mask=True)
    network(
        torch.rand(3, 3, 64, 64), torch.zeros(3, 3, 64, 64), torch.ones(3, 1, 64, 64)
    ).logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_weights_start_as_published():
    for name, parameter in build().named_parameters():
        if parameter.dim() == 4:
            assert parameter.std().item() == pytest.approx(0.02, rel=0.1)
        elif name.endswith("bias"):
            assert not parameter.any()
        else:
            assert parameter.mean().item() == pytest.approx(1, abs=0.01)


def test_another_size_or_no_width_is_refused():
    with pytest.raises(ValueError, match="32x64 px: this discriminator judges 64x64 px alone"):
        build(width=4)(torch.zeros(1, 3, 32, 64), torch.zeros(1, 3, 32, 64), torch.zeros(1, 1, 32, 64))
    with pytest.raises(ValueError, match="width is 0"):
        build(width=0)
