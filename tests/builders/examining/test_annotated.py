"""Patches around annotations: centred, shifted inside, clamped, with the mask in the same geometry."""

from __future__ import annotations

import numpy as np
import pytest

from inpaint.builders.annotations import AnnotatedRegion
from inpaint.builders.annotations.region import box_region, polygon_region
from inpaint.builders.examining.annotated import cut_annotated

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (100, 140, 3), np.uint8)


def boxed(top: float, left: float, bottom: float, right: float, label: str = "bar") -> AnnotatedRegion:
    return box_region(label, top, left, bottom, right, "here")


def cut(*regions: AnnotatedRegion, picture: np.ndarray = PICTURE, size: int = 20, original_size: int = 40):
    return cut_annotated(picture, regions, size=size, original_size=original_size, name="a.jpg")


@pytest.mark.parametrize(
    ("region", "place"),
    [
        (boxed(40, 60, 60, 80), (30, 50)),  # centred
        (boxed(0, 0, 10, 10), (0, 0)),  # shifted inside, at every side
        (boxed(95, 135, 100, 140), (60, 100)),
        (boxed(20, 130, 80, 140), (30, 100)),  # taller than the square
    ],
)
def test_the_square_is_centred_on_the_region_and_shifted_inside(region: AnnotatedRegion, place: tuple[int, int]):
    (patch,) = cut(region)
    assert patch.box == (*place, 40, 40)
    assert patch.scale == 0.5
    y, x = place
    means = PICTURE[y : y + 40, x : x + 40].reshape(20, 2, 20, 2, 3).mean(axis=(1, 3))
    assert np.abs(patch.pixels - means).max() <= 0.5  # area averaging, rounded
    assert patch.pixels.dtype == np.uint8


def test_the_mask_has_the_geometry_of_the_patch():
    (patch,) = cut(boxed(40, 60, 60, 80))
    expected = np.zeros((20, 20), bool)
    expected[5:15, 5:15] = True
    np.testing.assert_array_equal(patch.mask, expected)


def test_a_pixel_belongs_to_the_mask_when_half_of_it_does():
    (patch,) = cut(boxed(0, 0, 2, 3))  # one pixel of the patch, and the left half of the next
    assert np.argwhere(patch.mask).tolist() == [[0, 0], [0, 1]]
    assert not cut(boxed(0, 0, 1, 1))  # a quarter


def test_a_square_larger_than_the_picture_is_its_short_side():
    (patch,) = cut(boxed(40, 60, 60, 80), original_size=512)
    assert patch.box == (0, 20, 100, 100)
    assert patch.scale == 0.2


def test_at_full_size_the_patch_is_cut_out_exactly():
    (patch,) = cut(boxed(40, 60, 60, 80), size=40)
    np.testing.assert_array_equal(patch.pixels, PICTURE[30:70, 50:90])
    assert patch.mask.sum() == 400


def test_all_regions_that_reach_into_a_patch_are_in_its_mask():
    first, second = cut(boxed(40, 60, 60, 80), boxed(55, 75, 65, 85, "face"))
    whole = np.zeros((100, 140))
    whole[40:60, 60:80] = whole[55:65, 75:85] = 1
    for patch in (first, second):
        y, x, *_ = patch.box
        shares = whole[y : y + 40, x : x + 40].reshape(20, 2, 20, 2).mean(axis=(1, 3))
        np.testing.assert_array_equal(patch.mask, shares >= 0.5)
        assert patch.labels == ("bar", "face")
    far = cut(boxed(40, 60, 60, 80), boxed(0, 0, 5, 5, "far"))
    assert [patch.labels for patch in far] == [("bar",), ("far",)]


def test_regions_of_the_same_square_give_it_once():
    patches = cut(boxed(40, 60, 60, 80), boxed(45, 65, 55, 75), boxed(0, 0, 4, 4), boxed(1, 1, 3, 9))
    assert [patch.box[:2] for patch in patches] == [(30, 50), (0, 0)]


def test_a_region_that_leaves_no_mask_gives_no_patch():
    assert not cut(polygon_region("", [((40.1, 60.1), (40.2, 60.4), (40.4, 60.1))], "here"))
    assert not cut(boxed(200, 200, 220, 220))


def test_what_would_be_enlarged_is_refused():
    with pytest.raises(
        ValueError, match=r"a\.jpg has 140x100 pixels and original_size is 512; both need at least 128 pixels"
    ):
        cut(boxed(40, 60, 60, 80), size=128, original_size=512)
    with pytest.raises(ValueError, match=r"original_size is 16; both need at least 20 pixels"):
        cut(boxed(40, 60, 60, 80), original_size=16)
