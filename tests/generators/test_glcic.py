"""GLCIC: the count, the names and the answers of its best-known code, and what it sees of a hole."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from checksums import fill, hole, image, summary
from torch import nn

from inpaint.generators.glcic import GLCIC, build

MEAN = [0.3, 0.4, 0.5]
OTENIM = (0.5089957525, 0.009626575473, 0.5143785446, 0.4949849192, 0.5184712347)  # models.py, float64, no difference
PAPER = (0.5048517051, 0.007592008099, 0.5053168186, 0.4950613005, 0.5204305058)  # ours: what the paper orders


def trunk_of(network: nn.Module) -> nn.Module:
    assert isinstance(network, GLCIC)
    return network.trunk


def test_the_count_and_the_names_are_the_published_ones():
    with torch.device("meta"):
        trunk = trunk_of(build())
    assert sum(parameter.numel() for parameter in trunk.parameters()) == 6_072_131
    names = list(trunk.state_dict())
    assert len(names) == 114
    assert {"conv1.weight", "bn1.running_var", "deconv13.bias", "deconv15.weight", "conv17.bias"} <= set(names)


@pytest.mark.parametrize(
    ("options", "expected"), [({"norm": "after", "mean": MEAN, "centred": False}, OTENIM), ({}, PAPER)]
)
@torch.no_grad()
def test_checksum(options: dict[str, Any], expected: tuple[float, ...]):
    network = build(**options)
    fill(network)
    mean = torch.tensor(options.get("mean", [0.5] * 3), dtype=torch.float64).view(3, 1, 1)
    network.get_buffer("mean").copy_(mean)
    assert summary(network(image(3, 256, 256, unit_range=True), hole()).image) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("centred", [False, True])
@torch.no_grad()
def test_a_hole_is_given_the_mean_colour(centred: bool):
    network = build(width=4, mean=MEAN, centred=centred).eval()
    picture, mask = torch.rand(1, 3, 16, 24), (torch.rand(1, 1, 16, 24) < 0.3).float()
    colour = torch.tensor(MEAN).view(3, 1, 1)
    filled = picture.where(mask < 0.5, colour)
    seen = torch.cat([filled - colour if centred else filled, mask], dim=1)
    torch.testing.assert_close(network(picture, mask).image, trunk_of(network)(seen))
    assert torch.equal(network(filled, mask).image, network(picture * (1 - mask), mask).image)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 5}, "width is 5: it must be 2, 4, 6"),
        ({"width": 0}, "width is 0"),
        ({"norm": "none"}, "choose among before, after"),
        ({"mean": [0.1, 0.2]}, "a colour of three numbers"),
        ({"mean": [100, 20, 3]}, "a colour of three numbers from 0 to 1"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        build(**options)
