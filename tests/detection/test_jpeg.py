"""Blocks of JPEG are found by the columns that they begin at."""

from __future__ import annotations

import numpy as np

from inpaint.detection.jpeg import JPEG_BLOCK, first_block_column, jpeg_blocks_show


def test_blocks_begin_where_every_eighth_column_steps_most():
    steps = np.ones((10, 64), np.float32)
    steps[:, 3::JPEG_BLOCK] = 2
    assert first_block_column(steps) == 3


def test_no_column_stands_out_in_even_steps_nor_in_too_few():
    assert first_block_column(np.ones((10, 64), np.float32)) is None
    assert first_block_column(np.ones((10, 20), np.float32)) is None


def test_blocks_show_where_most_lines_of_both_axes_stand_out():
    across, down = np.ones((64, 64), np.float32), np.ones((64, 64), np.float32)
    across[:, 3::JPEG_BLOCK], down[5::JPEG_BLOCK] = 2, 2
    assert jpeg_blocks_show(across, down)
    assert not jpeg_blocks_show(across, np.ones_like(down))


def test_two_edges_on_one_column_of_eight_are_no_blocks():
    steps = np.ones((64, 64), np.float32)
    steps[:, (19, 43)] = 20
    assert first_block_column(steps) == 3
    assert not jpeg_blocks_show(steps, steps.T)
