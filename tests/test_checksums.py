"""The hash that fills networks is the published one."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, hash_values, hole, image, summary
from torch import nn


@pytest.mark.parametrize(
    ("stream", "values"),
    [(0, [0.4605703359, 0.4217022234, 0.7905805851, 0.6373877116]), (1000, [0.5299011618, -0.5555172935])],
)
def test_the_hash_gives_the_published_values(stream: int, values: list[float]):
    assert hash_values(len(values), stream).tolist() == pytest.approx(values, abs=1e-10)


def test_the_hash_equals_plain_integer_arithmetic():
    def by_hand(i: int, t: int) -> float:
        x = ((i + 1) * 2654435761 + (t + 1) * 40503) % 2**32
        x ^= x >> 16
        x = x * 2246822519 % 2**32
        x ^= x >> 13
        return x / 2**31 - 1

    assert hash_values(3000, 7).tolist() == [by_hand(i, 7) for i in range(3000)]


def test_parameters_are_scaled_by_their_kind():
    network = nn.Sequential(nn.Conv2d(3, 2, kernel_size=1), nn.BatchNorm2d(2))
    fill(network, gain=2.0)
    weight, bias, scale, shift = network.parameters()
    torch.testing.assert_close(weight.flatten(), 2 * hash_values(6, 0))  # fan 3: sqrt(3 / 3) = 1
    torch.testing.assert_close(bias, 0.05 * hash_values(2, 1))
    torch.testing.assert_close(scale, 1 + 0.1 * hash_values(2, 2))
    torch.testing.assert_close(shift, 0.05 * hash_values(2, 3))
    assert not network.training


def test_the_hole_lies_where_the_sheet_says():
    mask = hole()
    assert mask[0, 0, 64:192, 80:160].all()
    assert mask.sum() == 128 * 80


def test_summary_takes_its_samples_modulo_the_size():
    picture = image(1, 30, 30)
    assert summary(picture).sample_2 == picture[0, 0, 100 % 30, 120 % 30].item()
