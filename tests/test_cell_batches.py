"""What the network over cells is told of its errors, against sums by hand."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from cell_batches import SQUARED, STILL, Part, missed  # pyright: ignore[reportMissingImports]

BLOCK, SIDE = 2, 4


def given(off: Tensor, mask: Tensor) -> tuple[Tensor, Part]:
    """Return answers that are off by so much, with means of cells that are right, and what was wanted."""
    target = torch.full_like(off, 0.5)
    cells = torch.nn.functional.avg_pool2d(target, BLOCK)
    return target + off, Part(target, mask, target, cells)


def halves() -> tuple[Tensor, Tensor]:
    """Return errors of .2 and .1 that cancel out in every cell, and masks of all and of half of a mosaic."""
    signs = torch.tensor([1.0, -1.0]).repeat(SIDE // 2).expand(1, 3, SIDE, SIDE)
    mask = torch.ones(2, 1, SIDE, SIDE)
    mask[1, :, : SIDE // 2] = 0
    return torch.cat([0.2 * signs, 0.1 * signs]), mask


def test_the_absolute_error_is_the_mean_over_masked_pixels():
    raw, part = given(*halves())
    assert missed(raw, part, BLOCK, 0.0).item() == pytest.approx((0.2 * 16 + 0.1 * 8) / 24)


def test_the_squared_error_is_the_logarithm_of_each_mosaic_weighed_by_its_size():
    raw, part = given(*halves())
    expected = SQUARED * (16 * math.log1p(0.04 / STILL) + 8 * math.log1p(0.01 / STILL)) / 24
    assert missed(raw, part, BLOCK, 1.0).item() == pytest.approx(expected)


def test_of_the_answer_with_the_means_put_right_a_wrong_mean_is_no_error():
    off, mask = torch.full((1, 3, SIDE, SIDE), 0.3), torch.ones(1, 1, SIDE, SIDE)
    raw, part = given(off, mask)
    assert missed(raw, part, BLOCK, 0.0).item() == pytest.approx(0.3 / 2)


def test_a_batch_without_a_masked_pixel_costs_nothing():
    raw, part = given(torch.ones(1, 3, SIDE, SIDE), torch.zeros(1, 1, SIDE, SIDE))
    for squared in (0.0, 1.0):
        assert missed(raw, part, BLOCK, squared).item() == 0
