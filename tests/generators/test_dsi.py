"""DSI: the authors' counts and layers, and that other noise gives another hole and nothing else."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hash_values, hole, image, summary

from inpaint.generators.dsi import DSI, build
from inpaint.sample import composite

COARSE_SUM = (0.4732057826, 0.0882287580, 0.4852946021, 0.3812604585, 0.5567477747)
REFINED_SUM = (0.4922580788, 0.1061900996, 0.5016680551, 0.5248586154, 0.6046690871)


def small() -> DSI:
    torch.manual_seed(0)
    network = build(width=4).eval()
    assert isinstance(network, DSI)
    return network


def test_the_counts_are_the_authors():
    network = build()
    assert isinstance(network, DSI)
    counts = {name: sum(it.numel() for it in part.parameters()) for name, part in network.trunk.named_children()}
    assert counts["coarse"] + counts["coarse_decoder"] == 1_449_027
    assert sum(counts.values()) == 1_449_027 + 2_154_915 == 3_603_942


@torch.no_grad()
def test_checksum():
    """The authors' model.py in TensorFlow with equal weights, by `scripts/parity/tensorflow_answers.py`."""
    network = build(released=True)
    fill(network)
    noise = hash_values(64 * 64, 7).reshape(1, 1, 64, 64)
    answer = network(image(3, 64, 64, unit_range=True), hole(64), noise=noise)
    assert summary(answer.extras["coarse"]) == pytest.approx(COARSE_SUM, rel=1e-8)
    assert summary(answer.image) == pytest.approx(REFINED_SUM, rel=1e-8)


@torch.no_grad()
def test_other_noise_gives_another_hole_and_the_same_known_pixels():
    network, picture, mask = small(), torch.rand(1, 3, 64, 64), hole(64).float()
    drawn = [torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    first, same, other = (composite(network(picture, mask, noise=it).image, picture, mask) for it in drawn)
    assert torch.equal(first, same)
    known = (mask < 0.5).expand_as(picture)
    assert torch.equal(first[known], other[known])
    assert (first != other)[~known].float().mean() > 0.9
    assert torch.equal(network(picture, mask).image, network(picture, mask, noise=torch.zeros_like(mask)).image)


@torch.no_grad()
def test_noise_beside_the_hole_and_what_lies_in_it_do_not_matter():
    network, picture, mask = small(), torch.rand(1, 3, 64, 64), hole(64).float()
    noise = torch.randn(1, 1, 64, 64)
    answer = network(picture, mask, noise=noise).image
    assert torch.equal(answer, network(picture * (1 - mask), mask, noise=noise * mask).image)


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="an even width"):
        build(width=5)
