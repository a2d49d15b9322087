"""Marked pixels are found exactly, within a tolerance, and near misses are told."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inpaint.detection.colour import channel_differences, colour_distances, lab, near_misses, painted

GREEN = (0, 255, 0)


def picture(*pixels: tuple[int, ...], dtype: type = np.uint8) -> np.ndarray:
    return np.array([pixels], dtype=dtype)  # (1, N, C)


def test_without_tolerance_only_the_exact_colour_is_painted():
    colour = picture((0, 255, 0), (0, 254, 0), (1, 255, 0), (0, 255, 1), (255, 255, 255))
    assert painted(colour).tolist() == [[True, False, False, False, False]]


def test_lab_is_that_of_the_standard():
    colours = np.array([[255, 255, 255], [0, 0, 0], [0, 255, 0], [255, 0, 0]], np.float32)
    known = [[100, 0, 0], [0, 0, 0], [87.735, -86.183, 83.179], [53.241, 80.092, 67.203]]  # sRGB under D65
    np.testing.assert_allclose(lab(colours), known, atol=0.02)


def test_tolerance_is_a_distance_that_eyes_see():
    colour = picture((0, 255, 0), (2, 253, 1), (0, 250, 0), (30, 255, 0), (10, 245, 10), (255, 255, 0))
    np.testing.assert_allclose(
        colour_distances(colour, GREEN, 9)[0, :5], [0, 1.016, 2.360, 1.236, 5.378], atol=0.01
    )  # of the CIE formula of 1976
    alone = [painted(colour[:, [index]], tolerance=3).item() for index in range(6)]
    assert alone == [True, True, True, True, False, False]


def test_what_is_left_out_for_speed_is_far_away():
    colour = np.random.default_rng(0).integers(0, 256, (120, 500, 3), dtype=np.uint8)
    for target in (GREEN, (0, 0, 0), (255, 255, 255), (255, 0, 255), (20, 30, 90)):
        whole, part = colour_distances(colour, target, 200), colour_distances(colour, target, 12)
        assert np.array_equal(part[whole <= 12], whole[whole <= 12])


def test_a_tolerance_takes_the_soft_edge_of_a_brush_too():
    stroke = np.full((40, 40), 0, np.uint8)
    cv2.circle(stroke, (20, 20), 9, (255,), -1, cv2.LINE_AA)
    share = stroke[..., None] / 255
    colour = (np.array([120, 110, 130]) * (1 - share) + np.array(GREEN) * share).round().astype(np.uint8)
    assert not painted(colour)[(stroke > 140) & (stroke < 250)].any()
    soft = painted(colour, tolerance=2)
    assert soft[stroke > 140].all()
    assert not soft[stroke < 60].any()


def test_another_colour_can_mark():
    assert painted(picture((255, 0, 255), (0, 255, 0)), (255, 0, 255)).tolist() == [[True, False]]


def test_sixteen_bits_are_as_exact_as_eight():
    colour = picture((0, 65535, 0), (257, 65535, 0), (1, 65535, 0), (0, 255, 0), dtype=np.uint16)
    assert painted(colour).tolist() == [[True, False, False, False]]
    assert painted(colour, tolerance=1).tolist() == [[True, True, True, False]]


def test_grey_pictures_have_no_green_but_can_have_white():
    grey = np.array([[[255], [128]]], dtype=np.uint8)
    assert not painted(grey).any()
    assert painted(grey, (255, 255, 255)).tolist() == [[True, False]]


def test_near_misses_count_what_the_suggested_tolerance_takes():
    colour = picture(*[(2, 253, 1)] * 30, *[(10, 245, 10)] * 9, (30, 230, 30), (90, 90, 90))
    near = near_misses(colour)
    assert near is not None
    assert near == (39, (2, 253, 1), 6)  # 39 of 40 near pixels are more than 90 %, 30 are not
    assert painted(colour, tolerance=near.tolerance).sum() >= near.count
    assert painted(colour[:, 30:39], tolerance=near.tolerance).all()
    assert not painted(colour[:, 30:39], tolerance=near.tolerance - 1).any()


def test_near_misses_are_only_what_is_not_painted():
    colour = picture(*[(0, 255, 0)] * 30, *[(2, 253, 1)] * 20)
    assert near_misses(colour) == (20, (2, 253, 1), 2)
    assert near_misses(colour, tolerance=2) is None


def test_near_misses_of_sixteen_bits_round_up_to_a_tolerance_that_works():
    colour = picture(*[(600, 65000, 300)] * 4, dtype=np.uint16)
    near = near_misses(colour)
    assert near is not None
    assert near.tolerance == 2
    assert painted(colour, tolerance=near.tolerance).all()
    assert near.colour == (2, 253, 1)


@pytest.mark.parametrize("colour", [picture((200, 200, 200)), np.zeros((4, 4, 1), np.uint8)])
def test_nothing_near_is_nothing(colour: np.ndarray):
    assert near_misses(colour) is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_differences_are_the_worst_channel_of_the_plain_arithmetic(dtype: type, channels: int):
    colour = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 11, channels), dtype=dtype, endpoint=True)
    target = (10, 255, 130)
    wanted = np.array(target, np.int64) * (np.iinfo(dtype).max // 255)
    assert np.array_equal(channel_differences(colour, target), abs(colour.astype(np.int64) - wanted).max(axis=2))
