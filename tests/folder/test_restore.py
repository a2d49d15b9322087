"""Painted pictures are restored as their users expect: who marks what, and which pixels count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from folder_pictures import BOX, FILL, GREEN, GRID, LARGE, LEVEL, Fake, load, mosaic, noise, only, painted, save

from inpaint.folder import decensor
from inpaint.mosaic.grid import Grid


def test_painted_pixels_are_restored_and_all_others_are_kept(tmp_path: Path):
    pixels = painted(noise(), BOX)
    source = save(tmp_path / "in" / "a.png", pixels)
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake()))
    assert outcome.path == source
    assert outcome.outputs == [tmp_path / "out" / "a 0.png"]
    assert (outcome.error, outcome.regions, outcome.censor, outcome.note) == (None, 1, "hole", None)
    assert outcome.seconds > 0
    assert np.array_equal(load(outcome.outputs[0]), painted(pixels, BOX, colour=(LEVEL,) * 3))


@pytest.mark.parametrize(
    "box",
    [
        (slice(0, 3), slice(10, 20)),
        (slice(37, 40), slice(10, 20)),
        (slice(10, 20), slice(0, 1)),
        (slice(10, 20), slice(47, 50)),
        (slice(39, 40), slice(49, 50)),
        (slice(0, 40), slice(0, 50)),
    ],
)
def test_regions_at_every_edge_are_restored_completely(tmp_path: Path, box: tuple[slice, slice]):
    pixels = painted(noise(), box)
    save(tmp_path / "in" / "a.png", pixels)
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake()))
    assert np.array_equal(load(outcome.outputs[0]), painted(pixels, box, colour=(LEVEL,) * 3))


def test_a_picture_of_one_pixel(tmp_path: Path):
    save(tmp_path / "a.png", np.array([[GREEN]], dtype=np.uint8))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake()))
    assert load(outcome.outputs[0]).tolist() == [[[LEVEL] * 3]]


def test_nothing_painted_is_an_error_and_no_output(tmp_path: Path):
    save(tmp_path / "in" / "a.png", noise())
    outcome = only(decensor(tmp_path / "in", tmp_path / "out", restorer=Fake()))
    assert outcome.error is not None
    assert "is exactly (0, 255, 0), nor near it" in outcome.error
    assert outcome.outputs == []
    assert not (tmp_path / "out").exists()


def test_near_misses_are_told_and_the_told_tolerance_works(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX, colour=(3, 251, 2)))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake()))
    assert outcome.error is not None
    assert "120 pixels are within tolerance 3, most often (3, 251, 2): use --tolerance 3" in outcome.error
    assert only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), tolerance=3)).error is None
    tight = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), tolerance=2))
    assert "within tolerance 2 of (0, 255, 0)" in str(tight.error)


def test_paint_that_jpeg_has_blurred_is_noted_and_the_told_tolerance_takes_it(tmp_path: Path):
    smooth = np.full((64, 64, 3), 90, np.uint8)
    save(tmp_path / "a.jpg", painted(smooth, (slice(9, 50), slice(11, 53))), quality=75)
    fake = Fake()
    noted = only(decensor(tmp_path / "a.jpg", tmp_path / "out", restorer=fake, grow=0)).note
    assert noted is not None
    assert "nearly are" in noted
    tolerance = int(noted.split("--tolerance ")[1].split()[0])
    decensor(tmp_path / "a.jpg", tmp_path / "out", restorer=fake, tolerance=tolerance, grow=0)
    exact, tolerant = (int(call[1].sum()) for call in fake.calls)
    assert exact < 0.9 * 41 * 42
    assert 0.85 * 41 * 42 < tolerant < 1.1 * 41 * 42  # what the rim has blended with the grey stays


def test_another_colour_can_mark(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX, colour=(255, 0, 255)))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), colour=(255, 0, 255)))
    assert outcome.error is None


def test_alpha_is_kept(tmp_path: Path):
    alpha = np.random.default_rng(1).integers(0, 256, (40, 50, 1), dtype=np.uint8)
    save(tmp_path / "a.png", np.concatenate([painted(noise(), BOX), alpha], axis=2))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake()))
    assert np.array_equal(load(outcome.outputs[0])[..., 3:], alpha)


def test_pixels_mode_and_format_come_from_the_original(tmp_path: Path):
    pixels = mosaic(noise(80, 100), GRID, LARGE)
    alpha = np.full((80, 100, 1), 77, np.uint8)
    save(tmp_path / "painted" / "a.png", painted(noise(80, 100, seed=9), LARGE))
    save(tmp_path / "clean" / "a.webp", np.concatenate([pixels, alpha], axis=2), lossless=True)
    fake = Fake()
    outcome = only(decensor(tmp_path / "painted", tmp_path / "out", restorer=fake, original=tmp_path / "clean"))
    assert outcome.outputs == [tmp_path / "out" / "a 0.webp"]
    assert outcome.censor == "mosaic"
    ((image, mask, censor, grid, _),) = fake.calls
    assert (censor, grid) == ("mosaic", GRID)
    assert torch.equal((image * 255).round().byte().permute(1, 2, 0), torch.from_numpy(pixels))
    assert mask.sum() == 72 * 84
    result = load(outcome.outputs[0])
    assert (result[..., 3] == 77).all()
    assert np.array_equal(result[..., :3], painted(pixels, LARGE, colour=(LEVEL,) * 3))


def test_originals_are_found_by_their_stem_best_in_the_same_letter_case(tmp_path: Path):
    save(tmp_path / "painted" / "sub" / "Photo.png", painted(noise(), BOX))
    folder = tmp_path / "clean" / "sub"
    save(folder / "photo.bmp", noise(seed=1))
    job = {"restorer": Fake(), "original": tmp_path / "clean"}
    insensitive = only(decensor(tmp_path / "painted", tmp_path / "out", **job))
    assert insensitive.outputs == [tmp_path / "out" / "sub" / "Photo 0.bmp"]
    save(folder / "Photo.tif", noise(seed=2))
    sensitive = only(decensor(tmp_path / "painted", tmp_path / "out", **job))
    assert sensitive.outputs == [tmp_path / "out" / "sub" / "Photo 0.tif"]


def test_a_missing_original_and_another_size_are_errors_of_that_file(tmp_path: Path):
    for name in ("a", "b", "c"):
        save(tmp_path / "painted" / f"{name}.png", painted(noise(), BOX))
    save(tmp_path / "clean" / "b.png", noise(41, 50))
    save(tmp_path / "clean" / "c.png", noise())
    missing, other, good = decensor(
        tmp_path / "painted", tmp_path / "out", restorer=Fake(), original=tmp_path / "clean"
    )
    assert "has no original" in str(missing.error)
    assert "50 x 41 pixels" in str(other.error)
    assert "50 x 40" in str(other.error)
    assert good.error is None


def test_bars_do_not_read_the_original(tmp_path: Path):
    pixels = painted(noise(), BOX)
    save(tmp_path / "painted" / "a.png", pixels)
    (tmp_path / "clean").mkdir()
    job = {"restorer": Fake(), "original": tmp_path / "clean", "censor": "hole"}
    outcome = only(decensor(tmp_path / "painted", tmp_path / "out", **job))
    assert np.array_equal(load(outcome.outputs[0]), painted(pixels, BOX, colour=(LEVEL,) * 3))


def test_a_painted_mosaic_without_an_original_is_an_error(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX))
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), censor="mosaic"))
    assert "hides the mosaic" in str(outcome.error)


def test_mosaics_are_restored_before_holes_and_never_see_them(tmp_path: Path):
    clean = mosaic(noise(80, 160), GRID, LARGE)
    bar = (slice(20, 60), slice(95, 140))
    clean[bar] = 255
    save(tmp_path / "clean" / "a.png", clean)
    save(tmp_path / "painted" / "a.png", painted(clean, LARGE, bar))
    fake = Fake()
    outcome = only(decensor(tmp_path / "painted", tmp_path / "out", restorer=fake, original=tmp_path / "clean"))
    assert fake.censors == ["mosaic", "hole"]
    assert (outcome.censor, outcome.regions) == ("mosaic and hole", 2)
    seen_by_mosaic, seen_by_hole = fake.calls[0][0], fake.calls[1][0]
    assert seen_by_mosaic[:, bar[0], bar[1]].max() < 0.8  # nothing of the white bar
    assert (seen_by_hole[:, LARGE[0], LARGE[1]] == FILL).all()  # the restored mosaic
    assert np.array_equal(load(outcome.outputs[0]), painted(clean, LARGE, bar, colour=(LEVEL,) * 3))


def test_regions_of_one_kind_are_restored_in_one_call(tmp_path: Path):
    save(tmp_path / "a.png", painted(noise(), BOX, (slice(20, 30), slice(0, 9)), (slice(39, 40), slice(49, 50))))
    fake = Fake()
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=fake))
    assert (len(fake.calls), outcome.regions) == (1, 3)


def test_a_mosaic_without_a_grid_is_restored_and_noted(tmp_path: Path):
    save(tmp_path / "a.png", noise())
    save(tmp_path / "mask.png", painted(noise() * 0, BOX, colour=(255, 255, 255)))
    fake = Fake()
    job = {"restorer": fake, "masks": tmp_path / "mask.png", "censor": "mosaic"}
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", **job))
    assert fake.calls[0][2:4] == ("mosaic", None)
    assert outcome.note is not None
    assert "no grid of cells in" in outcome.note
    assert outcome.error is None


def test_a_given_block_only_leaves_the_phase_to_be_found(tmp_path: Path):
    save(tmp_path / "a.png", mosaic(noise(80, 100), Grid((6, 9), (4, 2)), LARGE))
    save(tmp_path / "mask.png", painted(noise(80, 100) * 0, LARGE, colour=(255, 255, 255)))
    fake = Fake()
    job = {"restorer": fake, "masks": tmp_path / "mask.png", "censor": "mosaic", "block": (6, 9)}
    decensor(tmp_path / "a.png", tmp_path / "out", **job)
    assert fake.calls[0][3] == Grid((6, 9), (4, 2))


def test_a_hole_grows_where_asked(tmp_path: Path):
    pixels = painted(noise(), BOX)
    save(tmp_path / "a.png", pixels)
    outcome = only(decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), grow=1))
    changed = (load(outcome.outputs[0]) == LEVEL).all(2)
    assert changed.sum() == 10 * 12 + 2 * (10 + 12)
    with pytest.raises(ValueError, match="grow is '-1', but must be auto or a whole number from 0 to 256"):
        decensor(tmp_path / "a.png", tmp_path / "out", restorer=Fake(), grow=-1)


MUCH = "it marks 76 % of the picture, more than is kept; --invert-mask restores the other 24 %"


def test_a_wrong_block_is_noted_with_the_one_that_is_seen(tmp_path: Path):
    save(tmp_path / "a.png", mosaic(noise(80, 100), GRID, LARGE))
    save(tmp_path / "mask.png", painted(noise(80, 100) * 0, LARGE, colour=(255, 255, 255)))
    job = {"restorer": Fake(), "masks": tmp_path / "mask.png", "censor": "mosaic"}
    wrong = only(decensor(tmp_path / "a.png", tmp_path / "out", block=(10, 10), **job))
    assert "the block 10x10 does not explain the pixels in 1 of 1 mosaics" in str(wrong.note)
    assert "--block 8x8" in str(wrong.note)
    assert only(decensor(tmp_path / "a.png", tmp_path / "out", block=(8, 8), **job)).note == f"{job['masks']}: {MUCH}"


@pytest.mark.parametrize("pixels", ["noise", "one colour", "a slope"])
def test_a_mosaic_that_shows_no_grid_is_told(tmp_path: Path, pixels: str):
    picture = noise(64, 80)
    inside = {"noise": noise(24, 32), "one colour": np.full((24, 32, 3), 90, np.uint8)}
    slope = np.repeat(np.arange(60, 60 + 32, dtype=np.uint8)[None, :, None], 24, 0).repeat(3, 2)
    picture[20:44, 24:56] = inside.get(pixels, slope)
    mask = np.zeros((64, 80, 3), np.uint8)
    mask[20:44, 24:56] = 255
    save(tmp_path / "in" / "a.png", picture)
    save(tmp_path / "mask.png", mask)
    outcome = only(
        decensor(tmp_path / "in", tmp_path / "out", restorer=Fake(), masks=tmp_path / "mask.png", censor="mosaic")
    )
    assert outcome.note is not None
    assert "no grid of cells in 1 region: none are kept there" in outcome.note
