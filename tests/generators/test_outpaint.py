"""Outpainting: the author's counts, names and answers; what is not known is white."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hole, image, summary

from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators.outpaint import build


def test_the_counts_and_the_names_are_the_authors():
    with torch.device("meta"):
        network, judge = build(), DISCRIMINATORS["outpaint"]()
    assert sum(parameter.numel() for parameter in network.parameters()) == 40_466_915
    assert sum(parameter.numel() for parameter in judge.parameters()) == 1_555_585
    assert {"model.0.weight", "model.3.running_var", "model.14.bias", "model.30.bias"} <= set(network.state_dict())
    picture = torch.zeros(1, 3, 192, 192, device="meta")
    assert judge(picture, picture, picture[:, :1]).logits.shape == (1, 1, 24, 24)


@torch.no_grad()
def test_checksum():
    """outpainting.py of basilevh/image-outpainting at full width has no difference; this one is smaller."""
    network = build(width=16, code=100)
    fill(network, gain=1.5)
    expected = (0.003318610041, 0.03059604811, 0.04390888041, -0.002180382357, -0.06644150857)
    assert summary(network(image(3, 64, 64, unit_range=True), hole(64)).image) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_what_is_not_known_is_white():
    network = build(width=4, code=8).eval()
    picture, mask = torch.rand(1, 3, 64, 32), (torch.rand(1, 1, 64, 32) < 0.4).float()
    white = picture.where(mask < 0.5, 1.0)
    assert torch.equal(network(picture, mask).image, network(white, torch.zeros_like(mask)).image)


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 0 and code is 8: both must be at least 1"):
        build(width=0, code=8)
