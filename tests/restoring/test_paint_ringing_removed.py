"""Known pixels beside flat paint in a JPEG or WebP lose its ringing; all others, and files that tell nothing, stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from inpaint import images
from inpaint.images.metadata import TURNED_BACK, turn
from inpaint.restoring.coded_parts import enlarged_plane, thinned_out_plane
from inpaint.restoring.repair import RepairWindow, examine_marks
from inpaint.restoring.webp_planes import unsmoothed

COLOURS = {"green": (0, 255, 0), "black": (0, 0, 0), "white": (255, 255, 255), "red": (237, 28, 36)}
SIZE = (150, 202)  # no whole number of blocks


def picture() -> np.ndarray:
    """Shades, an edge and some texture, (H, W, 3) uint8."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    noise = cv2.GaussianBlur(rng.normal(0, 12, (*SIZE, 3)), (0, 0), 1.5)
    shades = np.stack([90 + 0.3 * x, 110 + 0.2 * y, 150 - 0.2 * x], 2) - 40 * (y > 0.4 * x + 60)[..., None]
    return (shades + noise).clip(30, 225).round().astype(np.uint8)


def shapes(width: int = 14) -> np.ndarray:
    """A stroke and a box with hard edges, (H, W) bool."""
    drawn = np.zeros(SIZE, np.uint8)
    cv2.polylines(drawn, [np.array([[45, 45], [150, 60], [90, 115]])], False, (1,), width)
    cv2.rectangle(drawn, (150, 90), (181, 109), (1,), -1)
    return drawn > 0


def painted(colour: tuple[int, int, int], inside: np.ndarray) -> np.ndarray:
    pixels = picture()
    pixels[inside] = colour
    return pixels


def saved(pixels: np.ndarray, path: Path, *, orientation: int = 1, **how: Any) -> images.Picture:
    """Save a picture so that it is shown as it is, and read it again."""
    exif = Image.Exif()
    exif[0x112] = orientation
    stored = turn(pixels, TURNED_BACK.get(orientation, orientation))
    Image.fromarray(stored).save(path, exif=exif.tobytes(), **how)
    return images.read(path)


def examined(picture: images.Picture, marked: np.ndarray, grow: int | None = None) -> RepairWindow:
    (window,) = examine_marks(picture, torch.from_numpy(marked).float()[None], censor="hole", grow=grow)
    return window


def error(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    return float(np.sqrt(((one.astype(float) - other) ** 2)[where].mean()))


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize(("quality", "subsampling"), [(50, 2), (75, 0), (95, 1)])
def test_known_pixels_beside_paint_are_nearly_as_good_as_without_paint(
    tmp_path: Path, name: str, quality: int, subsampling: int
):
    inside, how = shapes(), {"quality": quality, "subsampling": subsampling}
    plain = saved(picture(), tmp_path / "plain.jpg", **how).colour
    seen = saved(painted(COLOURS[name], inside), tmp_path / "painted.jpg", **how)
    window = examined(seen, inside)
    hole = window.mask[0].numpy() > 0
    assert window.cleaned is not None
    near = (cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~inside & ~hole
    before, best = error(seen.colour, picture(), near), error(plain, picture(), near)
    after = error(window.cleaned.shown_in(seen).colour, picture(), near)
    assert before > 1.3 * best
    assert after < best + 0.25 * (before - best)
    assert (hole & ~inside).sum() <= 0.03 * inside.sum()


KINDS: dict[str, list[int]] = {
    "quality 30": [cv2.IMWRITE_JPEG_QUALITY, 30],
    "4:1:1": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411],
    "4:4:0": [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440],
    "progressive": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_QUALITY, 75],
}


@pytest.mark.parametrize("name", ["green", "black"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_jpeg_loses_most_of_the_ringing(tmp_path: Path, kind: str, name: str):
    def kept(pixels: np.ndarray, file: str) -> images.Picture:
        cv2.imwrite(str(tmp_path / file), pixels[..., ::-1], KINDS[kind])
        return images.read(tmp_path / file)

    inside = shapes()
    plain, seen = kept(picture(), "plain.jpg").colour, kept(painted(COLOURS[name], inside), "painted.jpg")
    window = examined(seen, inside)
    assert window.cleaned is not None
    near = (cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & (window.mask[0].numpy() == 0)
    before, best = error(seen.colour, picture(), near), error(plain, picture(), near)
    assert error(window.cleaned.shown_in(seen).colour, picture(), near) < best + 0.5 * (before - best)


@pytest.mark.parametrize("name", COLOURS)
def test_in_inks_it_is_restored_and_told(tmp_path: Path, name: str):
    inside = shapes()
    Image.fromarray(painted(COLOURS[name], inside)).convert("CMYK").save(tmp_path / "inks.jpg", quality=85)
    window = examined(images.read(tmp_path / "inks.jpg"), inside)
    assert window.cleaned is None
    assert window.uncleaned == 1 or window.reach >= 4  # each of them is a note


def test_a_mark_that_misses_some_paint_takes_it_in(tmp_path: Path):
    inside = shapes()
    seen = saved(painted(COLOURS["green"], inside), tmp_path / "painted.jpg", quality=75)
    marked = inside & (np.abs(seen.colour.astype(int) - COLOURS["green"]).max(2) <= 12)
    assert (inside & ~marked).sum() > 60
    hole = examined(seen, marked).mask[0].numpy() > 0
    assert (inside & ~hole).sum() <= 0.1 * (inside & ~marked).sum()
    assert (hole & ~inside).sum() <= 0.02 * inside.sum()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_file_is_cleaned_as_an_upright_one(tmp_path: Path, orientation: int):
    inside = shapes()
    pixels = painted(COLOURS["black"], inside)
    seen = saved(pixels, tmp_path / "turned.jpg", orientation=orientation, quality=75)
    window = examined(seen, inside)
    assert window.cleaned is not None
    near = (cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~(window.mask[0].numpy() > 0)
    cleaned = window.cleaned.shown_in(seen).colour
    assert error(cleaned, picture(), near) < 0.7 * error(seen.colour, picture(), near)


def test_only_blocks_that_hold_paint_change(tmp_path: Path):
    inside = shapes()
    seen = saved(painted(COLOURS["red"], inside), tmp_path / "painted.jpg", quality=60)
    window = examined(seen, inside)
    assert window.cleaned is not None
    cells = np.zeros(tuple(-(-side // 16) * 16 for side in SIZE), bool)
    cells[: SIZE[0], : SIZE[1]] = inside
    held = cells.reshape(-1, 16, cells.shape[1] // 16, 16).any((1, 3)).repeat(16, 0).repeat(16, 1)
    held = cv2.dilate(held.astype(np.uint8), np.ones((3, 3), np.uint8))[: SIZE[0], : SIZE[1]] > 0  # smoothed colours
    assert not (window.cleaned.where & ~held).any()
    assert not (window.cleaned.where & (window.mask[0].numpy() > 0)).any()


def test_grey_is_cleaned(tmp_path: Path):
    inside = shapes()
    seen = saved(painted((255, 255, 255), inside)[..., 1], tmp_path / "grey.jpg", quality=60)
    window = examined(seen, inside)
    assert window.cleaned is not None
    near = (cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & ~inside
    clean = picture()[..., 1:2]
    assert error(window.cleaned.shown_in(seen).colour, clean, near) < 0.7 * error(seen.colour, clean, near)


@pytest.mark.parametrize("quality", [50, 90])
@pytest.mark.parametrize("name", ["green", "black"])
def test_a_webp_is_cleaned_by_what_its_pixels_tell(tmp_path: Path, name: str, quality: int):
    inside = shapes()
    plain = saved(picture(), tmp_path / "plain.webp", quality=quality).colour
    seen = saved(painted(COLOURS[name], inside), tmp_path / "painted.webp", quality=quality)
    window = examined(seen, inside)
    assert window.cleaned is not None
    hole = window.mask[0].numpy() > 0
    near = (cv2.dilate(inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~inside & ~hole
    before, best = error(seen.colour, picture(), near), error(plain, picture(), near)
    after = error(window.cleaned.shown_in(seen).colour, picture(), near)
    assert after < best + 0.5 * (before - best)
    assert (hole & ~inside).sum() <= 0.05 * inside.sum()


def test_colours_that_a_decoder_smoothed_come_back():
    samples = np.random.default_rng(2).uniform(-80, 80, (24, 32)).astype(np.float32)
    enlarged = enlarged_plane(samples, 2, 2)
    assert np.abs(unsmoothed(thinned_out_plane(enlarged, 2, 2)) - samples).max() < 1.5


@pytest.mark.parametrize("kind", ["lossless", "many colours", "compressed again", "as asked", "nothing painted"])
def test_nothing_is_cleaned_where_the_paint_tells_nothing(tmp_path: Path, kind: str):
    inside = shapes()
    pixels, how, grow = painted(COLOURS["green"], inside), {"quality": 75}, None
    suffix = "png" if kind == "lossless" else "jpg"
    if kind == "many colours":
        pixels[inside] = np.random.default_rng(1).integers(0, 255, (int(inside.sum()), 3))
    if kind == "compressed again":
        pixels, how = saved(pixels, tmp_path / "first.jpg", quality=20).colour, {"quality": 97}
    if kind == "nothing painted":
        x = np.mgrid[: SIZE[0], : SIZE[1]][1]
        pixels = np.stack([150 + x / 9, 180 + x / 12, 230 - x / 30], 2).round().astype(np.uint8)  # a sky
    if kind == "as asked":
        grow = 0
    seen = saved(pixels, tmp_path / f"painted.{suffix}", **(how if suffix != "png" else {}))
    assert examined(seen, inside, grow).cleaned is None


def test_smooth_edges_are_told_from_sharp_ones(tmp_path: Path):
    drawn = cv2.GaussianBlur(shapes().astype(np.float32), (0, 0), 2.5)[..., None]
    pixels = (picture() * (1 - drawn) + np.array(COLOURS["green"]) * drawn).round().astype(np.uint8)
    seen = saved(pixels, tmp_path / "soft.jpg", quality=75)
    hole = examined(seen, drawn[..., 0] > 0.95).mask[0].numpy() > 0
    assert hole[drawn[..., 0] > 0.15].mean() > 0.97


@pytest.mark.parametrize("name", COLOURS)
def test_a_file_without_ringing_keeps_every_known_pixel(tmp_path: Path, name: str):
    inside = shapes()
    seen = saved(painted(COLOURS[name], inside), tmp_path / "best.jpg", quality=100, subsampling=0)
    window = examined(seen, inside)
    assert window.cleaned is None
    assert np.array_equal(window.mask[0].numpy() > 0, inside)
