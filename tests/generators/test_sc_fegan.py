"""SC-FEGAN: the authors' count and layers, and what is drawn counts in the hole alone."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, hole, image, summary

from inpaint.generators.sc_fegan import GatedEnlargement, build, channel_norm


def test_the_count_is_the_authors():
    with torch.device("meta"):
        network = build()
    assert sum(parameter.numel() for parameter in network.parameters()) == 92_886_100
    assert len(network.state_dict()) == 4 * 18 + 3 * 7


def test_the_norm_over_channels_is_that_of_tensorflow():
    """tf.nn.lrn's bias, alpha and radius are torch's k, alpha times size and size."""
    x = torch.randn(2, 13, 3, 4, dtype=torch.float64)
    expected = F.local_response_norm(x, 11, alpha=11.0, beta=0.5, k=5e-5)
    torch.testing.assert_close(channel_norm(x), expected, rtol=1e-12, atol=0)


@torch.no_grad()
def test_checksum():
    """The authors' code at full width, in TensorFlow, differs by 2e-7 from the network as released; this is smaller."""
    network = build(width=4)
    fill(network, gain=1.5)
    drawn = {"sketch": hole(128) * (image(1, 128, 128) > 0.8), "colour": image(3, 128, 128, unit_range=True)}
    answer = network(image(3, 128, 128, unit_range=True), hole(128), **drawn, noise=image(1, 128, 128)).image
    expected = (0.5018593471, 0.1008940643, 0.5980833808, 0.4850457339, 0.5043205495)
    assert summary(answer) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_an_enlargement_lies_where_tensorflow_puts_it_and_the_release_gates_by_the_feature():
    x = torch.zeros(1, 1, 4, 4)
    x[..., 1, 2] = 1
    for released in (False, True):
        layer = GatedEnlargement(1, 1, released=released)
        layer.weight.copy_(torch.arange(25.0).reshape(1, 1, 5, 5) + 1)
        layer.gate_bias.fill_(-1000)
        answer = layer(x)
        assert answer.shape == (1, 1, 8, 8)
        assert answer.any() == released  # the gate is shut by its bias, which the release never reads
    rows = answer[0, 0].any(1).nonzero()[:, 0].tolist()
    columns = answer[0, 0].any(0).nonzero()[:, 0].tolist()
    assert (rows, columns) == ([1, 2, 3, 4, 5], [3, 4, 5, 6, 7])  # 2 y - 1 to 2 y + 3


@torch.no_grad()
def test_what_is_drawn_counts_in_the_hole_alone_and_nothing_is_the_default():
    network = build(width=4).eval()
    picture, mask = torch.rand(1, 3, 128, 128), hole(128).float()
    plain = network(picture, mask).image
    nothing = {"sketch": 0 * mask, "colour": 0 * picture, "noise": 0 * mask}
    assert torch.equal(network(picture, mask, **nothing).image, plain)
    for name, channels in (("sketch", 1), ("colour", 3), ("noise", 1)):
        drawn = torch.rand(1, channels, 128, 128)
        assert torch.equal(network(picture, mask, **{name: drawn * (1 - mask)}).image, plain)
        assert not torch.equal(network(picture, mask, **{name: drawn * mask}).image, plain)


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 0: this network needs a width of at least 1"):
        build(width=0)
