"""Blocks of JPEG are found by the columns that they begin at."""

from __future__ import annotations

import numpy as np

from inpaint.detection.jpeg import JPEG_BLOCK, first_block_column


def test_blocks_begin_where_every_eighth_column_steps_most():
    steps = np.ones((10, 64), np.float32)
    steps[:, 3::JPEG_BLOCK] = 2
    assert first_block_column(steps) == 3


def test_no_column_stands_out_in_even_steps_nor_in_too_few():
    assert first_block_column(np.ones((10, 64), np.float32)) is None
    assert first_block_column(np.ones((10, 20), np.float32)) is None
