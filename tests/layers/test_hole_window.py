"""The window around a hole lies around it and inside the picture."""

from __future__ import annotations

import pytest
import torch

from inpaint.layers.hole_window import cropped


@pytest.mark.parametrize(
    ("rows", "columns", "top", "left"),
    [
        ((40, 140), (60, 164), 26, 48),  # a box of 128 at (26, 48), shrunk by 14 and 12 on each side
        ((0, 10), (250, 256), 0, 128),
        ((0, 0), (0, 0), 64, 64),
        ((10, 250), (0, 256), 66, 64),
    ],
)
def test_the_crop_lies_around_each_samples_hole(rows: tuple, columns: tuple, top: int, left: int):
    mask = torch.zeros(2, 1, 256, 256)
    mask[0, :, slice(*rows), slice(*columns)] = 1
    mask[1, :, 100:120, 100:120] = 1
    picture = torch.arange(2 * 3 * 256 * 256.0).reshape(2, 3, 256, 256)
    crops = cropped(picture, mask, 128)
    assert torch.equal(crops[0], picture[0, :, top : top + 128, left : left + 128])
    assert torch.equal(crops[1], picture[1, :, 46:174, 46:174])


def test_the_gradient_of_a_crop_lies_in_its_window():
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 10:14, 20:26] = 1
    picture = torch.zeros(1, 3, 32, 32, requires_grad=True)
    cropped(picture, mask, 16).sum().backward()
    expected = torch.zeros(1, 3, 32, 32)
    expected[..., 4:20, 15:31] = 1
    assert torch.equal(picture.grad, expected)  # pyright: ignore[reportArgumentType]
