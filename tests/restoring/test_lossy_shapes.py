"""Cells of other shapes than squares in JPEG and WebP files, which blur their outlines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from shape_pictures import found_in, lossy, marked, photograph, restorer, seen

from inpaint.detection.region_kinds import Spoiled
from inpaint.folder.damage_notes import notes_on_damage
from inpaint.images import Picture
from inpaint.mosaic.free_cells import FreeCells
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.restoring.repair import examine_marks, variations


@pytest.mark.parametrize(("form", "quality"), [("JPEG", 85), ("JPEG", 70), ("WEBP", 80)])
@pytest.mark.parametrize("kind", ["hexagons", "diamonds", "rotated 20", "bricks"])
def test_cells_that_repeat_are_found_in_lossy_files(kind: str, form: str, quality: int):
    shown = lossy(seen(kind), form, quality)
    (part,) = found_in(shown)
    assert part.censor == "mosaic"
    assert isinstance(part.trace, FreeCells)
    assert part.trace.side == pytest.approx(8, abs=1)
    exact = found_in(seen(kind))[0].trace
    assert isinstance(exact, FreeCells)
    assert same_cells(part.trace, exact) > 0.85


def same_cells(one: FreeCells, other: FreeCells) -> float:
    """The share of pixels whose cells are mostly the same."""
    both = (one.labels >= 0) & (other.labels >= 0)
    pairs = torch.zeros(one.means.shape[1], other.means.shape[1])
    pairs.index_put_((one.labels[both], other.labels[both]), torch.ones(int(both.sum())), accumulate=True)
    return float(pairs.amax(0).sum() / both.sum())


def restored(shown: np.ndarray) -> np.ndarray:
    found = examine_marks(Picture(shown), torch.from_numpy(marked())[None], censor="auto")
    return next(iter(variations([Picture(shown)], [found], restorer(), 1)))[0].colour


def gain(shown: np.ndarray, name: str) -> float:
    """How many dB restoring gains under the mark."""
    before, after = (
        ((photograph(name)[marked()].astype(float) - it[marked()]) ** 2).mean() for it in (shown, restored(shown))
    )
    return float(10 * np.log10(before / after))


@pytest.mark.parametrize("kind", ["hexagons", "crystals", "bricks"])
def test_restoring_cells_of_a_lossy_file_gains(kind: str):
    shown = lossy(seen(kind), "JPEG", 85)
    assert found_in(shown)[0].censor == "mosaic"
    assert gain(shown, "cat") > 0.7


@pytest.mark.parametrize("quality", [90, 75])
def test_a_grid_that_explains_nothing_is_no_grid_of_a_mosaic(quality: int):
    """The lines of right triangles meet on a grid, whose cells hold four colours each."""
    for name in ("cat", "autumn"):
        shown = lossy(seen("right triangles", name), "JPEG", quality)
        assert found_in(shown)[0].grid is None
        assert found_in(lossy(seen("squares", name), "JPEG", quality))[0].grid is not None


def test_the_blocks_of_jpeg_draw_no_lines_between_those_of_a_mosaic():
    right = []
    for name in ("cat", "autumn", "sunflower"):
        for phase in ((4, 4), (4, 1), (3, 4)):
            grid = Grid((8, 8), phase)
            cells = pixelate(torch.from_numpy(photograph(name).copy()).permute(2, 0, 1) / 255, grid)
            shown = np.where(marked()[..., None], (cells * 255).round().byte().permute(1, 2, 0), photograph(name))
            right.append(found_in(lossy(shown, "JPEG", 50))[0].grid == grid)
    assert sum(right) >= 8  # of 9; without the rule 6


@pytest.mark.parametrize("kind", ["crystals", "triangles", "motion blur", "dots", "right triangles"])
def test_what_a_jpeg_blurred_never_ends_below_doing_nothing(kind: str):
    for name in ("autumn", "cat"):
        assert gain(lossy(seen(kind, name), "JPEG", 75), name) > -0.15


def test_a_picture_spoiled_in_an_unknown_way_stays_and_a_note_says_so():
    shown = lossy(seen("dots", "sunflower"), "JPEG", 75)
    (part,) = found_in(shown)
    assert part.trace == Spoiled()
    assert np.array_equal(restored(shown), shown)
    (note,) = notes_on_damage([part])
    assert "spoiled in an unknown way: left as it is (--censor hole fills it instead)" in note
