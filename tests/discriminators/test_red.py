"""The region ensemble discriminator: count, sizes, its classifiers worked out by hand, and its spectral norm."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, hash_values, image, summary

from inpaint.discriminators.red import RegionEnsemble, build


def test_the_parameter_count_is_the_published_one():
    assert sum(parameter.numel() for parameter in build().parameters()) == 7_592_080


@torch.no_grad()
def test_256_pixels_become_16_logits():
    scores = build(width=2).eval()(torch.rand(1, 3, 256, 256), torch.zeros(1, 3, 256, 256), torch.zeros(1, 1, 256, 256))
    sizes = [tuple(feature.shape[1:]) for feature in scores.features]
    assert sizes == [(2, 128, 128), (4, 64, 64), (8, 32, 32), (8, 16, 16), (8, 8, 8), (16, 4, 4), (1, 4, 4)]
    assert scores.logits is scores.features[-1]


@torch.no_grad()
def test_checksum():
    """Reference: module.py and ops.py of Forty-lock/PEPSI at be4e487 in float64; it differs by less than 1e-11 of 128.

    Theirs starts from u = h(.., layer) of unit length and iterates once: both vectors here are what that leaves.
    """
    network = build()
    fill(network)
    for number, layer in enumerate(network.get_submodule("convolutions").children(), start=1):
        rows = layer.get_parameter("parametrizations.weight.original").flatten(1)
        right = F.normalize(hash_values(len(rows), number) @ rows, dim=0)
        layer.get_buffer("parametrizations.weight.0._v").copy_(right)
        layer.get_buffer("parametrizations.weight.0._u").copy_(F.normalize(rows @ right, dim=0))
    logits = network(
        image(3, 256, 256, unit_range=True), torch.zeros(1, 3, 256, 256), torch.zeros(1, 1, 256, 256)
    ).logits
    expected = (16.24587580, 128.4962918, 118.1558841, -140.5842274, 150.7264944)
    assert summary(logits) == pytest.approx(expected, rel=1e-8)


@torch.no_grad()
def test_every_region_has_its_own_classifier_whose_bias_counts_once_per_channel():
    torch.manual_seed(0)
    ensemble, x = RegionEnsemble(5), torch.randn(2, 5, 4, 4)
    ensemble.bias.normal_()
    answer = ensemble(x)
    for sample, row, column in [(0, 0, 0), (1, 2, 3), (0, 3, 1)]:
        vector = ensemble.weight[0, :, row, column]
        expected = x[sample, :, row, column] @ (vector / vector.norm()) + 5 * ensemble.bias[0, 0, row, column]
        torch.testing.assert_close(answer[sample, 0, row, column], expected)


@torch.no_grad()
def test_other_sizes_spread_the_classifiers():
    ensemble, x = RegionEnsemble(3), torch.randn(1, 3, 8, 8)
    weight = F.normalize(ensemble.weight, dim=1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(ensemble(x), (x * weight).sum(1, keepdim=True))


@torch.no_grad()
def test_convolutions_pad_as_tensorflow_does():
    network = build(width=2).eval()
    picture = torch.rand(1, 3, 256, 256)
    first = network.get_submodule("convolutions.0")
    padded = F.pad(2 * picture - 1, (1, 2, 1, 2))
    expected = F.leaky_relu(F.conv2d(padded, first.weight, first.bias, stride=2), 0.2)  # pyright: ignore
    torch.testing.assert_close(network(picture, picture, picture[:, :1]).features[0], expected)


@torch.no_grad()
def test_spectral_norm_makes_every_largest_singular_value_one():
    network = build(width=2).train()
    for _ in range(60):
        network(torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64))
    for layer in network.get_submodule("convolutions").children():
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)  # pyright: ignore


def test_every_parameter_learns():
    network = build(width=2, see_mask=True)
    network(
        torch.rand(1, 3, 256, 256), torch.zeros(1, 3, 256, 256), torch.ones(1, 1, 256, 256)
    ).logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_a_width_of_nothing_is_refused():
    with pytest.raises(ValueError, match="width is 0"):
        build(width=0)
