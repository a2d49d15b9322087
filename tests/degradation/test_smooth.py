from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.degradation.smooth import smooth_fill
from inpaint.randomness import rng_for


def picture(*shape: int, key: int = 0) -> Tensor:
    return torch.rand(*shape, generator=rng_for(key))


def box(height: int, width: int, top: int, bottom: int, left: int, right: int) -> Tensor:
    mask = torch.zeros(1, 1, height, width)
    mask[..., top:bottom, left:right] = 1.0
    return mask


def waves(height: int, width: int) -> Tensor:
    """A smooth picture that is not harmonic: three phases of a slanted wave."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([0.5 + 0.4 * torch.sin(4 * x + 3 * y + phase) for phase in (0.0, 1.0, 2.0)])[None]


def membrane_by_solving(values: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    """Solve the Laplace equation densely: an unknown pixel is the mean of its neighbours inside the picture."""
    height, width = unknown.shape
    matrix, right = np.eye(height * width), np.where(unknown, 0.0, values).reshape(-1)
    for y, x in np.argwhere(unknown):
        around = [(y + dy, x + dx) for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0))]
        inside = [yy * width + xx for yy, xx in around if 0 <= yy < height and 0 <= xx < width]
        matrix[y * width + x, inside] = -1.0 / len(inside)
    return np.linalg.solve(matrix, right).reshape(height, width)


@pytest.mark.parametrize("size", [(16, 16), (37, 53), (1, 9), (128, 65)])
def test_known_pixels_come_back_bit_for_bit_at_any_size(size: tuple[int, int]):
    image, mask = picture(2, 3, *size), (picture(2, 1, *size, key=1) > 0.5).float()
    filled = smooth_fill(image, mask)
    known = (mask < 0.5).expand_as(image)
    assert filled.shape == image.shape
    assert torch.equal(filled[known], image[known])
    assert (filled != image)[~known].float().mean() > 0.9


def test_what_lay_in_the_hole_does_not_matter():
    image, mask = picture(1, 3, 40, 40), box(40, 40, 10, 30, 5, 25)
    assert torch.equal(smooth_fill(image, mask), smooth_fill(torch.where(mask > 0.5, torch.nan, image), mask))


@pytest.mark.parametrize("size", [(64, 64), (61, 97)])
def test_the_holes_of_other_pictures_in_the_batch_do_not_matter(size: tuple[int, int]):
    image = picture(3, 3, *size)
    places = [(30, 37, 41, 46), (0, 9, 3, 60), (size[0] - 12, size[0], 7, 30)]
    mask = torch.cat([box(*size, *place) for place in places])
    alone = [smooth_fill(image[number : number + 1], mask[number : number + 1]) for number in range(3)]
    assert torch.equal(smooth_fill(image, mask), torch.cat(alone))


def test_an_empty_mask_changes_nothing_and_a_full_one_gives_grey():
    image = picture(2, 3, 20, 31)
    assert torch.equal(smooth_fill(image, torch.zeros(2, 1, 20, 31)), image)
    mask = torch.stack([torch.ones(1, 20, 31), box(20, 31, 2, 9, 3, 8)[0]])
    filled = smooth_fill(image, mask)
    assert torch.equal(filled[0], torch.full((3, 20, 31), 0.5))
    torch.testing.assert_close(filled[1:], smooth_fill(image[1:], mask[1:]))


def test_constant_surroundings_give_the_constant():
    mask = box(50, 50, 10, 45, 0, 30)
    torch.testing.assert_close(smooth_fill(torch.full((1, 3, 50, 50), 0.3), mask), torch.full((1, 3, 50, 50), 0.3))


def test_a_linear_ramp_is_continued():
    y, x = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 64), indexing="ij")
    ramp = (0.7 * x + 0.3 * y).expand(1, 3, 64, 64)
    assert (smooth_fill(ramp, box(64, 64, 20, 45, 14, 47)) - ramp).abs().max() < 0.02


def test_no_value_leaves_the_range_of_the_known_pixels():
    image, mask = 0.2 + 0.5 * picture(4, 3, 45, 45).round(), (picture(4, 1, 45, 45, key=1) > 0.1).float()
    known = image.masked_fill(mask > 0.5, torch.nan)
    filled = smooth_fill(image, mask)
    for sample, channel in np.ndindex(4, 3):
        values = known[sample, channel][~known[sample, channel].isnan()]
        assert filled[sample, channel].min() >= values.min() - 1e-6
        assert filled[sample, channel].max() <= values.max() + 1e-6


@pytest.mark.parametrize("hole", [(3, 13, 4, 12), (0, 9, 5, 16), (5, 11, 0, 16), (7, 9, 2, 14)])
def test_the_fill_is_close_to_the_exact_membrane(hole: tuple[int, int, int, int]):
    mask, image = box(16, 16, *hole), waves(16, 16)
    filled = smooth_fill(image, mask)[0].numpy()
    exact = np.stack([membrane_by_solving(channel, mask[0, 0].numpy() > 0.5) for channel in image[0].double().numpy()])
    inside = np.broadcast_to(mask[0].numpy() > 0.5, exact.shape)
    assert np.abs(filled - exact)[inside].max() < 0.04
    assert np.sqrt(((filled - exact)[inside] ** 2).mean()) < 0.02


def test_the_fill_beats_black_and_the_mean_colour():
    image, mask = waves(64, 64), box(64, 64, 16, 48, 16, 48)
    mean = (image * (1 - mask)).sum((2, 3), keepdim=True) / (1 - mask).sum()
    error = (((smooth_fill(image, mask) - image) ** 2) * mask).sum()
    assert error < 0.2 * (((mean - image) ** 2) * mask).sum()
    assert error < 0.1 * ((image**2) * mask).sum()


@pytest.mark.parametrize("size", [(64, 64), (37, 53), (1, 9)])
def test_a_fill_that_is_computed_everywhere_is_the_same(size: tuple[int, int]):
    image = picture(3, 3, *size)
    mask = torch.stack([(picture(1, *size, key=1) > 0.7).float(), torch.zeros(1, *size), torch.ones(1, *size)])
    mask[0, :, size[0] // 4 : size[0] // 2, size[1] // 4 : size[1] // 2] = 1
    torch.testing.assert_close(smooth_fill(image, mask, everywhere=True), smooth_fill(image, mask), rtol=0, atol=1e-6)
    known = (mask < 0.5).expand_as(image)
    assert torch.equal(smooth_fill(image, mask, everywhere=True)[known], image[known])
