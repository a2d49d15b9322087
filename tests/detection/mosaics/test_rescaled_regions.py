"""Mosaics are found that were rescaled together with their picture, so that their cells are no whole pixels."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.detection.censored import find_censored, mask_of
from inpaint.detection.damage import find_damage
from inpaint.detection.mosaics.rescaled_regions import interpolated_rows
from inpaint.detection.mosaics.search import find_mosaics
from inpaint.folder.detecting import detect_folder
from inpaint.images import Picture
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.mosaic.lattice import Lattice, cell_edges, same_grid, shifted_grid, sides_in_words
from inpaint.restoring.repair import windows_of

DEMO = Path(__file__).parents[3] / "data" / "demo" / "clean"
GRID, BOX = Grid((10, 10), (3, 5)), (slice(43, 173), slice(65, 195))


def rescaled(factor: float, way: int, grid: Grid = GRID) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Return a photograph with a mosaic, made larger or smaller, the mosaic's mask, and by how much."""
    clean = np.array(Image.open(DEMO / "cat.png").convert("RGB"))
    mosaic = pixelate(torch.from_numpy(clean).permute(2, 0, 1).double(), grid).round().byte().permute(1, 2, 0).numpy()
    mask = np.zeros(clean.shape[:2], np.uint8)
    mask[BOX], clean[BOX] = 1, mosaic[BOX]
    size = round(clean.shape[1] * factor), round(clean.shape[0] * factor)
    by = size[1] / clean.shape[0], size[0] / clean.shape[1]
    large = cv2.resize(clean, size, interpolation=way)
    return large, cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) > 0, by


@pytest.mark.parametrize(
    ("factor", "way"),
    [(0.73, cv2.INTER_AREA), (0.73, cv2.INTER_LINEAR), (1.26, cv2.INTER_LINEAR), (1.83, cv2.INTER_CUBIC)],
)
def test_a_rescaled_mosaic_is_found_with_its_period_and_phase(factor: float, way: int):
    picture, mask, by = rescaled(factor, way)
    found = find_censored(torch.from_numpy(picture).permute(2, 0, 1))
    assert [region.censor for region in found] == ["mosaic"]
    grid = found[0].grid
    assert isinstance(grid, Lattice)
    taken = mask_of(found, picture.shape[:2])[0].numpy() > 0
    assert (taken & mask).sum() / (taken | mask).sum() > 0.8
    middle = found[0].top + found[0].mask.shape[0] / 2, found[0].left + found[0].mask.shape[1] / 2
    for axis in (0, 1):
        block, phase = 10 * by[axis], GRID.phase[axis] * by[axis]
        assert grid.block[axis] == pytest.approx(block, rel=0.02)
        apart = ((middle[axis] - phase) % block - (middle[axis] - grid.phase[axis]) % grid.block[axis]) % block
        assert min(apart, block - apart) < 0.6


@pytest.mark.parametrize(
    ("side", "factor", "way"),
    [
        ((5, 5), 0.85, cv2.INTER_AREA),
        ((5, 5), 0.85, cv2.INTER_LINEAR),
        ((6, 9), 0.7, cv2.INTER_CUBIC),
    ],
)
def test_small_and_oblong_cells_are_found_in_a_jpeg(side: tuple[int, int], factor: float, way: int):
    picture, mask, by = rescaled(factor, way, Grid(side, (1, 2)))
    encoded = io.BytesIO()
    Image.fromarray(picture).save(encoded, "JPEG", quality=75)
    found = find_mosaics(torch.from_numpy(np.array(Image.open(encoded))).permute(2, 0, 1))
    assert len(found) == 1
    taken = found[0].mask[0].numpy() > 0
    assert (taken & mask).sum() / (taken | mask).sum() > 0.6
    assert found[0].grid.block == pytest.approx((side[0] * by[0], side[1] * by[1]), rel=0.02)


def test_json_tells_fractions_and_a_repair_gets_the_lattice_of_its_window(tmp_path: Path):
    picture = rescaled(1.26, cv2.INTER_LINEAR)[0]
    Image.fromarray(picture).save(tmp_path / "cat.png")
    sighting = detect_folder(tmp_path / "cat.png", tmp_path / "out", form="json")[0]
    said = json.loads((tmp_path / "out" / "cat.json").read_text())["regions"][0]
    assert said["block"] == [pytest.approx(12.6, rel=0.02)] * 2
    assert all(0 <= phase < block for phase, block in zip(said["phase"], said["block"], strict=True))
    (window,) = windows_of(sighting.found, Picture(picture))
    (part,) = window.damage
    assert part.censor == "mosaic"
    assert isinstance(grid := sighting.found[0].grid, Lattice)
    assert part.grid == shifted_grid(grid, -window.box.top, -window.box.left)


@pytest.mark.parametrize(("factor", "way"), [(0.73, cv2.INTER_AREA), (1.26, cv2.INTER_LINEAR), (1.83, cv2.INTER_CUBIC)])
def test_a_mark_over_a_rescaled_mosaic_is_told_its_fractions(factor: float, way: int):
    picture, mask, by = rescaled(factor, way)
    marked = torch.from_numpy(cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))).float()[None]
    (part,) = find_damage(torch.from_numpy(picture).permute(2, 0, 1) / 255, marked, censor="auto")
    assert part.censor == "mosaic"
    assert isinstance(part.grid, Lattice)
    assert part.grid.block == pytest.approx((10 * by[0], 10 * by[1]), rel=0.02)


def test_marks_over_what_is_no_mosaic_stay_holes_and_whole_cells_stay_whole():
    picture = Image.open(DEMO / "cat.png").convert("RGB")
    clean = torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255
    mask = torch.zeros(1, *clean.shape[1:])
    mask[:, 60:200, 120:300] = 1
    assert [part.censor for part in find_damage(clean, mask, censor="auto")] == ["hole"]
    assert [part.grid for part in find_damage(clean, mask, censor="mosaic")] == [None]
    mosaic = torch.where(mask > 0, pixelate(clean, GRID), clean)
    encoded = io.BytesIO()
    Image.fromarray((mosaic * 255).round().byte().permute(1, 2, 0).numpy()).save(encoded, "JPEG", quality=80)
    blurred = torch.from_numpy(np.array(Image.open(encoded))).permute(2, 0, 1) / 255
    for seen in (mosaic, blurred):
        assert [(part.censor, part.grid) for part in find_damage(seen, mask, censor="auto")] == [("mosaic", GRID)]


def test_lines_of_a_lattice_are_whole_pixels_that_never_drift():
    lattice = Lattice((7.5, 12.6), (2.25, 0.0))
    assert cell_edges(lattice, 0, 10, 4).tolist() == [10, 17, 25, 32, 40]
    assert cell_edges(Grid((7, 12), (2, 0)), 0, 9, 3).tolist() == [9, 16, 23, 30]
    assert sides_in_words(lattice) == "7.5 x 12.6"
    assert sides_in_words(Grid((8, 12), (0, 0))) == "8 x 12"


def test_lattices_of_neighbouring_tiles_are_alike():
    lattice = Lattice((7.5, 12.6), (2.25, 0.0))
    moved = shifted_grid(shifted_grid(lattice, 100, 50), -100, -50)
    assert same_grid(lattice, moved, (300.0, 200.0))
    assert same_grid(lattice, Lattice((7.51, 12.6), (2.0, 0.1)), (30.0, 20.0))
    assert not same_grid(lattice, Lattice((7.5, 12.6), (6.0, 0.0)), (30.0, 20.0))
    assert not same_grid(lattice, Grid((7, 12), (2, 0)), (30.0, 20.0))


def test_sampling_at_the_middles_of_pixels_returns_them():
    rows = np.random.default_rng(0).random((9, 4))
    assert np.array_equal(interpolated_rows(rows, np.arange(9) + 0.5), rows)
    assert interpolated_rows(rows, np.array([2.0]))[0] == pytest.approx((rows[1] + rows[2]) / 2)


@pytest.mark.parametrize(("name", "side"), [("cat", 16), ("flower", 9)])
def test_a_generous_mark_over_whole_cells_is_not_told_fractions(name: str, side: int):
    clean = torch.from_numpy(np.array(Image.open(DEMO / f"{name}.png").convert("RGB"))).permute(2, 0, 1) / 255
    grid, mask = Grid((side, side), (3, 2)), np.zeros(clean.shape[1:], np.uint8)
    top, left = 3 + side * (70 // side), 2 + side * (130 // side)
    mask[top : top + 9 * side, left : left + 10 * side] = 1
    mosaic = torch.where(torch.from_numpy(mask) > 0, (pixelate(clean, grid) * 255).round() / 255, clean)
    marked = torch.from_numpy(cv2.dilate(mask, np.ones((13, 13), np.uint8))).float()[None]
    assert [part.grid for part in find_damage(mosaic, marked, censor="auto")] == [grid]
