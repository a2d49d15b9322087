"""What is drawn over pictures, and the 8-bit colours that it is drawn on."""

from __future__ import annotations

import numpy as np
import torch

from inpaint.detection.damage import Damage
from inpaint.folder.overlay import COLOUR_OF, canvas_of, levels, overlay
from inpaint.images import Picture
from inpaint.restoring.repair import RepairWindow
from inpaint.tiling import Box


def test_sixteen_bits_become_eight_so_that_every_eight_bit_level_comes_back():
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    deep = Picture(eight.astype(np.uint16) * 257)
    assert np.array_equal(levels(deep), levels(Picture(eight)))
    assert np.array_equal(canvas_of(deep), eight.repeat(3, 2))
    assert not np.shares_memory(canvas_of(Picture(eight)), eight)


def test_a_damaged_place_is_tinted_and_outlined_and_nothing_else_changes():
    picture, mask = Picture(np.zeros((20, 30, 3), np.uint8)), torch.zeros(1, 10, 10)
    mask[:, 2:8, 2:8] = 1
    drawn = overlay(picture, [RepairWindow(Box(5, 5, 15, 15), 1, [Damage("hole", None, mask)])]).colour
    assert (drawn[7, 7:13] == COLOUR_OF["hole"]).all()
    assert (drawn[8:12, 8:12] == [int(level * np.float32(0.4)) for level in COLOUR_OF["hole"]]).all()
    drawn[7:13, 7:13] = 0
    assert not drawn.any()
