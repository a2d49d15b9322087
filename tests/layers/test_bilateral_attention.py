"""Bilateral attention and pyramid filling, by cases worked out by hand."""

from __future__ import annotations

import math

import torch

from inpaint.layers.bilateral_attention import (
    FILLING_SHARPNESS,
    BilateralAttention,
    averaged_by_nearness,
    filled_from,
    summed_by_likeness,
)


def test_neighbours_count_by_the_softmax_of_their_product_and_none_lies_beyond_the_border():
    x = torch.tensor([[[[1.0, 2.0, 0.0]]]], dtype=torch.float64)  # one row: each place has itself and its neighbours
    shares = [math.exp(1 * 1), math.exp(1 * 2)]
    first = (shares[0] * 1 + shares[1] * 2) / sum(shares)
    middle = [math.exp(2 * 1), math.exp(2 * 2), math.exp(0)]
    second = (middle[0] * 1 + middle[1] * 2 + middle[2] * 0) / sum(middle)
    expected = torch.tensor([[[[first, second, 1.0]]]], dtype=torch.float64)  # to the last all are alike: (2 + 0) / 2
    torch.testing.assert_close(summed_by_likeness(x), expected)


def test_nearness_is_a_gaussian_over_what_is_there():
    x = torch.zeros(1, 1, 1, 5, dtype=torch.float64)
    x[..., 2] = 1
    bell = [math.exp(-(d**2) / 2) for d in range(4)]
    at_centre = bell[0] / (bell[0] + 2 * bell[1] + 2 * bell[2])
    at_end = bell[2] / sum(bell[:4])  # places 0 to 3 are within three deviations
    answer = averaged_by_nearness(x, 1.0)[0, 0, 0]
    torch.testing.assert_close(answer[2].item(), at_centre)
    torch.testing.assert_close(answer[0].item(), at_end)


def test_both_keep_a_plain_map_and_are_joined():
    plain = torch.full((2, 3, 6, 7), 0.4)
    for change in (summed_by_likeness(plain), averaged_by_nearness(plain, 2.0)):
        torch.testing.assert_close(change, plain)
    layer = BilateralAttention(3)
    assert layer(plain).shape == plain.shape
    assert layer.join.weight.shape == (3, 6, 1, 1)


def test_a_hole_is_made_of_the_finer_features_of_the_known_place_that_is_like_it():
    deeper = torch.zeros(1, 2, 1, 3)
    deeper[0, :, 0, 0] = torch.tensor([1.0, 0.0])
    deeper[0, :, 0, 1] = torch.tensor([0.0, 1.0])
    deeper[0, :, 0, 2] = torch.tensor([0.0, 2.0])  # in the hole, filled already: like the second
    features = torch.arange(12.0).reshape(1, 1, 2, 6)
    hole = torch.zeros(1, 1, 2, 6)
    hole[..., 4:] = 1
    share = math.exp(FILLING_SHARPNESS) / (math.exp(FILLING_SHARPNESS) + 1)  # cosine 1 against 0
    expected = share * features[..., 2:4] + (1 - share) * features[..., 0:2]
    answer = filled_from(features, hole, deeper)
    torch.testing.assert_close(answer[..., 4:], expected)
    assert torch.equal(answer[..., :4], features[..., :4])


def test_a_place_with_one_unknown_pixel_is_not_taken_from_and_where_nothing_is_known_features_stay():
    deeper, features = torch.rand(1, 2, 1, 3), torch.rand(1, 1, 2, 6)
    hole = torch.zeros(1, 1, 2, 6)
    hole[..., 0, 0], hole[..., 4:] = 1, 1
    answer = filled_from(features, hole, deeper)
    torch.testing.assert_close(answer[..., 4:], features[..., 2:4])  # the only place that is known whole
    assert torch.equal(filled_from(features, torch.ones_like(hole), deeper), features)
