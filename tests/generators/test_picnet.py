"""PICNet: the authors' counts and answers, and that other noise gives another hole."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hash_values, hole, image, summary
from torch import nn

from inpaint.generators.picnet import PICNet, build
from inpaint.layers.short_long_attention import ShortLongAttention
from inpaint.layers.spectral_residual import SpectralBlock
from inpaint.sample import composite

EXPECTED = {
    "scale_1": (0.5045737758, 0.02667577094, 0.4619866803, 0.4977478561, 0.496071119),
    "scale_2": (0.5090789008, 0.03558801781, 0.4996654496, 0.483629613, 0.5690690455),
    "scale_8": (0.4629068646, 0.08183067719, 0.3951844548, 0.4897282631, 0.462077409),
}


def small(seed: int = 0) -> PICNet:
    torch.manual_seed(seed)
    network = build(width=4).eval()
    assert isinstance(network, PICNet)
    return network


def fill_by_rows(network: nn.Module) -> None:
    """Fill a network, and give every spectral norm hashed vectors of rows of the weight's first dimension."""
    fill(network)
    for name, parameter in network.named_parameters():
        if name.endswith(("gamma", "alpha")):
            parameter.data.fill_(0.3)
        elif name.endswith("parametrizations.weight.original"):
            rows, norm = parameter.data.flatten(1), network.get_submodule(name.removesuffix("original") + "0")
            left = nn.functional.normalize(hash_values(len(rows), 0), dim=0)
            norm.get_buffer("_u").copy_(left)
            norm.get_buffer("_v").copy_(nn.functional.normalize(left @ rows, dim=0))


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_counts_are_the_authors():
    network = build()
    assert isinstance(network, PICNet)
    assert count(network.encoder) == 3_604_224
    assert count(network.decoder) == 2_374_016


@torch.no_grad()
def test_checksum():
    """The authors' network.py with these weights and vectors, its power iteration off: it differs by 1e-14."""
    network = build(width=16)
    fill_by_rows(network)
    noise = hash_values(64 * 16, 7).reshape(1, 64, 4, 4)
    picture = image(3, 128, 128, unit_range=True)
    answer = network(picture, hole(128), noise=noise)
    for name, expected in EXPECTED.items():
        got = answer.image if name == "scale_1" else answer.extras[name]
        assert summary(got) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_other_noise_gives_another_hole_and_the_same_known_pixels():
    network, (picture, mask) = small(), (torch.rand(1, 3, 64, 64), hole(64).float())
    channels = network.inputs["noise"].channels
    drawn = [torch.randn(1, channels, 2, 2, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    first, same, other = (composite(network(picture, mask, noise=it).image, picture, mask) for it in drawn)
    assert torch.equal(first, same)
    known = (mask < 0.5).expand_as(picture)
    assert torch.equal(first[known], other[known])
    assert (first != other)[~known].float().mean() > 0.9
    likeliest = network(picture, mask).image
    assert torch.equal(likeliest, network(picture, mask, noise=torch.zeros(1, channels, 2, 2)).image)


@torch.no_grad()
def test_what_lies_in_the_hole_is_seen_by_the_posterior_alone():
    network, (picture, mask) = small(), (torch.rand(1, 3, 64, 64), hole(64).float())
    other = picture.where(mask < 0.5, torch.rand_like(picture))
    assert torch.equal(network(picture, mask).image, network(other, mask).image)
    prior, posterior = [], []
    for original in (picture, other):
        extras = network(picture, mask, original=original).extras
        prior.append(extras["prior_mean"])
        posterior.append(extras["posterior_mean"])
        assert (extras["prior_deviation"] > 0).all()
    assert torch.equal(*prior)
    assert not torch.equal(*posterior)


@torch.no_grad()
def test_attention_scores_sum_to_one_and_reach_the_answer_by_their_scales_alone():
    torch.manual_seed(0)
    attention = ShortLongAttention(8).eval()
    x, known, valid = torch.randn(2, 8, 4, 6), torch.randn(2, 8, 4, 6), torch.ones(2, 1, 4, 6)
    scores = attention.scores(x)
    assert scores.shape == (2, 24, 24)
    torch.testing.assert_close(scores.sum(dim=2), torch.ones(2, 24))
    block = attention.model
    assert isinstance(block, SpectralBlock)
    torch.testing.assert_close(attention(x, known, valid), block(torch.cat([x, known], dim=1)))
    attention.gamma.fill_(1.0)
    assert not torch.equal(attention(x, known, valid), block(torch.cat([x, known], dim=1)))


def test_an_impossible_width_is_refused():
    with pytest.raises(ValueError, match="width is 0"):
        build(width=0)
