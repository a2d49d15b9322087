"""The cells that the outline of a mosaic cuts belong to it, and flat places beside it do not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.detection.censored import find_censored, mask_of
from inpaint.detection.mosaics.cut_cells import with_cut_cells
from inpaint.mosaic.grid import Grid, pixelate

DEMO = Path(__file__).parents[3] / "data" / "demo" / "clean"
GRID = Grid((12, 12), (3, 5))


def censored(name: str, shape: np.ndarray) -> np.ndarray:
    """Return a demo picture (H, W, 3) whose pixels in a shape (H, W) are a mosaic's."""
    picture = np.array(Image.open(DEMO / f"{name}.png").convert("RGB"))
    cells = pixelate(torch.from_numpy(picture).permute(2, 0, 1).double(), GRID).round().byte().permute(1, 2, 0)
    return np.where(shape[..., None] > 0, cells.numpy(), picture)


def ellipse(size: tuple[int, int]) -> np.ndarray:
    shape = np.zeros(size, np.uint8)
    return cv2.ellipse(shape, (220, 140), (95, 70), 20, 0, 360, 1, -1)


@pytest.mark.parametrize(("factor", "least"), [(1.0, 0.97), (1.3, 0.9)])
def test_a_mosaic_is_found_up_to_its_outline(factor: float, least: float):
    shape = ellipse((300, 451))
    picture = censored("cat", shape)
    if factor != 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
        shape = cv2.resize(shape, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_NEAREST)
    found = find_censored(torch.from_numpy(picture).permute(2, 0, 1))
    mask = mask_of(found, picture.shape[:2])[0].numpy() > 0
    assert (mask & (shape > 0)).sum() / (mask | (shape > 0)).sum() > least


def test_whole_cells_end_where_they_end_and_what_goes_on_beyond_a_cell_is_no_part_of_it():
    shape = np.zeros((300, 451), np.uint8)
    shape[51:147, 101:245] = 1  # whole cells of the grid
    picture = censored("cat", shape)
    assert np.array_equal(with_cut_cells(picture, shape > 0, GRID), shape > 0)
    picture[147:220, 101:245] = (40, 90, 160)  # a flat place beside it
    assert np.array_equal(with_cut_cells(picture, shape > 0, GRID), shape > 0)


def test_a_strip_of_a_cell_is_taken_in_and_noise_is_left_alone():
    shape, rng = np.zeros((300, 451), np.uint8), np.random.default_rng(0)
    shape[51:152, 101:245] = 1  # five rows of the cells below
    picture = censored("cat", shape)
    whole = shape > 0
    whole[147:] = False
    assert (with_cut_cells(picture, whole, GRID) != (shape > 0)).sum() < 0.1 * (whole != (shape > 0)).sum()
    picture[147:152] = rng.integers(0, 256, (5, 451, 3))
    assert np.array_equal(with_cut_cells(picture, whole, GRID), whole)


def test_cells_that_are_not_even_say_nothing():
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    mask = np.zeros((60, 60), bool)
    mask[12:48, 12:48] = True
    assert np.array_equal(with_cut_cells(noise, mask, Grid((12, 12), (0, 0))), mask)
