"""One picture and what is marked in it, repaired in windows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from folder_pictures import FILL, LEVEL, Fake, mosaic, noise
from PIL import Image

from inpaint.contracts import Generator
from inpaint.detection.censored import Censored, mask_of
from inpaint.detection.damage import Damage
from inpaint.images import Picture, read
from inpaint.images.picture import Stored
from inpaint.mosaic import projection
from inpaint.mosaic.grid import Grid, cell_means
from inpaint.mosaic.lattice import Lattice
from inpaint.restoring.block_doubts import doubt_block
from inpaint.restoring.damage_restoring import restore_damage
from inpaint.restoring.repair import examine_marks, variations, windows_of
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction
from inpaint.tiling import Box

FAR = (Box(40, 50, 90, 100), Box(1400, 1500, 1410, 1560))


def marks(height: int, width: int, *boxes: Box) -> torch.Tensor:
    mask = torch.zeros(1, height, width, dtype=torch.bool)
    for box in boxes:
        box.of(mask).fill_(True)
    return mask


def test_marks_far_apart_are_restored_in_windows_and_nothing_else_changes():
    picture, mask, fake = Picture(noise(1500, 1600)), marks(1500, 1600, *FAR), Fake()
    found = examine_marks(picture, mask, censor="hole")
    ((repaired,),) = variations([picture], [found], fake, 1)
    assert [window.regions for window in found] == [1, 1]
    assert sum(call[0].shape[-2] * call[0].shape[-1] for call in fake.calls) < 1500 * 1600 / 5
    expected = picture.colour.copy()
    for box in FAR:
        expected[box.slices] = LEVEL
    assert np.array_equal(repaired.colour, expected)
    assert np.array_equal(picture.colour, noise(1500, 1600)), "the source is not written to"


def test_what_was_found_is_restored_in_windows_with_the_grids_that_were_found():
    grid = Grid((11, 13), (6, 3))
    apart = np.zeros((1300, 60), bool)  # one region in two places far apart
    apart[:33, :39] = apart[-40:] = True
    found = [
        Censored("mosaic", grid, None, 100, 200, apart, 0.9),
        Censored("hole", None, (0, 0, 0), 120, 245, np.ones((20, 30), bool), 0.8),
    ]
    windows = windows_of(found, Picture(noise(1500, 1600)))
    covered = torch.zeros(1, 1500, 1600)
    for window in windows:
        window.box.of(covered).copy_(window.mask)
        for part in window.damage:
            top, left = window.box.top, window.box.left
            assert part.grid == (Grid((11, 13), ((6 - top) % 11, (3 - left) % 13)) if part.censor == "mosaic" else None)
    assert torch.equal(covered, mask_of(found, (1500, 1600)))
    assert [[part.censor for part in window.damage] for window in windows] == [["mosaic", "hole"], ["mosaic"]]
    assert [window.regions for window in windows] == [2, 1]


def test_a_grid_is_seen_from_the_corner_of_its_window():
    grid, box = Grid((11, 13), (6, 3)), Box(1000, 1100, 1120, 1230)
    picture = Picture(mosaic(noise(1500, 1600), grid, box.slices))
    (window,) = examine_marks(picture, marks(1500, 1600, box), censor="auto")
    (damage,) = window.damage
    assert damage.grid == Grid((11, 13), ((6 - window.box.top) % 11, (3 - window.box.left) % 13))


def test_deep_and_grey_pictures_and_their_alpha_are_kept():
    grey = np.random.default_rng(3).integers(0, 65536, (70, 300, 1), dtype=np.uint16)
    picture = Picture(grey, alpha=grey[:, :, 0], text={"a": "b"})
    mask = marks(70, 300, Box(10, 10, 20, 20))
    ((repaired,),) = variations([picture], [examine_marks(picture, mask, censor="hole")], Fake(), 1)
    expected = grey.copy()
    expected[10:20, 10:20] = round(FILL * 65535)
    assert np.array_equal(repaired.colour, expected)
    assert repaired.alpha is picture.alpha
    assert repaired.text == {"a": "b"}


def test_variations_differ_by_their_flips():
    picture, mask, fake = Picture(noise()), marks(40, 50, Box(5, 5, 9, 9)), Fake()
    assert len(list(variations([picture], [examine_marks(picture, mask, censor="hole")], fake, 4))) == 4
    assert [call[4] for call in fake.calls] == [(False, False), (False, True), (True, False), (True, True)]


@pytest.mark.parametrize("best", [False, True])
def test_the_last_variation_may_be_made_of_the_samples_of_the_picture_and_all_are_the_same(best: bool):
    mask = marks(40, 50, Box(5, 5, 9, 9))

    def varied(picture: Picture, *, reuse_samples: bool) -> list[Picture]:
        found = examine_marks(picture, mask, censor="hole")
        return [one for (one,) in variations([picture], [found], Ranked(), 4, best=best, reuse_samples=reuse_samples)]

    picture = Picture(noise())
    kept, reused = varied(Picture(noise()), reuse_samples=False), varied(picture, reuse_samples=True)
    assert [one.colour is picture.colour for one in reused] == [False, False, False, True]
    assert all(np.array_equal(one.colour, other.colour) for one, other in zip(kept, reused, strict=True))


def test_samples_that_are_needed_or_cannot_be_written_to_are_never_reused():
    mask, locked = marks(40, 50, Box(5, 5, 9, 9)), noise()
    locked.flags.writeable = False
    shown = noise()
    stored = Stored("KEY", shown, np.zeros((0, 0), np.uint8), np.array([1, 2, 3]))
    for picture in (Picture(locked), Picture(shown, stored=stored)):
        ((repaired,),) = variations(
            [picture], [examine_marks(picture, mask, censor="hole")], Fake(), 1, reuse_samples=True
        )
        assert np.array_equal(picture.colour, noise())
        assert (repaired.colour[5:9, 5:9] == LEVEL).all()


class Cast(Generator):
    """A network that answers with a cast that depends on how often it was asked for a mosaic's crop."""

    multiple = 1
    casts = (0.06, -0.08, 0.02, -0.04)  # in the order of the flips

    def __init__(self):
        super().__init__()
        self.asked = 0

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> Prediction:
        cast = self.casts[self.asked // 2 % 4]  # a mosaic and then a hole for each
        self.asked += 1
        return Prediction(image + cast * torch.linspace(0.5, 1.5, image.shape[3]), {})


class Ranked(Fake):
    """A restorer whose answers miss the mosaic's cells least for top-bottom, then both, none, left-right."""

    misses: ClassVar = {(True, False): 0.1, (True, True): 0.2, (False, False): 0.3, (False, True): 0.4}

    def __call__(self, image: torch.Tensor, mask: torch.Tensor, *, missed: list | None = None, **how) -> torch.Tensor:
        if missed is not None:
            missed.append(torch.tensor([self.misses[how["flips"]]]))
        return super().__call__(image, mask, **how).where(mask == 0, torch.tensor(0.5 + self.misses[how["flips"]]))


def test_variations_are_ranked_by_what_their_raw_answers_miss_of_the_mosaic():
    grid, box, bar = Grid((8, 8), (0, 0)), Box(16, 16, 64, 64), Box(80, 20, 90, 60)
    pixels = mosaic(noise(100, 120) // 2 + 50, grid, box.slices)
    pixels[bar.slices] = 255
    picture, mask = Picture(pixels), marks(100, 120, box, bar)
    found = examine_marks(picture, mask, censor="auto")
    restorer = Restorer(Cast(), shows={"hole": "grey", "mosaic": "bicubic"}, device="cpu")
    ranked = [one for (one,) in variations([picture], [found], restorer, 4, best=True)]
    cast = [float(one.colour[85, 40, 0]) - 127.5 for one in ranked]
    assert [each > 0 for each in cast] == [True, False, True, False]
    assert sorted(cast, key=abs) == cast
    means = cell_means(ranked[0].tensor(), grid) - cell_means(picture.tensor(), grid)
    assert means[:, 2:8, 2:8].abs().max() < 1 / 255, "cell means are kept all the same"


@pytest.mark.parametrize(("count", "best"), [(1, False), (2, True), (4, False)])
def test_the_cells_of_a_mosaic_are_measured_once(monkeypatch: pytest.MonkeyPatch, count: int, best: bool):
    grid, box = Grid((8, 8), (0, 0)), Box(16, 16, 64, 64)
    picture = Picture(mosaic(noise(100, 120) // 2 + 50, grid, box.slices))
    found = examine_marks(picture, marks(100, 120, box), censor="auto")
    measured, calls = projection.measured_cells, []

    def counted(*arguments: Any) -> torch.Tensor:
        calls.append(arguments)
        return measured(*arguments)

    monkeypatch.setattr(projection, "measured_cells", counted)
    restorer = Restorer(Cast(), shows={"hole": "grey", "mosaic": "bicubic"}, device="cpu")
    assert len(list(variations([picture], [found], restorer, count, best=best))) == count
    assert len(calls) == 1


def test_holes_are_not_ranked_for_nothing_measures_them():
    picture, mask, fake = Picture(noise()), marks(40, 50, Box(5, 5, 9, 9)), Fake()
    assert len(list(variations([picture], [examine_marks(picture, mask, censor="hole")], fake, 4, best=True))) == 4
    assert [call[4] for call in fake.calls] == [(False, False), (False, True), (True, False), (True, True)]


def test_holes_grow_but_not_over_mosaics_and_mosaics_never_grow():
    grid, box, bar = Grid((8, 8), (0, 0)), Box(16, 16, 64, 64), Box(20, 68, 60, 90)
    pixels = mosaic(noise(100, 120), grid, box.slices)
    pixels[bar.slices] = 255
    picture = Picture(pixels)
    found = examine_marks(picture, marks(100, 120, box, bar), censor="auto", grow=6)
    ((repaired,),) = variations([picture], [found], Fake(), 1)
    changed = (repaired.colour == LEVEL).all(2)
    assert changed[16:64, 16:64].all()
    assert changed[20:60, 64:96].all()
    assert not changed[:16, 16:64].any()
    assert changed.sum() == 48 * 48 + 40 * (4 + 22 + 6) + int(changed[:20].sum() + changed[60:].sum() - 8 * 48)


PHOTOGRAPHS = Path(__file__).parents[2] / "data" / "demo" / "clean"


def pixelated(name: str, grid: Grid, quality: int = 0) -> tuple[Picture, torch.Tensor]:
    """A photograph with a mosaic in its middle, kept as a JPEG of this quality or without loss."""
    pixels = read(PHOTOGRAPHS / name).colour
    box = Box(101, 119, 240, 280)
    pixels = mosaic(pixels, grid, box.slices)
    if quality:
        held = io.BytesIO()
        Image.fromarray(pixels).save(held, "JPEG", quality=quality)
        pixels = np.array(Image.open(held))
    return Picture(pixels), marks(*pixels.shape[:2], box)


@pytest.mark.parametrize("quality", [0, 95, 75])
@pytest.mark.parametrize("name", ["cat.png", "autumn.png"])
def test_a_wrong_block_is_noticed_and_the_right_one_is_named(name: str, quality: int):
    picture, mask = pixelated(name, Grid((12, 12), (5, 7)), quality)
    for block, right in (((12, 12), True), ((10, 10), False), ((16, 12), False), ((6, 6), False)):
        note = doubt_block(picture, examine_marks(picture, mask, censor="mosaic", block=block), block)
        if right:
            assert note is None
        else:
            assert note is not None
            assert f"the block {block[0]}x{block[1]} does not explain the pixels in 1 of 1 mosaics" in note
            assert "look 12 high and 12 wide (--block 12x12" in note


def test_a_block_for_what_is_no_mosaic_is_noticed():
    picture = Picture(noise(100, 120))
    found = examine_marks(picture, marks(100, 120, Box(10, 10, 80, 90)), censor="mosaic", block=(8, 8))
    assert "in 1 of 1 mosaics: its cells are not flat" in str(doubt_block(picture, found, (8, 8)))


def test_the_block_of_a_bar_raises_no_doubt():
    picture = Picture(noise(100, 120))
    found = examine_marks(picture, marks(100, 120, Box(10, 10, 80, 90)), censor="hole")
    assert doubt_block(picture, found, (8, 8)) is None


def test_a_rescaled_mosaic_is_restored_where_its_cells_are_whole_pixels():
    lattice, image = Lattice((9.6, 11.2), (3.0, 4.5)), torch.from_numpy(noise(120, 140)).permute(2, 0, 1) / 255
    mask = marks(120, 140, Box(22, 27, 80, 94)).float()
    seen: list[tuple[torch.Tensor, Grid]] = []

    def restorer(image: torch.Tensor, mask: torch.Tensor, *, censor: str, grid: Grid, flips: tuple[bool, ...]):
        assert (censor, flips) == ("mosaic", (False, True))
        seen.append((image, grid))
        across = torch.linspace(0, 1, image.shape[2]).expand(3, image.shape[1], -1)
        return across.where(mask > 0.5, image)

    restored = restore_damage(image, [Damage("mosaic", lattice, mask)], restorer, (False, True))  # pyright: ignore
    ((shown, grid),) = seen
    assert grid.block == (10, 11)
    assert shown.shape[1:] == pytest.approx((120 * 10 / 9.6, 140 * 11 / 11.2), abs=2)
    assert torch.equal(restored[:, mask[0] < 1], image[:, mask[0] < 1]), "known pixels are kept bit for bit"
    ramp = torch.linspace(0, 1, 140).expand(3, 120, -1)
    inner = Box(26, 31, 76, 90)  # a bicubic step beside the mask sees what lies beyond it
    assert (inner.of(restored) - inner.of(ramp)).abs().max() < 0.02
