"""Margins: how far pictures are enlarged, and with what."""

from __future__ import annotations

import torch

from inpaint.layers.margin import with_margin


def test_sides_become_the_next_multiple_and_at_least_the_least():
    for size, expected in [((250, 255), (252, 256)), ((8, 3), (12, 12)), ((12, 13), (12, 16))]:
        assert with_margin(torch.zeros(1, 2, *size), multiple=4, least=12).shape[-2:] == expected


def test_the_last_row_and_column_are_repeated():
    picture = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    expected = torch.tensor([[1.0, 2, 2, 2], [3, 4, 4, 4], [3, 4, 4, 4], [3, 4, 4, 4]])
    assert torch.equal(with_margin(picture, multiple=4, least=4)[0, 0], expected)


def test_a_picture_that_fits_is_the_same_tensor():
    picture = torch.zeros(1, 3, 8, 12)
    assert with_margin(picture, multiple=4, least=8) is picture
