"""Censors that are no mosaics of squares: each is told by its pixels, and restoring it gains over doing nothing.

What is censored are photographs of the demo, by the same code as the benchmark's.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from shape_pictures import found_in, gain, lossy, marked, photograph, restorer, seen

from inpaint import images
from inpaint.detection.layers import TranslucentLayer
from inpaint.detection.region_kinds import PointSamples, Translucent
from inpaint.folder import decensor
from inpaint.folder.damage_notes import notes_on_damage
from inpaint.images import Picture
from inpaint.mosaic.free_cells import FreeCells, summed_by_cell
from inpaint.restoring.repair import examine_marks, variations


@pytest.mark.parametrize("kind", ["hexagons", "crystals", "diamonds", "rotated 20", "bricks"])
def test_cells_of_any_shape_are_found_and_keep_their_means_and_gain(kind: str):
    shown = seen(kind)
    (part,) = found_in(shown)
    assert part.censor == "mosaic"
    assert isinstance(part.trace, FreeCells)
    assert part.trace.side == pytest.approx(8, abs=1)
    won, restored = gain(shown)
    assert won > 0.7
    count = part.trace.means.shape[1]
    sums, counts = (
        summed_by_cell(it, part.trace.labels, count)
        for it in (torch.from_numpy(restored).permute(2, 0, 1).float(), torch.ones(1, 200, 200))
    )
    missed = (sums / counts - part.trace.means * 255).abs()
    assert float(missed.max()) < 1, "a level at most, as rounding to 8 bits leaves it"


def test_a_region_of_many_colours_that_is_filled_says_so(tmp_path: Path):
    grey = np.where(marked()[..., None], 90, photograph()).astype(np.uint8)
    roomy = photograph().copy()  # the mark is wider than the paint in it
    roomy[cv2.erode(marked().astype(np.uint8), np.ones((7, 7), np.uint8)) > 0] = 0
    for shown, count in ((photograph(), 1), (grey, 0), (roomy, 0), (seen("hexagons"), 0)):
        (window,) = examine_marks(Picture(shown), torch.from_numpy(marked())[None], censor="auto")
        assert window.unused == count
    (window,) = examine_marks(Picture(photograph()), torch.from_numpy(marked())[None], censor="hole")
    assert window.unused == 0
    images.write(Picture(photograph()), tmp_path / "a.png")
    Image.fromarray(marked()).save(tmp_path / "mask.png")
    (outcome,) = decensor(tmp_path / "a.png", tmp_path / "out.png", restorer=restorer(), masks=tmp_path / "mask.png")
    assert outcome.note is not None
    assert outcome.note.startswith("1 region of many colours filled as holes")


@pytest.mark.parametrize("kind", ["dots", "feathered"])
def test_what_lies_between_cells_and_fades_into_them_stays(kind: str):
    won, _ = gain(seen(kind))
    assert won > 0.3
    assert found_in(seen(kind))[0].censor == "mosaic"


@pytest.mark.parametrize("kind", ["blur", "bilinear"])
def test_a_blur_is_restored_from_its_pixels(kind: str):
    shown = seen(kind)
    (part,) = found_in(shown)
    assert part.censor == "blur"
    assert gain(shown)[0] > 0.1


@pytest.mark.parametrize("quality", [0, 75])
def test_dots_on_a_ground_are_restored_without_it(quality: int):
    shown = lossy(seen("circles"), "JPEG", quality) if quality else seen("circles")
    (part,) = found_in(shown)
    assert isinstance(part.trace, FreeCells)
    assert part.trace.side == pytest.approx(8, abs=0.5)
    assert gain(shown)[0] > 8
    pattern = np.where((seen("circles") == 0).all(2)[..., None], 0, 180).astype(np.uint8)  # dots of one colour
    shown = np.where(marked()[..., None], pattern, photograph())
    assert not any(isinstance(part.trace, FreeCells) for part in found_in(shown))


def test_cells_are_found_under_a_blur():
    shown = seen("blurred mosaic")
    (part,) = found_in(shown)
    assert part.censor == "mosaic"
    assert part.grid is not None
    assert part.grid.block == pytest.approx((8, 8), abs=0.2)
    assert gain(shown)[0] > 1


def test_a_mosaic_that_lets_the_picture_be_seen_is_taken_off():
    shown = seen("translucent")
    (part,) = found_in(shown)
    assert part.trace == Translucent(0.7)
    assert gain(shown)[0] > 15


@pytest.mark.parametrize(("kind", "opacity"), [("black 60 %", 0.6), ("white 50 %", 0.5), ("pink 73 %", 0.73)])
def test_a_layer_that_lets_the_picture_be_seen_is_taken_off(kind: str, opacity: float):
    shown = seen(kind)
    (part,) = found_in(shown)
    assert part.censor == "layer"
    assert isinstance(part.trace, TranslucentLayer)
    assert part.trace.share[0] == pytest.approx(1 - opacity, abs=0.02)
    assert part.trace.is_even
    assert gain(shown)[0] > 25


def test_a_layer_whose_opacity_changes_is_taken_off():
    shown = seen("black gradient")
    (part,) = found_in(shown)
    assert isinstance(part.trace, TranslucentLayer)
    assert not part.trace.is_even
    assert gain(shown)[0] > 20


@pytest.mark.parametrize("name", ["cat", "autumn", "flower", "sunflower"])
def test_untouched_pictures_and_what_hides_all_are_holes(name: str):
    picture, random = photograph(name), np.random.default_rng(0)
    drawn = picture.copy()
    for _ in range(12):
        one, other = (tuple(map(int, random.integers(40, 150, 2))) for _ in range(2))
        cv2.line(drawn, one, other, (255, 255, 255), 3, cv2.LINE_AA)
    slope = np.linspace(40, 220, 200)[None, :, None] * np.ones((200, 1, 3))
    stripes = ((np.indices((200, 200)).sum(0) // 6 % 2) * 255)[..., None] * np.ones(3)
    other = photograph("cat" if name != "cat" else "flower")
    for hidden in (picture, drawn, slope, stripes, other, random.integers(0, 256, picture.shape)):
        shown = np.where(marked()[..., None], hidden, picture).astype(np.uint8)
        if hidden is not other:  # a softer picture in a sharp one is a blur
            assert [part.censor for part in found_in(shown)] == ["hole"]
            assert [part.censor for part in found_in(lossy(shown, "JPEG", 85))] == ["hole"]


def test_a_scratch_is_no_mosaic_whatever_its_pixels_say():
    picture, random = photograph().copy(), np.random.default_rng(3)
    for width in (1, 2, 3):
        mask = np.zeros(picture.shape[:2], np.uint8)
        for _ in range(3):
            one, other = (tuple(map(int, random.integers(10, 190, 2))) for _ in range(2))
            cv2.line(mask, one, other, 1, width)
        scratched = np.where(mask[..., None] > 0, random.integers(200, 256, picture.shape), picture).astype(np.uint8)
        assert {part.censor for part in found_in(scratched, mask > 0)} == {"hole"}


def test_a_generous_mark_over_hexagons_leaves_what_is_original():
    shown = np.where(
        cv2.erode(marked().astype(np.uint8), np.ones((21, 21)))[..., None] > 0, seen("hexagons"), photograph()
    )
    ((restored,),) = variations(
        [Picture(shown)],
        [examine_marks(Picture(shown), torch.from_numpy(marked())[None], censor="auto")],
        restorer(),
        1,
    )
    margin = marked() & ~(cv2.erode(marked().astype(np.uint8), np.ones((15, 15))) > 0)
    same = (restored.colour[margin] == shown[margin]).all(1).mean()
    assert same > 0.9


def test_cells_that_show_a_corner_are_told_and_keep_that_pixel():
    shown = seen("corner")
    (part,) = found_in(shown)
    assert part.trace == PointSamples((0, 0))
    won, restored = gain(shown)
    assert won > 1
    assert part.grid is not None
    (high, wide), (top, left) = part.grid
    corners = np.zeros(marked().shape, bool)
    corners[int(top) :: int(high), int(left) :: int(wide)] = True
    assert np.array_equal(restored[corners & marked()], photograph()[corners & marked()])
    assert found_in(seen("squares"))[0].trace is None


def test_cells_that_show_their_middle_are_told_where_the_mark_cuts_some():
    shown = seen("centre")
    (part,) = found_in(shown)
    assert part.grid is not None
    assert part.trace == PointSamples((int(part.grid.block[0]) // 2, int(part.grid.block[1]) // 2))
    assert gain(shown)[0] > 1
    for kind in ("median", "light"):  # nothing tells these from means, and they gain all the same
        plain = seen(kind)
        assert found_in(plain)[0].trace is None
        assert gain(plain)[0] > 0


def test_every_kind_is_told_in_a_note():
    kinds = {
        "hexagons": "no upright squares",
        "blur": "a blur of",
        "translucent": "70% opaque",
        "black 60 %": "60% opaque",
    }
    for kind, words in kinds.items():
        (note,) = notes_on_damage(found_in(seen(kind)))
        assert note.startswith("1 region taken for")
        assert words in note


def test_a_censor_that_is_said_to_be_a_hole_is_one():
    (part,) = found_in(seen("hexagons"), censor="hole")
    assert (part.censor, part.trace) == ("hole", None)
