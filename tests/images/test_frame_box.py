"""The box around what differs between frames."""

from __future__ import annotations

import numpy as np

from inpaint.images.frame_box import box_around_changes, box_around_pixels, pixels_in_box


def test_the_box_holds_all_that_differs_and_nothing_else():
    before = np.zeros((6, 8, 3), np.uint8)
    after = before.copy()
    after[2, 3, 1], after[4, 6, 0] = 9, 9
    box = box_around_changes(before, after)
    assert box == (3, 2, 4, 3)  # left, top, width, height
    assert pixels_in_box(box) == (slice(2, 5), slice(3, 7))


def test_without_a_difference_the_box_is_one_pixel():
    assert box_around_pixels(np.zeros((6, 8), bool)) == (0, 0, 1, 1)


def test_samples_of_another_kind_differ_everywhere():
    assert box_around_changes(np.zeros((6, 8, 3)), np.zeros((6, 8))) == (0, 0, 8, 6)
