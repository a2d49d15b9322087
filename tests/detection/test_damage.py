"""Every region is judged by its own pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.detection.damage import count_regions, find_damage
from inpaint.mosaic.grid import Grid, pixelate

GRIDS = (Grid((8, 8), (3, 5)), Grid((5, 7), (1, 2)))


def noise(size: tuple[int, int]) -> Tensor:
    return torch.rand(3, *size, generator=torch.Generator().manual_seed(0))


def box(size: tuple[int, int], top: int, left: int, height: int, width: int) -> Tensor:
    mask = torch.zeros(1, *size)
    mask[:, top : top + height, left : left + width] = 1
    return mask


def two_mosaics_and_a_bar() -> tuple[Tensor, list[Tensor]]:
    size = (150, 160)
    image = noise(size)
    masks = [box(size, 3, 2, 60, 70), box(size, 80, 90, 50, 65), box(size, 100, 10, 20, 50)]
    for grid, mask in zip(GRIDS, masks, strict=False):
        image = torch.where(mask > 0, pixelate(image, grid), image)
    return torch.where(masks[2] > 0, torch.zeros(()), image), masks


def test_regions_are_told_apart_by_their_own_pixels():
    image, masks = two_mosaics_and_a_bar()
    damage = find_damage(image, sum(masks[1:], masks[0]), censor="auto")
    assert [(part.censor, part.grid) for part in damage] == [("mosaic", GRIDS[0]), ("mosaic", GRIDS[1]), ("hole", None)]
    for part, mask in zip(damage, masks, strict=True):
        assert torch.equal(part.mask, mask)


def test_regions_of_one_kind_are_one_damage():
    size = (100, 140)
    image = pixelate(noise(size), GRIDS[0])
    mask = box(size, 0, 0, 40, 50) + box(size, 50, 70, 50, 70)
    (only,) = find_damage(image, mask, censor="auto")
    assert (only.censor, only.grid) == ("mosaic", GRIDS[0])
    assert torch.equal(only.mask, mask)


def test_a_bar_is_a_hole_whatever_its_pixels_say():
    image, masks = two_mosaics_and_a_bar()
    (only,) = find_damage(image, masks[0], censor="hole")
    assert (only.censor, only.grid) == ("hole", None)


def test_a_mosaic_without_a_grid_stays_a_mosaic():
    image, masks = two_mosaics_and_a_bar()
    (only,) = find_damage(image, masks[2], censor="mosaic")
    assert (only.censor, only.grid) == ("mosaic", None)


def test_a_given_block_decides_the_cells_and_the_pixels_their_phase():
    image, masks = two_mosaics_and_a_bar()
    for censor in ("auto", "mosaic"):
        (only,) = find_damage(image, masks[1], censor=censor, block=(5, 7))
        assert only.grid == GRIDS[1]
    (bar,) = find_damage(image, masks[2], censor="auto", block=(5, 7))
    assert bar.censor == "hole"


def test_a_given_block_makes_a_mosaic_of_what_shows_no_grid_by_itself():
    image, mask = torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(3)), torch.ones(1, 40, 40)
    assert find_damage(image, mask, censor="auto")[0].censor == "hole"
    (only,) = find_damage(image, mask, censor="auto", block=(8, 8))
    assert only.censor == "mosaic"
    assert only.grid is not None
    assert only.grid.block == (8, 8)


def test_diagonal_neighbours_are_one_region():
    mask = torch.eye(4)[None]
    assert count_regions(mask) == 1
    mask[0, 1, 1] = 0
    assert count_regions(mask) == 2
    assert count_regions(torch.zeros(1, 4, 4)) == 0


def test_no_mask_is_no_damage():
    assert find_damage(noise((8, 8)), torch.zeros(1, 8, 8), censor="auto") == []
    assert find_damage(noise((8, 8)), torch.zeros(1, 8, 8), censor="hole") == []


def test_a_mask_of_thousands_of_specks_is_covered_once():
    mask = torch.zeros(1, 120, 120)
    mask[:, ::3, ::3] = 1
    damage = find_damage(noise((120, 120)), mask, censor="auto")
    assert torch.equal(torch.stack([part.mask for part in damage]).sum(0), mask)
