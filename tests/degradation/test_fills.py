from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor

from inpaint.degradation.fills import FILLS, hole, mosaic
from inpaint.mosaic.grid import Grid, cell_means, pixelate
from inpaint.randomness import rng_for


def picture(*shape: int, key: int = 0) -> Tensor:
    return (torch.rand(*shape, generator=rng_for(key)) * 255).round() / 255


def box(height: int, width: int, top: int, bottom: int, left: int, right: int) -> Tensor:
    mask = torch.zeros(1, height, width)
    mask[:, top:bottom, left:right] = 1.0
    return mask


TARGET = picture(3, 37, 45)
BOX = box(37, 45, 8, 30, 10, 41)

EVERY_FILL: list[tuple[str, dict[str, Any]]] = [
    *(("hole", {"value": value}) for value in ("black", "white", "green", "grey", "mean", "random", "smooth")),
    *(("mosaic", {"cell": cell, "edge": edge}) for cell in ("mean", "centre", "random") for edge in ("whole", "cut")),
    ("mosaic", {"enlarge": "bicubic"}),
    ("mosaic", {"feathered": 1.0, "rectangular": 1.0, "rounding": False}),
]


@pytest.mark.parametrize(("name", "options"), EVERY_FILL)
def test_every_fill_keeps_the_rules_of_a_degradation(name: str, options: dict[str, Any]):
    fill, before = FILLS[name](**options), TARGET.clone()
    for key in range(8):
        mask = (picture(1, 37, 45, key=key) > 0.5).float() if key % 2 else BOX
        degraded, painted = fill(TARGET, mask, rng_for(key))
        assert degraded.shape == TARGET.shape
        assert painted.shape == mask.shape
        assert set(painted.unique().tolist()) <= {0.0, 1.0}
        assert painted.any()
        known = (painted < 0.5).expand(3, -1, -1)
        assert torch.equal(degraded[known], TARGET[known])
        assert 0.0 <= degraded.min() <= degraded.max() <= 1.0
        assert not torch.equal(degraded, TARGET)
        assert torch.equal(fill(TARGET, mask, rng_for(key))[0], degraded)
    assert torch.equal(TARGET, before)


@pytest.mark.parametrize(
    ("value", "colour"),
    [("black", (0.0, 0.0, 0.0)), ("white", (1.0, 1.0, 1.0)), ("green", (0.0, 1.0, 0.0)), ("grey", (0.5, 0.5, 0.5))],
)
def test_a_hole_has_the_named_colour_and_its_own_mask(value: str, colour: tuple[float, float, float]):
    degraded, mask = hole(value=value)(TARGET, BOX, rng_for(0))
    assert mask is BOX
    assert torch.equal(degraded[:, 8:30, 10:41], torch.tensor(colour)[:, None, None].expand(3, 22, 31))


def test_the_mean_is_of_the_known_pixels_only():
    target = torch.where(BOX > 0.5, 1.0, torch.tensor([0.2, 0.4, 0.6])[:, None, None])
    degraded, _ = hole(value="mean")(target, BOX, rng_for(0))
    torch.testing.assert_close(degraded[:, 20, 20], torch.tensor([0.2, 0.4, 0.6]))
    everything, _ = hole(value="mean")(target, torch.ones_like(BOX), rng_for(0))
    assert torch.equal(everything, torch.full_like(target, 0.5))


def test_random_colours_and_listed_values_vary_with_the_generator():
    colours = {tuple(hole(value="random")(TARGET, BOX, rng_for(key))[0][:, 20, 20].tolist()) for key in range(20)}
    assert len(colours) == 20
    drawn = Counter(
        hole(value={"black": 0.75, "white": 0.25})(TARGET, BOX, rng_for(key))[0][0, 20, 20].item() for key in range(400)
    )
    assert set(drawn) == {0.0, 1.0}
    assert 260 < drawn[0.0] < 340  # 300 +- 4.6 standard deviations of 8.7


def test_a_mosaic_of_a_known_grid_is_the_rounded_pixelation():
    grid, fill = Grid((5, 7), (2, 3)), mosaic(rounding=True)
    degraded, painted = fill.apply(TARGET, BOX, grid, edge="cut")
    assert torch.equal(painted, BOX)
    expected = (pixelate(TARGET, grid) * 255).round() / 255
    torch.testing.assert_close(degraded, expected.where(BOX > 0.5, TARGET), atol=1e-6, rtol=0)
    exact, _ = mosaic(rounding=False).apply(TARGET, BOX, grid, edge="cut")
    torch.testing.assert_close(exact, pixelate(TARGET, grid).where(BOX > 0.5, TARGET), atol=1e-6, rtol=0)
    assert not torch.equal(exact, degraded)


def test_a_cell_is_painted_when_the_mask_is_set_at_its_centre():
    grid, mask = Grid((4, 4), (0, 0)), torch.zeros(1, 8, 8)
    mask[0, 2, 2] = mask[0, 3, 7] = 1.0  # a centre; a corner of another cell
    painted = mosaic().apply(picture(3, 8, 8), mask, grid)[1]
    assert torch.equal(painted, box(8, 8, 0, 4, 0, 4))


def test_without_a_centre_the_cell_with_most_of_the_mask_is_painted():
    mask = torch.zeros(1, 8, 8)
    mask[0, 0, 3] = mask[0, 4, 4] = mask[0, 4, 5] = 1.0
    painted = mosaic().apply(picture(3, 8, 8), mask, Grid((4, 4), (0, 0)))[1]
    assert torch.equal(painted, box(8, 8, 4, 8, 4, 8))


def test_a_centre_cell_shows_its_middle_pixel():
    degraded, _ = mosaic().apply(TARGET, torch.ones_like(BOX), Grid((4, 6), (0, 0)), cell="centre")
    assert torch.equal(degraded[:, :4, :6], TARGET[:, 2, 3][:, None, None].expand(3, 4, 6))
    assert torch.equal(degraded[:, 36, 42:], TARGET[:, 36, 43][:, None].expand(3, 3))  # cut to one row, three columns


def test_a_random_cell_shows_one_of_its_own_pixels():
    positions = torch.arange(37.0 * 45).reshape(1, 37, 45).expand(3, -1, -1) / 2000
    fill = mosaic(cell="random", block=6, rounding=False, phase=[2, 1])
    degraded, _ = fill(positions, torch.ones_like(BOX), rng_for(1))
    cell = degraded[0, 2:8, 1:7]
    assert (cell == cell[0, 0]).all()
    assert (positions[0, 2:8, 1:7] == cell[0, 0]).sum() == 1


def test_bicubic_presentation_is_smooth_and_falls_back_to_flat_cells():
    flat = mosaic(block=8, phase=[0, 0])(TARGET, BOX, rng_for(3))[0]
    smooth = mosaic(block=8, phase=[0, 0], enlarge="bicubic")(TARGET, BOX, rng_for(3))[0]
    inner = (slice(None), slice(10, 28), slice(12, 38))
    assert smooth[inner].diff(dim=2).abs().max() < 0.5 * flat[inner].diff(dim=2).abs().max()
    others: list[dict[str, Any]] = [{"cell": "centre"}, {"feathered": 1.0, "feather": [1.0, 1.0]}]
    for options in others:
        plain = mosaic(block=8, **options)(TARGET, BOX, rng_for(3))[0]
        assert torch.equal(mosaic(block=8, enlarge="bicubic", **options)(TARGET, BOX, rng_for(3))[0], plain)


def test_feathering_blends_towards_the_picture_at_the_edge_only():
    grid, black = Grid((8, 8), (0, 0)), torch.zeros(3, 48, 48)
    black[:, :, ::2] = 1.0  # every cell mean is one half
    hard, painted = mosaic(rounding=False).apply(black, box(48, 48, 8, 40, 8, 40), grid)
    soft, same = mosaic(rounding=False).apply(black, box(48, 48, 8, 40, 8, 40), grid, radius=3)
    assert torch.equal(painted, same)
    assert torch.equal(soft[:, 11:37, 11:37], hard[:, 11:37, 11:37])
    alpha = (soft[0, 24, 8:12] - black[0, 24, 8:12]) / (hard[0, 24, 8:12] - black[0, 24, 8:12])
    torch.testing.assert_close(alpha, torch.tensor([4.0, 5.0, 6.0, 7.0]) / 7)


def test_drawn_grids_follow_the_options():
    fill = mosaic(block=[4, 16], ratio=[1.5, 2.0], rectangular=0.5)
    grids = [fill.draw((128, 128), rng_for(key)) for key in range(600)]
    short = [min(grid.block) for grid in grids]
    assert min(short) == 4
    assert max(short) == 16
    # log-uniform: 0.48 of the blocks are below 8; a uniform draw has 0.31
    assert sum(side < 8 for side in short) / 600 == pytest.approx(math.log(2) / math.log(17 / 4), abs=0.08)
    oblong = [grid.block for grid in grids if grid.block[0] != grid.block[1]]
    assert 0.4 < len(oblong) / 600 < 0.6
    assert {height < width for height, width in oblong} == {True, False}
    assert all(int(1.5 * min(block)) <= max(block) <= 2 * min(block) for block in oblong)
    assert all(0 <= p < b for grid in grids for p, b in zip(grid.phase, grid.block, strict=True))
    assert len({grid.phase for grid in grids}) > 60


def test_a_fixed_block_and_phase_are_kept():
    assert mosaic(block=6, phase=[7, 2]).draw((64, 64), rng_for(0)) == Grid((6, 6), (1, 2))
    assert mosaic(block=500, phase=[0, 0]).draw((37, 45), rng_for(0)) == Grid((45, 45), (0, 0))


def test_cell_means_of_a_mosaic_are_the_true_ones_up_to_rounding():
    grid = Grid((6, 6), (3, 5))
    degraded, _ = mosaic().apply(TARGET, torch.ones_like(BOX), grid)
    assert (cell_means(degraded, grid) - cell_means(TARGET, grid)).abs().max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("hole", {"value": "purple"}, "value 'purple' is unknown; choose black, white"),
        ("hole", {"value": []}, "must not all be zero"),
        ("mosaic", {"cell": {"mean": 0.9, "middle": 0.1}}, "cell 'middle' is unknown; choose mean, centre, random"),
        ("mosaic", {"cell": {"mean": -1.0, "centre": 2.0}}, "must not be negative"),
        ("mosaic", {"edge": "soft"}, "edge 'soft' is unknown; choose whole, cut"),
        ("mosaic", {"enlarge": ["nearest", "lanczos"]}, "enlarge 'lanczos' is unknown"),
        ("mosaic", {"block": [8, 4]}, "low before high"),
        ("mosaic", {"block": 1}, "at least 2"),
        ("mosaic", {"block": [1, 2, 3]}, "must be two numbers"),
        ("mosaic", {"block": 7.5}, "must be two numbers"),
        ("mosaic", {"phase": [0, "y"]}, "must be two numbers"),
        ("mosaic", {"ratio": [0.5, 1.0]}, "ratio"),
        ("mosaic", {"feather": [2.0, 1.0]}, "feather"),
        ("mosaic", {"feathered": 1.5}, "feathered 1.5 must be a probability"),
        ("mosaic", {"phase": "middle"}, "choose random or"),
        ("mosaic", {"phase": [0, 1.5]}, "in whole pixels"),
    ],
)
def test_a_wrong_option_is_named_with_its_choices(name: str, options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        FILLS[name](**options)
