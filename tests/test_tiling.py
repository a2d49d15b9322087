"""Where to look: windows hold every mark with its context, and never overlap."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.randomness import integer, rng_for
from inpaint.tiling import LEAST_CONTEXT, Box, context_windows, crops_planned, square_around


def marked(height: int, width: int, *boxes: Box) -> Tensor:
    mask = torch.zeros(1, height, width, dtype=torch.bool)
    for box in boxes:
        box.of(mask).fill_(True)
    return mask


def test_a_mark_in_a_large_picture_has_one_small_window():
    (window,) = context_windows(marked(3000, 4000, Box(1000, 2000, 1300, 2300)), LEAST_CONTEXT)
    assert window.area < (300 + 4 * LEAST_CONTEXT + 128) ** 2
    assert (window.top, window.left) <= (1000 - LEAST_CONTEXT, 2000 - LEAST_CONTEXT)
    assert (window.bottom, window.right) >= (1300 + LEAST_CONTEXT, 2300 + LEAST_CONTEXT)


def test_a_large_mark_has_more_context():
    (window,) = context_windows(marked(4000, 4000, Box(1500, 1500, 2500, 2500)), LEAST_CONTEXT)
    assert window.top <= 1250
    assert window.right >= 2750


def test_marks_far_apart_have_windows_of_their_own_and_near_ones_share_one():
    far, near = Box(50, 1800, 60, 1810), Box(300, 300, 310, 310)
    assert len(context_windows(marked(2000, 2000, far, near), LEAST_CONTEXT)) == 2
    assert len(context_windows(marked(2000, 2000, near, Box(450, 300, 460, 310)), LEAST_CONTEXT)) == 1


def test_a_mark_in_the_box_of_another_shares_its_window():
    angle = Box(0, 0, 1500, 4), Box(0, 0, 4, 1500)
    assert len(context_windows(marked(2000, 2000, *angle, Box(1200, 1200, 1210, 1210)), LEAST_CONTEXT)) == 1


def test_an_empty_mask_has_no_window():
    assert context_windows(torch.zeros(1, 70, 90), LEAST_CONTEXT) == []


@pytest.mark.parametrize("number", range(40))
def test_windows_hold_every_mark_with_its_margin_and_never_overlap(number: int):
    rng = rng_for("windows", number)
    height, width, margin = integer(rng, 1, 1500), integer(rng, 1, 1500), integer(rng, 1, 200)
    mask = torch.zeros(1, height, width)
    for _ in range(integer(rng, 1, 12)):
        mask[0, integer(rng, 0, height - 1), integer(rng, 0, width - 1)] = 1
    count = np.zeros((height, width), int)
    for window in context_windows(mask, margin):
        count[window.slices] += 1
    assert count.max() == 1
    for y, x in mask[0].nonzero().tolist():
        around = count[max(0, y - margin) : y + margin + 1, max(0, x - margin) : x + margin + 1]
        assert around.all(), "the margin of a mark lies in windows"


def test_a_view_of_the_whole_picture_is_one_crop_of_all_of_it():
    mask = torch.zeros(1, 300, 500)
    mask[:, 10:20, 10:20] = mask[:, 250:260, 480:490] = 1
    ((region, box),) = crops_planned(mask, (1, 1), view="whole")
    assert box == Box(0, 0, 300, 500)
    assert region.own.sum() == mask.sum()


@pytest.mark.parametrize(
    ("box", "square"),
    [
        (Box(0, 0, 40, 100), Box(0, 0, 100, 100)),
        (Box(150, 390, 200, 490), Box(125, 390, 225, 490)),
        (Box(280, 10, 300, 60), Box(250, 10, 300, 60)),
        (Box(0, 0, 300, 500), Box(0, 0, 300, 500)),  # no taller than the picture
    ],
)
def test_a_square_lies_around_its_box_and_inside_the_picture(box: Box, square: Box):
    assert square_around(box, (300, 500)) == square


def test_a_square_view_is_planned_as_a_square():
    mask = torch.zeros(1, 600, 800)
    mask[:, 300:310, 300:500] = 1
    ((_, box),) = crops_planned(mask, (1, 1), view="square")
    assert box.bottom - box.top == box.right - box.left
