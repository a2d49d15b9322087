"""A restored picture differs from its source under the mask only."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inpaint.images import Picture, eight_bits, from_array


def one_pixel(size: tuple[int, int], y: int, x: int) -> torch.Tensor:
    mask = torch.zeros(1, *size)
    mask[0, y, x] = 1
    return mask


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_only_samples_under_the_mask_change(kind: type):
    rng = np.random.default_rng(0)
    peak = np.iinfo(kind).max
    colour = rng.integers(0, peak + 1, (6, 7, 3), kind)
    picture = Picture(colour, rng.integers(0, peak + 1, (6, 7), kind))
    mask = (torch.rand(1, 6, 7, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    restored = picture.restored(torch.full((3, 6, 7), 0.25), mask)
    under = mask[0].numpy() == 1
    assert np.array_equal(restored.colour[~under], colour[~under])
    assert (restored.colour[under] == round(0.25 * peak)).all()
    assert restored.alpha is picture.alpha
    assert restored.colour.dtype == kind


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_picture_restored_with_its_own_tensor_is_itself(kind: type):
    values = np.arange(np.iinfo(kind).max + 1, dtype=kind)
    for colour in (values.reshape(16, -1, 1), np.stack([values, values[::-1], values], 1).reshape(16, -1, 3)):
        picture = Picture(colour)
        restored = picture.restored(picture.tensor(), torch.ones(1, *picture.size))
        assert np.array_equal(restored.colour, colour)


def test_a_grey_picture_takes_the_luma():
    image = torch.tensor([1.0, 0.5, 0.0])[:, None, None].expand(3, 2, 2)
    restored = Picture(np.zeros((2, 2, 1), np.uint8)).restored(image, one_pixel((2, 2), 0, 1))
    assert restored.colour[:, :, 0].tolist() == [[0, 151], [0, 0]]  # 255 * (0.299 + 0.587 / 2) = 151.1


def test_values_outside_the_range_are_clipped():
    image = torch.tensor([-1.0, 2.0, 0.5])[:, None, None].expand(3, 1, 1)
    restored = Picture(np.full((1, 1, 3), 9, np.uint8)).restored(image, torch.ones(1, 1, 1))
    assert restored.colour[0, 0].tolist() == [0, 255, 128]


def test_the_source_is_left_as_it_was():
    picture = Picture(np.zeros((2, 2, 3), np.uint8))
    picture.restored(torch.ones(3, 2, 2), torch.ones(1, 2, 2))
    assert not picture.colour.any()


def test_not_a_number_matters_only_under_the_mask():
    image = torch.zeros(3, 2, 2)
    image[1, 0, 0] = torch.nan
    picture = Picture(np.zeros((2, 2, 3), np.uint8))
    assert not picture.restored(image, one_pixel((2, 2), 1, 1)).colour.any()
    with pytest.raises(ValueError, match="not finite"):
        picture.restored(image, one_pixel((2, 2), 0, 0))


def test_other_shapes_are_refused():
    picture = Picture(np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(ValueError, match=r"the image has shape \(3, 3, 2\), but must be \(3, 2, 3\)"):
        picture.restored(torch.zeros(3, 3, 2), torch.zeros(1, 2, 3))
    with pytest.raises(ValueError, match=r"the mask has shape \(3, 2, 3\)"):
        picture.restored(torch.zeros(3, 2, 3), torch.zeros(3, 2, 3))


def test_a_tensor_becomes_a_picture():
    values = torch.arange(24, dtype=torch.uint8).reshape(3, 2, 4)
    picture = from_array(values)
    assert picture.size == (2, 4)
    assert picture.colour[1, 2].tolist() == [6, 14, 22]
    assert torch.equal(from_array(values.float() / 255).tensor(), picture.tensor())
    with pytest.raises(ValueError, match="must be"):
        from_array(torch.zeros(1, 2, 2))
    with pytest.raises(ValueError, match="uint8"):
        from_array(torch.zeros(3, 2, 2, dtype=torch.int64))


def test_sixteen_bits_become_the_nearest_of_eight():
    samples = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(eight_bits(samples), np.rint(samples / 257).astype(np.uint8))
    same = np.arange(256, dtype=np.uint8)
    assert eight_bits(same) is same
