"""DeepFill's critics: SN-PatchGAN of v2, and the local and the global critic of v1."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, hole, image, summary
from torch import nn

from inpaint.discriminators import local_global, sn_patch


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameter_counts_are_the_authors():
    with torch.device("meta"):
        pair = local_global.build()
    assert count(sn_patch.build()) == 5_946_816
    assert count(pair.get_submodule("local")) == 4_339_329
    assert count(pair.get_submodule("whole")) == 2_733_441


@torch.no_grad()
def test_sn_patch_checksum():  # made with a PyTorch port of the authors' code, float64
    trunk = sn_patch.build(spectral=False).get_submodule("trunk")
    fill(trunk)
    logits = trunk(torch.cat([image(3, 256, 256), hole()], dim=1)).logits
    assert logits.shape == (1, 256, 4, 4)
    assert logits.numel() == 4096
    expected = (0.02266055, 0.05140750, -0.003479372, 0.07957987, -0.01817041)
    assert summary(logits) == pytest.approx(expected, rel=1e-6)


def test_spectral_norm_makes_every_largest_singular_value_one():
    network = sn_patch.build(width=4)
    for _ in range(60):
        network(torch.zeros(2, 3, 32, 32), torch.zeros(2, 3, 32, 32), torch.zeros(2, 1, 32, 32))
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 6
    for layer in convolutions:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    "network", [sn_patch.build(width=4), local_global.build(width=4, size=64, crop=32)], ids=["sn_patch", "pair"]
)
def test_every_parameter_learns_and_pictures_are_seen_from_minus_one_to_one(network: nn.Module):
    picture, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    scores = network(picture, picture, mask)
    scores.logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
    seen = []
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][:, :3]))
    network(torch.zeros_like(picture), torch.zeros_like(picture), mask)
    assert (seen[0] == -1).all()


def test_within_the_hole_nothing_around_it_is_seen():
    network = sn_patch.build(width=4, within=True)
    picture, mask = torch.full((1, 3, 64, 64), 0.75), torch.zeros(1, 1, 64, 64)
    mask[..., 10:30, 20:40] = 1
    seen = []
    network.get_submodule("trunk").register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    scores = network(picture, picture, mask)
    assert torch.equal(seen[0], torch.cat([0.5 * mask.expand(1, 3, 64, 64), 1 - mask], dim=1))
    assert scores.logits.shape == (1, 16, 1, 1)


def test_the_logits_are_local_and_global():
    network = local_global.build(width=4, size=64, crop=32)
    picture, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    mask[..., 4:30, 6:20] = 1
    scores = network(picture, picture, mask)
    assert scores.logits.shape == (2, 2, 1, 1)
    outside = picture.clone()
    outside[..., 50:, 50:] = 0
    other = network(outside, outside, mask).logits
    assert torch.equal(other[:, 0], scores.logits[:, 0])
    assert not torch.equal(other[:, 1], scores.logits[:, 1])


def test_the_pair_refuses_a_picture_of_another_size():
    network = local_global.build(width=4, size=64, crop=32)
    with pytest.raises(ValueError, match="32x64 px: this discriminator judges 64x64 px alone"):
        network(torch.zeros(1, 3, 32, 64), torch.zeros(1, 3, 32, 64), torch.zeros(1, 1, 32, 64))


@pytest.mark.parametrize("options", [{"size": 100}, {"crop": 40}, {"size": 64, "crop": 128}, {"width": 0}])
def test_impossible_sizes_are_refused(options: dict[str, Any]):
    with pytest.raises(ValueError, match=r"must divide by 16, and the crop fit|at least 1"):
        local_global.build(**options)


@pytest.mark.parametrize("options", [{"width": 0}, {"padding": "mirror"}])
def test_impossible_options_are_refused(options: dict[str, Any]):
    with pytest.raises(ValueError, match=r"at least 1|choose among"):
        sn_patch.build(**options)
