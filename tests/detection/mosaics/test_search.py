"""Mosaics are found without being told where, and nothing else is taken for one."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from inpaint.detection.mosaics import search as mosaics
from inpaint.detection.mosaics.search import find_mosaics
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.randomness import rng_for

DEMO = Path(__file__).parents[3] / "data" / "demo" / "clean"


def scene(name: str) -> Tensor:
    """Return a photograph (or the drawing drawn_cat), (3, H, W)."""
    return torch.from_numpy(np.array(Image.open(DEMO / f"{name}.png").convert("RGB"))).permute(2, 0, 1) / 255


def censored(picture: Tensor, grid: Grid, box: tuple[int, int, int, int]) -> tuple[Tensor, Tensor]:
    """Put a mosaic into all whole cells of a box (top, left, height, width); return the picture and the mask."""
    (high, wide), (y, x) = grid
    top, left = box[0] + (y - box[0]) % high, box[1] + (x - box[1]) % wide
    bottom, right = top + (box[0] + box[2] - top) // high * high, left + (box[1] + box[3] - left) // wide * wide
    mask = torch.zeros(1, *picture.shape[1:])
    mask[:, top:bottom, left:right] = 1
    mosaic = (pixelate(picture, grid) * 255).round() / 255
    return torch.where(mask > 0, mosaic, picture), mask


def as_jpeg(picture: Tensor, quality: int) -> Tensor:
    file = io.BytesIO()
    Image.fromarray((picture * 255).round().byte().permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1) / 255


def overlap(one: Tensor, other: Tensor) -> float:
    """Return the intersection over the union."""
    return float((one * other).sum() / torch.maximum(one, other).sum())


@pytest.mark.parametrize("block", [(4, 4), (7, 7), (8, 12), (16, 16), (24, 24)])
def test_a_lossless_mosaic_is_found_with_its_exact_grid(block: tuple[int, int]):
    grid = Grid(block, (block[0] // 3, block[1] - 1))
    picture, mask = censored(scene("cat"), grid, (60, 80, 9 * block[0], 9 * block[1]))
    found = find_mosaics(picture)
    assert [mosaic.grid for mosaic in found] == [grid]
    assert overlap(found[0].mask, mask) > 0.8
    assert 0 < found[0].score <= 1


@pytest.mark.parametrize("block", [10, 16, 20])
def test_a_mosaic_in_a_jpeg_is_found(block: int):
    grid = Grid((block, block), (3, 5))
    picture, mask = censored(scene("cat"), grid, (40, 60, 11 * block, 11 * block))
    found = find_mosaics(as_jpeg(picture, 75))
    assert [mosaic.grid for mosaic in found] == [grid]
    assert overlap(found[0].mask, mask) > 0.6


def test_regions_of_different_blocks_are_told_apart():
    first, mask = censored(scene("flower"), Grid((6, 6), (1, 2)), (30, 30, 90, 100))
    picture, other = censored(first, Grid((14, 14), (0, 9)), (150, 200, 150, 180))
    found = {mosaic.grid.block: mosaic.mask for mosaic in find_mosaics(picture)}
    assert set(found) == {(6, 6), (14, 14)}
    assert overlap(found[6, 6], mask) > 0.7
    assert overlap(found[14, 14], other) > 0.7
    assert not (found[6, 6] * found[14, 14]).any()


@pytest.mark.parametrize("name", ["autumn", "cat", "drawn_cat", "flower", "sunflower"])
@pytest.mark.parametrize("quality", [None, 75])
def test_nothing_is_found_where_nothing_is_censored(name: str, quality: int | None):
    picture = scene(name)
    assert find_mosaics(picture if quality is None else as_jpeg(picture, quality)) == []


def test_a_brick_wall_is_no_mosaic():
    wall = torch.full((3, 240, 320), 0.55)
    noise = torch.rand(3, 240, 320, generator=rng_for("bricks")) * 0.1
    for row in range(0, 240, 12):
        wall[:, row : row + 2] = 0.8
        for column in range(row % 24, 320, 24):
            wall[:, row : row + 12, column : column + 2] = 0.8
    assert find_mosaics(wall + noise) == []


def test_tiles_make_one_region_of_what_lies_in_several(monkeypatch: pytest.MonkeyPatch):
    grid = Grid((10, 10), (4, 7))
    picture, mask = censored(scene("flower"), grid, (60, 60, 280, 400))
    whole = find_mosaics(picture)
    monkeypatch.setattr(mosaics, "SEARCH_TILE", 256)
    monkeypatch.setattr(mosaics, "SEARCH_OVERLAP", 128)
    tiled = find_mosaics(picture)
    assert [mosaic.grid for mosaic in whole] == [mosaic.grid for mosaic in tiled] == [grid]
    assert overlap(tiled[0].mask, mask) > 0.8


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (31, 40), (33, 32)])
def test_small_pictures_hold_no_mosaic_that_can_be_found(size: tuple[int, int]):
    assert find_mosaics(torch.rand(3, *size, generator=rng_for("small"))) == []


@pytest.mark.parametrize(("name", "quality", "factor"), [("flower", 30, 1.6), ("flower", 40, 1.5), ("cat", 20, 1.4)])
def test_the_blocks_of_an_enlarged_jpeg_are_no_mosaic_but_a_mosaic_in_it_is(name: str, quality: int, factor: float):
    picture = as_jpeg(scene(name), quality)
    size = [round(side * factor) for side in picture.shape[1:]]
    large = functional.interpolate(picture[None], size, mode="bicubic")[0].clamp(0, 1)
    found = find_mosaics(large)
    assert sum(float(it.mask.mean()) for it in found) < 0.02
    grid, middle = Grid((19, 19), (3, 4)), (size[0] // 4, size[1] // 3, 160, 200)
    seen, mask = censored(large, grid, middle)
    assert max(overlap(it.mask, mask) for it in find_mosaics(seen)) > 0.7
