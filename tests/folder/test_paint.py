"""What marks a picture that has no mask: visible paint, in its file's numbers or by its profile, and transparency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from folder_pictures import BOX, LEVEL, Fake, load, noise, only, painted, save
from ink_profile import wide_profile
from PIL import Image, ImageCms

from inpaint.folder import decensor
from inpaint.images.profile_colour import in_profile

LARGER = (slice(4, 36), slice(5, 45))


def with_alpha(pixels: np.ndarray, *clear: tuple[slice, slice], level: int = 0) -> np.ndarray:
    alpha = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    for box in clear:
        alpha[box] = level
    return np.concatenate([pixels, alpha], axis=2)


@pytest.mark.parametrize(
    ("marking", "paint"),
    [
        ((0, 255, 0), (34, 177, 76)),
        ((255, 0, 0), (237, 28, 36)),
        ((0, 0, 0), (30, 30, 30)),
        ((255, 0, 255), (200, 60, 190)),
    ],
)
def test_paint_of_another_shade_is_told_and_the_told_colour_restores_it(marking: tuple, paint: tuple, tmp_path: Path):
    save(tmp_path / "a.png", painted(noise() // 2 + 60, LARGER, colour=paint))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), colour=marking))
    assert f"1280 pixels look like paint of {paint}" in str(outcome.error)
    told = str(outcome.error).split("--colour ")[1].split()[0]
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), colour=told))
    assert outcome.error is None
    assert (load(outcome.outputs[0])[LARGER] == LEVEL).all()


def test_paint_of_another_shade_in_a_jpeg_is_told_with_a_tolerance(tmp_path: Path):
    save(tmp_path / "a.jpg", painted(noise() // 2 + 60, LARGER, colour=(34, 177, 76)), quality=80)
    outcome = only(decensor(tmp_path / "a.jpg", tmp_path / "out", restorer=Fake()))
    colour, _, tolerance = str(outcome.error).split("--colour ")[1].split()
    outcome = only(
        decensor(tmp_path / "a.jpg", tmp_path / "out", restorer=Fake(), colour=colour, tolerance=int(tolerance))
    )
    assert outcome.error is None


def test_leaves_are_no_paint(tmp_path: Path):
    leaves = noise() // 4
    leaves[..., 1] += 90
    save(tmp_path / "a.png", leaves)
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake()))
    assert str(outcome.error).endswith("nor near it: paint what shall be restored in that colour, without soft edges")


def test_paint_is_found_in_the_numbers_of_the_file_and_in_srgb(tmp_path: Path):
    icc = wide_profile()
    meant = in_profile((0, 255, 0), icc)
    assert meant is not None
    assert meant != (0, 255, 0)
    for name, colour in (("numbers", (0, 255, 0)), ("srgb", meant)):
        save(tmp_path / f"{name}.png", painted(noise(), BOX, colour=colour), icc_profile=icc)
        outcome = only(decensor(tmp_path / f"{name}.png", tmp_path / "out", restorer=Fake()))
        assert (load(outcome.outputs[0])[BOX] == LEVEL).all()
        assert ("by its profile" in str(outcome.note)) is (name == "srgb")


def test_a_profile_of_no_colours_or_a_damaged_one_is_left_alone():
    assert in_profile((0, 255, 0), b"hello") is None
    assert in_profile((0, 255, 0), ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()) is None


def test_clear_pixels_of_the_colour_mark_nothing_and_are_told(tmp_path: Path):
    save(tmp_path / "a.png", with_alpha(painted(noise(), BOX), BOX))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake()))
    assert "120 pixels of (0, 255, 0) are clear, so they mark nothing" in str(outcome.error)
    other = (slice(20, 30), slice(25, 40))
    save(tmp_path / "a.png", with_alpha(painted(noise(), BOX, other), BOX))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake()))
    assert (outcome.error, outcome.regions) == (None, 1)
    assert "120 pixels of (0, 255, 0) are clear" in str(outcome.note)
    assert (load(outcome.outputs[0])[(*BOX, slice(0, 3))] == (0, 255, 0)).all()


@pytest.mark.parametrize("form", ["png", "webp", "tif"])
def test_transparent_holes_mark_when_asked_and_become_opaque(form: str, tmp_path: Path):
    source = with_alpha(noise(), BOX)
    source[4, 8:20, 3] = 200  # the soft edge of an eraser
    save(tmp_path / f"a.{form}", source, **({"lossless": True, "exact": True} if form == "webp" else {}))
    outcome = only(decensor(tmp_path / f"a.{form}", tmp_path / "out", restorer=Fake(), mark="alpha"))
    assert (outcome.error, outcome.note, outcome.censor, outcome.regions) == (None, None, "hole", 1)
    after, restored = np.array(Image.open(outcome.outputs[0]).convert("RGBA")), (slice(4, 15), slice(8, 20))
    assert (after[restored] == (LEVEL, LEVEL, LEVEL, 255)).all()
    after[restored] = source[restored]
    assert np.array_equal(after, source)


def test_a_clear_palette_entry_marks_too(tmp_path: Path):
    image = Image.fromarray(painted(noise() // 64 * 64, BOX, colour=(1, 2, 3))).quantize(128)
    image.save(tmp_path / "a.png", transparency=int(np.array(image)[BOX][0, 0]))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), mark="alpha"))
    after = np.array(Image.open(outcome.outputs[0]).convert("RGBA"))
    assert (after[BOX] == (LEVEL, LEVEL, LEVEL, 255)).all()


def test_a_picture_without_transparency_and_one_that_is_mostly_clear_are_told(tmp_path: Path):
    save(tmp_path / "a.png", noise())
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), mark="alpha"))
    assert outcome.error == f"no pixel of {tmp_path}/a.png is transparent: erase what shall be restored"
    save(tmp_path / "a.png", with_alpha(noise(), LARGER))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), mark="alpha"))
    assert outcome.note == "64 % of the picture are transparent and were restored, more than was known"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"masks": "m.png", "mark": "alpha"}, "transparency marks nothing: leave out --mark or --mask"),
        ({"invert_mask": True}, "there are no mask files to invert or to compare with a threshold"),
        ({"mask_threshold": 9}, "there are no mask files to invert or to compare with a threshold"),
    ],
)
def test_marks_that_mean_nothing_together_are_refused(options: dict, sentence: str, tmp_path: Path):
    save(tmp_path / "m.png", noise())
    given = {**options, **({"masks": tmp_path / "m.png"} if "masks" in options else {})}
    with pytest.raises(ValueError, match=sentence):
        decensor(save(tmp_path / "a.png", noise()), tmp_path / "out", restorer=Fake(), **given)
