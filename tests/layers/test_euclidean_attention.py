"""Euclidean attention against a literal transcription of the published formula, and its published properties."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.euclidean_attention import (
    EuclideanAttention,
    euclidean_scene,
    overlap,
    patch_distances,
    rebuild,
    scores,
    shrink_known,
)


def literal(features: Tensor, known: Tensor) -> Tensor:
    """Rebuild one picture (1, C, h, w) with one kernel per patch, as the authors' code does."""
    background = features * known
    height, width = features.shape[-2:]
    keys = torch.stack(  # (P, C, 3, 3)
        [background[0, :, y : y + 3, x : x + 3] for y in range(height - 2) for x in range(width - 2)]
    )
    products = F.conv2d(features, keys, padding=1)  # (1, P, h, w)
    ours = F.conv2d(features.square().sum(1, keepdim=True), torch.ones(1, 1, 3, 3).to(features), padding=1)
    distances = keys.square().sum((1, 2, 3)).reshape(1, -1, 1, 1) + ours - 2 * products
    mean, deviation = distances.mean(1, keepdim=True), distances.std(1, correction=0, keepdim=True)
    weights = torch.softmax(50 * -torch.tanh((distances - mean) / deviation), dim=1)
    return F.conv_transpose2d(weights, keys, padding=1) / 9


def scene(batch: int = 2, channels: int = 3, height: int = 8, width: int = 7) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(3)
    known = (torch.rand(batch, 1, height, width, generator=rng) > 0.3).double()
    return torch.randn(batch, channels, height, width, generator=rng).double(), known


@pytest.mark.parametrize("chunk", [1, 10, 1000])
def test_the_batched_form_equals_the_published_one(chunk: int):
    features, known = scene()
    expected = torch.cat([literal(features[i : i + 1], known[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(rebuild(features, known, chunk=chunk), expected, atol=1e-9, rtol=0)
    single = rebuild(features.float(), known.float(), chunk=chunk)
    torch.testing.assert_close(single.double(), expected, atol=1e-4, rtol=0)


def test_a_query_weighs_900_keys_of_32_features_to_a_sum_of_one():
    features = torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    weights = scores(patch_distances(euclidean_scene(features, torch.ones(1, 1, 32, 32)), 0, 32))
    assert weights.shape == (1, 32, 32, 30, 30)
    torch.testing.assert_close(weights.sum((3, 4)), torch.ones(1, 32, 32), atol=1e-6, rtol=0)


def test_known_features_stay_exactly_what_they_are():
    features, known = scene()
    filled = EuclideanAttention(3).double().filled(features, known)
    torch.testing.assert_close(filled * known, features * known, atol=0, rtol=0)
    assert not torch.equal(filled, features)


def test_patches_overlap_four_six_and_nine_times():
    assert overlap(torch.zeros(2, 5, 4, 4))[0, 0].tolist() == [[4, 6, 6, 4], [6, 9, 9, 6], [6, 9, 9, 6], [4, 6, 6, 4]]


@pytest.mark.parametrize("true_overlap", [False, True])
def test_constant_features_are_weakened_at_the_border_unless_the_true_overlap_counts(true_overlap: bool):
    features = torch.full((1, 2, 6, 6), 3.0)
    rebuilt = rebuild(features, torch.ones(1, 1, 6, 6), true_overlap=true_overlap)
    share = torch.ones(6, 6) if true_overlap else overlap(features)[0, 0] / 9
    torch.testing.assert_close(rebuilt[0, 1], 3 * share)


def test_features_without_contrast_give_numbers_and_gradients():
    features = torch.ones(1, 2, 6, 6, requires_grad=True)
    rebuilt = rebuild(features, torch.ones(1, 1, 6, 6))
    rebuilt.square().sum().backward()
    assert rebuilt.isfinite().all()
    assert features.grad is not None
    assert features.grad.isfinite().all()


@pytest.mark.parametrize(("rows", "survivors"), [(range(100, 104), 32), (range(97, 103), 32)])
def test_thin_bars_survive_the_minimum_and_not_the_nearest(rows: range, survivors: int):
    known = torch.ones(1, 1, 256, 256)
    known[..., rows, :] = 0
    assert (shrink_known(known, (32, 32)) == 0).sum() == 0
    assert (shrink_known(known, (32, 32), how="minimum") == 0).sum() == survivors


def test_half_precision_does_not_reach_the_scores():
    features, known = (tensor.float() for tensor in scene())
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(rebuild(features, known), rebuild(features, known).float())
        inside = rebuild(features, known)
    assert torch.equal(inside, rebuild(features, known))


def test_an_unknown_way_to_shrink_masks_is_refused():
    with pytest.raises(ValueError, match="choose nearest or minimum"):
        EuclideanAttention(4, masks="mean")
