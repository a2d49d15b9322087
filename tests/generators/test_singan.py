"""SinGAN: the authors' counts and sizes; noise makes other pictures, and known pixels lead what is made beside them."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hole, image, summary

from inpaint.generators.singan import build, own_noise
from inpaint.layers.picture_pyramid import pyramid_sizes
from inpaint.layers.scale_net import ScaleNet


def test_the_counts_are_the_authors():
    with torch.device("meta"):
        generators = [sum(it.numel() for it in ScaleNet(width, 3).parameters()) for width in (32, 64, 128)]
        critics = [sum(it.numel() for it in ScaleNet(width, 1).parameters()) for width in (32, 64, 128)]
        whole = sum(it.numel() for it in build(scales=10).parameters())
    assert generators == [29_763, 114_819, 450_819]
    assert critics == [29_185, 113_665, 448_513]
    assert whole == 1_479_966


def test_the_sizes_are_the_authors():
    sizes = [25, 33, 42, 54, 70, 90, 117, 150, 194, 250]  # the authors round some of them by one
    assert pyramid_sizes((250, 250), 10, 25) == [(side, side) for side in sizes]
    assert pyramid_sizes((20, 40), 3, 25) == [(20, 40)] * 3
    assert pyramid_sizes((100, 50), 2, 25) == [(50, 25), (100, 50)]


@torch.no_grad()
def test_a_scale_sees_eleven_pixels_and_answers_ten_fewer():
    network = ScaleNet(4, 3).eval()
    assert network(torch.zeros(1, 3, 35, 40)).shape == (1, 3, 25, 30)


@torch.no_grad()
def test_checksum():
    """Of this wiring, whose scales are the authors' layers."""
    network = build(width=4, scales=4, least=16)
    fill(network, gain=1.2)
    expected = (0.4303348898, 0.1542310288, 0.3597873116, 0.2772404271, 0.5091470027)
    assert summary(network(image(3, 64, 64, unit_range=True), hole(64)).image) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_noise_counts_in_the_hole_alone_and_without_it_the_answer_is_the_same():
    network = build(width=4, scales=3, least=12).eval()
    network.get_buffer("strengths").fill_(0.5)
    picture, mask = torch.rand(1, 3, 40, 30), torch.zeros(1, 1, 40, 30)
    mask[..., 10:25, 8:20] = 1
    plain = network(picture, mask).image
    assert torch.equal(network(picture, mask).image, plain)
    noise = torch.randn(1, 1, 40, 30)
    assert torch.equal(network(picture, mask, noise=noise * (1 - mask)).image, plain)
    assert not torch.equal(network(picture, mask, noise=noise).image, plain)
    assert torch.equal(network(picture.where(mask < 0.5, 0.7), mask).image, plain)  # what is under the hole is not seen


def test_its_own_noise_is_that_of_its_size():
    like = torch.zeros(2, 3, 5, 6)
    assert torch.equal(own_noise(like), own_noise(like))
    assert torch.equal(own_noise(like)[:, 0], own_noise(like)[:, 2])
    assert not torch.equal(own_noise(like)[..., :5, :5], own_noise(like[..., :5, :5]))


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 4, scales is 0 and least is 25: all must be at least 1"):
        build(width=4, scales=0)
