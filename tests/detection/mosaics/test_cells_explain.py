"""What explains a picture: the cells of a mosaic, far better than the same cells moved, and those of nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inpaint.detection.mosaics.cells_explain import cells_explain, explained_as_well
from inpaint.detection.mosaics.found_region import FoundRegion
from inpaint.detection.mosaics.not_jpeg_blocks import block_sides
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice

CAT = Path(__file__).parents[3] / "data" / "demo" / "clean" / "cat.png"


def luma() -> np.ndarray:
    return np.asarray(Image.open(CAT).convert("L")).astype(np.float32)


def region(grid: Grid | Lattice, rows: int, columns: int) -> FoundRegion:
    top, left = (round(phase + 4 * side) for phase, side in zip(grid.phase, grid.block, strict=True))
    return FoundRegion(grid, top, left, np.ones((rows, columns), bool), 0.5, 5.0)


def mosaic(side: int) -> np.ndarray:
    picture = luma()
    height, width = (size // side * side for size in picture.shape)
    cells = picture[:height, :width].reshape(height // side, side, width // side, side).mean((1, 3))
    return cells.repeat(side, 0).repeat(side, 1)


@pytest.mark.parametrize("side", [5, 9, 30])
def test_cells_of_a_mosaic_explain_it_and_moved_ones_do_not(side: int):
    picture = mosaic(side) + np.random.default_rng(0).normal(0, 4, mosaic(side).shape).astype(np.float32)
    assert cells_explain(picture, region(Grid((side, side), (0, 0)), 5, 6))
    assert not cells_explain(picture, region(Grid((side, side), (side // 2, side // 2)), 5, 6))


def test_cells_in_fractions_of_a_pixel_explain_an_enlarged_mosaic():
    large = cv2.resize(mosaic(6), None, fx=1.25, fy=1.25, interpolation=cv2.INTER_LINEAR)
    assert cells_explain(large, region(Lattice((7.5, 7.5), (0.0, 0.0)), 8, 8))
    assert not cells_explain(large, region(Lattice((7.5, 7.5), (3.75, 3.75)), 8, 8))


def test_cells_explain_no_photograph_and_nothing_that_repeats_along_one_axis_alone():
    assert not cells_explain(luma(), region(Grid((8, 8), (0, 0)), 12, 12))
    stripes = np.tile(np.random.default_rng(0).integers(0, 256, (30, 1)).repeat(8, 0), (1, 240)).astype(np.float32)
    assert not cells_explain(stripes, region(Grid((8, 8), (0, 0)), 12, 12))


def test_of_a_large_region_the_middle_is_looked_at():
    side = 6
    picture = mosaic(side)
    rows, columns = (size // side - 9 for size in picture.shape)
    picture[: 5 * side] = luma()[: 5 * side, : picture.shape[1]]  # that lies outside the middle
    assert cells_explain(picture, region(Grid((side, side), (0, 0)), rows, columns))


def test_of_nearly_the_same_cells_those_of_the_mosaic_explain_it_better():
    picture, own = mosaic(24), region(Grid((24, 24), (0, 0)), 5, 6)
    near = region(Lattice((24.35, 24.35), (23.04, 23.18)), 5, 6)
    assert explained_as_well(picture, near, own.grid)
    assert not explained_as_well(picture, own, near.grid)
    assert not explained_as_well(picture, near, Grid((12, 12), (0, 0)))  # finer ones always do


@pytest.mark.parametrize(
    ("block", "sides"),
    [((12.8, 12.8), [12.8]), ((6.0, 12.0), [12.0]), ((12.0, 24.1), [12.0, 24.1]), ((9.0, 12.0), []), ((6.0, 6.0), [])],
)
def test_cells_may_be_a_block_of_an_enlarged_jpeg_several_or_a_part(block: tuple[float, float], sides: list[float]):
    assert block_sides(region(Lattice(block, (0.0, 0.0)), 3, 3)) == sides
