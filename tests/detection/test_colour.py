"""Marked pixels are found exactly, within a tolerance, and near misses are told."""

from __future__ import annotations

import numpy as np
import pytest

from inpaint.detection.colour import differences, near_misses, painted

GREEN = (0, 255, 0)


def picture(*pixels: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    return np.array([pixels], dtype=dtype)  # (1, N, C)


def test_without_tolerance_only_the_exact_colour_is_painted():
    colour = picture((0, 255, 0), (0, 254, 0), (1, 255, 0), (0, 255, 1), (255, 255, 255))
    assert painted(colour).tolist() == [[True, False, False, False, False]]


def test_tolerance_bounds_the_worst_channel():
    colour = picture((3, 252, 3), (0, 251, 0), (4, 255, 0), (0, 255, 4))
    assert painted(colour, tolerance=3).tolist() == [[True, False, False, False]]


def test_another_colour_can_mark():
    assert painted(picture((255, 0, 255), (0, 255, 0)), (255, 0, 255)).tolist() == [[True, False]]


def test_sixteen_bits_count_in_eight_bit_levels():
    colour = picture((0, 65535, 0), (257, 65535, 0), (258, 65535, 0), (0, 255, 0), dtype=np.uint16)
    assert painted(colour).tolist() == [[True, False, False, False]]
    assert painted(colour, tolerance=1).tolist() == [[True, True, False, False]]


def test_grey_pictures_have_no_green_but_can_have_white():
    grey = np.array([[[255], [128]]], dtype=np.uint8)
    assert not painted(grey).any()
    assert painted(grey, (255, 255, 255)).tolist() == [[True, False]]


def test_near_misses_count_what_the_suggested_tolerance_takes():
    colour = picture(*[(2, 253, 1)] * 30, *[(5, 255, 0)] * 9, (40, 220, 40), (90, 90, 90))
    near = near_misses(colour)
    assert near is not None
    assert near == (39, (2, 253, 1), 5)  # 39 of 40 near pixels are more than 90 %, 30 are not
    assert painted(colour, tolerance=near.tolerance).sum() == near.count
    assert painted(colour, tolerance=near.tolerance - 1).sum() < near.count


def test_near_misses_are_only_what_is_not_painted():
    colour = picture(*[(0, 255, 0)] * 30, *[(2, 255, 0)] * 20, *[(9, 250, 0)] * 4)
    assert near_misses(colour) == (24, (2, 255, 0), 9)
    assert near_misses(colour, tolerance=2) == (4, (9, 250, 0), 9)
    assert near_misses(colour, tolerance=9) is None


def test_near_misses_of_sixteen_bits_round_up_to_a_tolerance_that_works():
    colour = picture(*[(300, 65535, 0)] * 4, dtype=np.uint16)
    near = near_misses(colour)
    assert near is not None
    assert near.tolerance == 2
    assert painted(colour, tolerance=near.tolerance).all()
    assert near.colour == (1, 255, 0)


@pytest.mark.parametrize("colour", [picture((200, 200, 200)), np.zeros((4, 4, 1), np.uint8)])
def test_nothing_near_is_nothing(colour: np.ndarray):
    assert near_misses(colour) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_differences_are_the_worst_channel_of_the_plain_arithmetic(dtype: type, channels: int):
    colour = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 11, channels), dtype=dtype, endpoint=True)
    target = (10, 255, 130)
    wanted = np.array(target, np.int64) * (np.iinfo(dtype).max // 255)
    assert np.array_equal(differences(colour, target), abs(colour.astype(np.int64) - wanted).max(axis=2))
