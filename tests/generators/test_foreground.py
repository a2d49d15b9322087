"""Foreground-aware inpainting: a reading of a paper whose authors published no code."""

from __future__ import annotations

import math

import pytest
import torch
from checksums import fill, hole, image, summary

from inpaint.generators import foreground
from inpaint.generators.foreground import Foreground
from inpaint.layers.contours import salient_contours
from inpaint.losses.objectives import focal_error


def test_the_count_is_that_of_edge_connect_and_a_mask():
    with torch.device("meta"):
        network = foreground.build()
    assert sum(it.numel() for it in network.parameters()) == 10_761_089 + 10_774_595 + 64 * 7**2


@torch.no_grad()
def test_contours_beside_the_hole_are_those_of_the_picture_and_the_network_draws_within():
    network = foreground.build(width=4).eval()
    assert isinstance(network, Foreground)
    picture, mask = torch.full((1, 3, 64, 64), 0.9), torch.zeros(1, 1, 64, 64)
    picture[..., 16:48, 16:48] = 0.2
    mask[..., 24:40, 40:60] = 1
    _, complete = network.draw(picture * (1 - mask) + mask, mask)
    found = salient_contours(picture, mask)
    assert found.any()
    assert torch.equal(complete * (1 - mask), found * (1 - mask))
    assert (complete * mask).any()


def test_the_focal_error_hardly_counts_what_is_nearly_right():
    drawn, true = torch.tensor([[[[0.9, 0.2]]]]), torch.tensor([[[[1.0, 1.0]]]])
    expected = (-(0.1**2) * math.log(0.9) - 0.8**2 * math.log(0.2)) / 2
    torch.testing.assert_close(focal_error(drawn, true).item(), expected, rtol=1e-5, atol=0)
    assert focal_error(1 - drawn, 1 - true).item() == pytest.approx(expected, rel=1e-5)


@torch.no_grad()
def test_checksums():
    """Of this wiring, in float64; there is no other."""
    network = foreground.build(width=4)
    assert isinstance(network, Foreground)
    fill(network.painter, gain=1.5)
    edges = (image(1, 64, 64, unit_range=True) > 0.8).double()
    answer = network.restore_with_edges(image(3, 64, 64, unit_range=True), hole(64), edges).image
    expected = (0.574053472, 0.2876024265, 0.5559654191, 0.7560320793, 0.6163369148)
    assert summary(answer) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_the_painter_tells_a_white_hole_from_white_things():
    network = foreground.build(width=4).eval()
    assert isinstance(network, Foreground)
    picture, nothing = torch.ones(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    mask = nothing.clone()
    mask[..., 24:40, 24:40] = 1
    known, hidden = (network.restore_with_edges(picture, it, nothing).image for it in (nothing, mask))
    assert not torch.equal(known, hidden)
