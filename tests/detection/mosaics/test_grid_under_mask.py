"""The grid of a mosaic is found from its pixels; what is no mosaic has none."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.mosaic.grid import Grid, pixelate


def scene(height: int, width: int, seed: int) -> Tensor:
    """Draw something like a picture: smooth shading, soft and hard shapes, a little texture; (3, H, W), 8 bits."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((6, 6, 3), dtype=np.float32)
    canvas = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(14):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(4, width // 4 + 5)), int(rng.integers(4, height // 4 + 5)))
        colour = tuple(float(value) for value in rng.random(3))
        cv2.ellipse(canvas, centre, axes, float(rng.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
    canvas = canvas + 0.04 * cv2.GaussianBlur(rng.standard_normal(canvas.shape).astype(np.float32), (5, 5), 1.0)
    return quantised(torch.from_numpy(canvas).permute(2, 0, 1).clamp(0, 1))


def quantised(image: Tensor) -> Tensor:
    return (image * 255).round() / 255


def jpeg(image: Tensor, quality: int) -> Tensor:
    samples = (image * 255).round().byte().permute(1, 2, 0).numpy()
    _, data = cv2.imencode(".jpg", samples, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return torch.from_numpy(cv2.imdecode(data, cv2.IMREAD_COLOR)).permute(2, 0, 1).float() / 255


def mask_of(size: tuple[int, int], box: tuple[int, int, int, int], ellipse: bool = False) -> Tensor:
    mask = np.zeros(size, np.uint8)
    top, left, height, width = box
    if ellipse:
        cv2.ellipse(mask, (left + width // 2, top + height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
    else:
        mask[top : top + height, left : left + width] = 1
    return torch.from_numpy(mask)[None].float()


def censored(block: tuple[int, int], seed: int, cells: float) -> tuple[Tensor, Tensor, Grid]:
    """Return a picture with a mosaic at an odd place, its mask, and the grid."""
    rng = random.Random(f"{block} {seed}")
    height, width = round(cells * block[0]), round(cells * block[1])
    top, left = rng.randrange(1, 40), rng.randrange(1, 40)
    target = scene(height + top + 21, width + left + 17, seed)
    grid = Grid(block, (rng.randrange(block[0]), rng.randrange(block[1])))
    mask = mask_of((target.shape[1], target.shape[2]), (top, left, height, width), ellipse=cells > 5 and seed % 2 == 1)
    return torch.where(mask > 0, quantised(pixelate(target, grid)), target), mask, grid


def found(image: Tensor, mask: Tensor) -> Grid | None:
    estimate = estimate_grid(image, mask)
    return None if estimate is None else estimate.grid


def test_a_mosaic_made_by_hand():
    levels = torch.tensor([[0.1, 0.9, 0.4, 0.7], [0.6, 0.2, 0.8, 0.3], [0.9, 0.5, 0.0, 0.6], [0.3, 0.8, 0.5, 0.1]])
    image = levels.repeat_interleave(5, 0).repeat_interleave(5, 1).expand(3, -1, -1)[:, 2:, 4:]  # lines at 3 and 1
    estimate = estimate_grid(image, torch.ones(1, 18, 16))
    assert estimate is not None
    assert estimate.grid == Grid((5, 5), (3, 1))
    assert estimate.score > 0.9


@pytest.mark.parametrize("cells", [3.6, 8.0])
def test_lossless_mosaics_of_all_blocks_are_found_exactly(cells: float):
    right = [
        found(image, mask) == grid
        for block in range(2, 41)
        for seed in (0, 1)
        for image, mask, grid in [censored((block, block), seed, cells)]
    ]
    assert sum(right) >= 0.97 * len(right)


@pytest.mark.parametrize("block", [(6, 9), (9, 6), (4, 8), (16, 8), (12, 20), (7, 24)])
def test_cells_need_not_be_square(block: tuple[int, int]):
    right = [found(image, mask) == grid for seed in range(4) for image, mask, grid in [censored(block, seed, 8)]]
    assert sum(right) >= 3


@pytest.mark.parametrize(("quality", "rate"), [(95, 0.9), (75, 0.7)])
def test_mosaics_survive_jpeg(quality: int, rate: float):
    """On BSD100, with blocks of 2..40 and 10 cells a side, the rates are 0.99 and 0.95."""
    grids = [
        (found(jpeg(image, quality), mask), grid)
        for block in range(4, 33, 2)
        for seed in (0, 1)
        for image, mask, grid in [censored((block, block), seed, 10)]
    ]
    assert sum(estimate == grid for estimate, grid in grids) >= rate * len(grids)
    assert sum(estimate not in (None, grid) for estimate, grid in grids) <= 0.05 * len(grids)


@pytest.mark.parametrize("block", [8, 16, 24])
def test_grids_that_lie_on_the_blocks_of_jpeg_are_found(block: int):
    grid = Grid((block, block), (0, 0))
    mask = mask_of((260, 260), (13, 19, 7 * block, 8 * block))
    mosaics = [quantised(pixelate(scene(260, 260, seed), grid)) for seed in range(8)]
    assert sum(found(image, mask) == grid for image in mosaics) >= 7


def test_feathered_rims_do_not_hide_a_mosaic():
    right = 0
    for block in (6, 11, 16, 24):
        target = scene(300, 300, block)
        mask = mask_of((300, 300), (31, 17, 9 * block, 10 * block))
        grid = Grid((block, block), (3, 5))
        alpha = torch.from_numpy(cv2.blur(mask[0].numpy(), (block, block)))[None]
        right += found(quantised(alpha * pixelate(target, grid) + (1 - alpha) * target), mask) == grid
    assert right == 4


@pytest.mark.parametrize("quality", [None, 75])
@pytest.mark.parametrize("side", [12, 30, 64, 120])
def test_natural_content_has_no_grid(side: int, quality: int | None):
    pictures = [scene(200, 200, seed) for seed in range(100, 125)]
    pictures = pictures if quality is None else [jpeg(picture, quality) for picture in pictures]
    masks = [
        mask_of((200, 200), (7 * seed % 70, 11 * seed % 70, side, side + seed), seed % 2 == 1) for seed in range(25)
    ]
    assert sum(found(image, mask) is not None for image, mask in zip(pictures, masks, strict=True)) <= 1


def gradients() -> dict[str, Tensor]:
    rows, columns = torch.meshgrid(torch.linspace(0, 0.5, 96), torch.linspace(0, 0.5, 128), indexing="ij")
    rng = torch.Generator().manual_seed(0)
    line = torch.zeros(96, 128)
    line[:, 50:] = 1.0
    return {
        "flat": torch.full((96, 128), 0.3),
        "horizontal": columns,
        "vertical": rows,
        "diagonal": (rows + columns) / 2,
        "noise": torch.rand(96, 128, generator=rng),
        "edge": line,
        "stripes": (torch.arange(128) // 8 % 2).float().expand(96, -1),
    }


@pytest.mark.parametrize("name", gradients())
@pytest.mark.parametrize("box", [(0, 0, 96, 128), (10, 20, 30, 70), (10, 20, 60, 8)])
def test_what_is_no_mosaic_has_no_grid(name: str, box: tuple[int, int, int, int]):
    image = quantised(gradients()[name].expand(3, -1, -1))
    if name == "stripes" and box[3] < 16:
        pytest.skip("one stripe alone is flat")
    assert found(image, mask_of((96, 128), box)) is None


@pytest.mark.parametrize("height", [7, 12, 20])
@pytest.mark.parametrize("upright", [False, True])
def test_a_narrow_region_borrows_the_period_of_its_long_axis(height: int, upright: bool):
    grid = Grid((12, 12), (4, 9))
    image = quantised(pixelate(scene(150, 150, 3), grid))
    mask = mask_of((150, 150), (40, 11, height, 120))  # lines at 40, 52
    if upright:
        image, mask, grid = image.mT, mask.mT, Grid((12, 12), (9, 4))
    assert found(image, mask) == grid


def test_pixels_outside_the_mask_are_not_read():
    image, mask, grid = censored((8, 8), 4, 6)
    assert found(torch.where(mask > 0, image, torch.nan), mask) == grid


def test_a_known_block_leaves_only_the_phase_to_find():
    for block in [(5, 5), (8, 8), (14, 10)]:
        image, mask, grid = censored(block, 2, 3)
        estimate = estimate_grid(image, mask, block=block)
        assert estimate is not None
        assert estimate.grid == grid
    flat = estimate_grid(torch.zeros(3, 20, 20), mask_of((20, 20), (3, 5, 9, 9)), block=(4, 4))
    assert flat is not None  # any phase is as good as another
    assert flat.grid.block == (4, 4)


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1), (2, 2)])
def test_tiny_regions_have_no_grid(size: tuple[int, int]):
    image = torch.rand(3, *size, generator=torch.Generator().manual_seed(1))
    assert estimate_grid(image, torch.ones(1, *size)) is None
    assert estimate_grid(image, torch.zeros(1, *size)) is None


def test_the_corner_moves_the_phase_into_the_whole_picture():
    image, mask, grid = censored((9, 9), 6, 7)
    estimate = estimate_grid(image[:, 5:, 7:], mask[:, 5:, 7:], corner=(5, 7))
    assert estimate is not None
    assert estimate.grid == grid
