"""Bars and blobs of one colour are found without marks, and what only looks flat is not taken for one."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from inpaint.detection import bars
from inpaint.detection.bars import Bar, find_bars

DEMO = Path(__file__).parent.parent.parent / "data" / "demo" / "clean"


def scene(name: str) -> np.ndarray:
    return np.array(Image.open(DEMO / f"{name}.png").convert("RGB"))


def find(picture: np.ndarray) -> list[Bar]:
    return find_bars(torch.from_numpy(np.array(picture)).permute(2, 0, 1))


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def covered(found: list[Bar], mask: np.ndarray) -> float:
    """Return the intersection over the union of all found bars with a mask."""
    taken = np.zeros(mask.shape, bool)
    for bar in found:
        taken[bar.top : bar.top + bar.mask.shape[0], bar.left : bar.left + bar.mask.shape[1]] |= bar.mask
    return (taken & mask).sum() / (taken | mask).sum()


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 105, 180)])
@pytest.mark.parametrize("tilt", [0, 33])
def test_a_bar_of_any_colour_is_found_straight_and_tilted(colour: tuple[int, int, int], tilt: int):
    picture, over = scene("cat"), np.zeros(scene("cat").shape[:2], np.uint8)
    cv2.fillConvexPoly(over, cv2.boxPoints(((230.0, 170.0), (140.0, 30.0), tilt)).round().astype(np.int32), (1,))
    picture[over > 0] = colour
    found = find(picture)
    assert [bar.colour for bar in found] == [colour]
    assert covered(found, over > 0) > 0.95
    if colour != (0, 0, 0) or tilt == 0:  # black in a JPEG flows into the dark that is beside it here
        assert covered(find(as_jpeg(picture, 95)), over > 0) > 0.8


def test_a_blob_with_soft_edges_is_found_with_its_edge():
    picture, over = scene("cat"), np.zeros(scene("cat").shape[:2], np.uint8)
    cv2.ellipse(over, (200, 180), (60, 35), 20, 0, 360, (255,), -1, cv2.LINE_AA)
    share = over[..., None] / 255
    picture = (picture * (1 - share) + np.array((20, 200, 230)) * share).round().astype(np.uint8)
    found = find(picture)
    assert len(found) == 1
    assert covered(found, over > 127) > 0.95


@pytest.mark.parametrize("name", ["autumn", "cat", "flower", "sunflower"])
def test_nothing_is_found_in_clean_photographs(name: str):
    assert find(scene(name)) == []
    assert find(as_jpeg(scene(name), 75)) == []


def test_letterboxes_and_skies_are_no_bars():
    picture = scene("flower")
    picture[:40] = 0
    picture[-40:] = 0
    assert find(picture) == []
    sky = np.full((200, 300, 3), (120, 160, 230), np.uint8)
    sky[120:] = scene("autumn")[:80, :300]
    assert find(sky) == []


def test_many_parts_of_the_same_size_are_a_pattern():
    wall = np.random.default_rng(0).integers(60, 200, (240, 320, 3), np.uint8)
    for top in range(10, 230, 40):
        for left in range(10, 310, 50):
            wall[top : top + 25, left : left + 35] = 30
    assert find(wall) == []


@pytest.mark.parametrize("count", [6, 9, 15])
def test_many_bars_of_one_size_over_a_photograph_are_found(count: int):
    picture, over = scene("cat"), np.zeros(scene("cat").shape[:2], bool)
    for number in range(count):
        top, left = 10 + number // 4 * 60, 12 + number % 4 * 80
        over[top : top + 20, left : left + 60] = True
    picture[over] = 0
    found = find(picture)
    assert len(found) >= 0.8 * count
    assert covered(found, over) > 0.8


def test_blacked_out_words_on_paper_are_found_and_the_words_are_not():
    page = Image.new("RGB", (420, 300), (252, 250, 245))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(16)
    for top in range(20, 280, 28):
        pen.text((20, top), "the report was sent on monday to our office and", fill=(20, 20, 20), font=font)
    clean = np.array(page)
    assert find(clean) == []
    over = np.zeros(clean.shape[:2], bool)
    for top in (48, 104, 216):
        over[top : top + 21, 90:200] = True
    clean[over] = 0
    assert len(find(clean)) == 3
    assert covered(find(clean), over) > 0.95


def test_a_black_box_alone_on_paper_is_a_drawing():
    page = np.full((200, 300, 3), 255, np.uint8)
    page[80:110, 100:200] = 0
    assert find(page) == []


@pytest.mark.parametrize("thick", [5, 8])
def test_a_thin_bar_over_a_photograph_is_found(thick: int):
    picture, over = scene("cat"), np.zeros(scene("cat").shape[:2], bool)
    over[150 : 150 + thick, 60:220] = True
    picture[over] = 0
    found = find(picture)
    assert len(found) == 1
    assert covered(found, over) > 0.9


@pytest.mark.parametrize(("thick", "quality"), [(4, 95), (6, 85), (5, 75)])
def test_a_thin_bar_is_found_in_a_jpeg_and_a_faint_stripe_is_not(thick: int, quality: int):
    over = np.zeros(scene("cat").shape[:2], bool)
    over[150 : 150 + thick, 60:220] = True
    for colour, count in ((0, 1), (scene("cat")[over].mean(0) + 30, 0)):
        picture = scene("cat")
        picture[over] = colour
        found = find(as_jpeg(picture, quality))
        assert len(found) == count
        assert not count or covered(found, over) > 0.7


def test_a_large_picture_is_looked_at_coarsely_and_outlined_finely(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bars, "SEARCHED_PIXELS", 20_000)
    picture = scene("cat")
    picture[100:180, 60:260] = (0, 0, 0)
    mask = np.zeros(picture.shape[:2], bool)
    mask[100:180, 60:260] = True
    assert covered(find(picture), mask) > 0.98


def test_the_dark_inside_of_something_is_no_bar():
    picture = scene("flower")
    dark = np.random.default_rng(0).integers(8, 12, (40, 120, 3))
    picture[180:220, 200:320] = dark
    assert find(picture) == []
    picture[180:220, 200:320] = (10, 10, 10)  # as even as paint is
    assert len(find(picture)) == 1


def test_a_clipped_sky_in_a_corner_is_no_bar_but_an_upright_bar_there_is():
    picture = scene("flower")
    sky = np.array([(0, 0), (130, 0), (112, 50), (0, 58)], np.int32)
    seen = cv2.fillPoly(picture.copy(), [sky], (255, 255, 255))
    assert find(seen) == []
    seen = picture.copy()
    seen[:40, :130] = 255
    assert [bar.colour for bar in find(seen)] == [(255, 255, 255)]


def test_rectangles_of_many_colours_are_a_drawing():
    picture = scene("cat")
    colours = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)]
    for number, colour in enumerate(colours):
        picture[10 + 38 * number : 28 + 39 * number, 60 : 150 + 9 * number] = colour
        assert len(find(picture)) == (number + 1 if number < 6 else 0)


@pytest.mark.parametrize(("kind", "quality"), [("small blob", 95), ("small blob", 75), ("thin and tilted", 95)])
def test_small_bars_and_blobs_are_found_in_jpegs(kind: str, quality: int):
    picture = scene("cat")
    over = np.zeros(picture.shape[:2], np.uint8)
    if kind == "small blob":
        cv2.ellipse(over, (230, 200), (24, 13), 10, 0, 360, (1,), -1)
    else:
        cv2.fillConvexPoly(over, cv2.boxPoints(((230.0, 170.0), (120.0, 20.0), 24)).round().astype(np.int32), (1,))
    picture[over > 0] = (200, 30, 40)
    assert covered(find(as_jpeg(picture, quality)), over > 0) > 0.7


def test_a_blob_over_a_smooth_sky_is_found_and_a_drawn_one_is_not():
    rng = np.random.default_rng(0)
    sky = np.linspace(180, 190, 240)[:, None, None] + np.zeros((240, 320, 3)) + rng.normal(0, 1.5, (240, 320, 3))
    over = np.zeros(sky.shape[:2], np.uint8)
    cv2.ellipse(over, (160, 120), (40, 25), 0, 0, 360, (1,), -1)
    picture = sky.round().astype(np.uint8)
    picture[over > 0] = (255, 105, 180)
    assert covered(find(picture), over > 0) > 0.9
    assert covered(find(as_jpeg(picture, 90)), over > 0) > 0.9
    drawing = np.full(picture.shape, 185, np.uint8)
    drawing[over > 0] = (255, 105, 180)
    assert find(drawing) == []
    lamp = np.where(over[..., None] > 0, 240 + rng.normal(0, 1.5, sky.shape), sky).round().astype(np.uint8)
    assert find(lamp) == []  # as even as the sky around it


@pytest.mark.parametrize("quality", [0, 75])
def test_pixel_art_holds_no_bars(quality: int):
    rng = np.random.default_rng(3)
    small = np.full((40, 60, 3), 90, np.uint8)
    for _ in range(25):
        top, left, high, wide = rng.integers(0, 36), rng.integers(0, 50), rng.integers(2, 8), rng.integers(3, 12)
        small[top : top + high, left : left + wide] = rng.integers(0, 256, 3)
    large = small.repeat(7, 0).repeat(7, 1)
    assert find(as_jpeg(large, quality) if quality else large) == []


def test_bars_over_a_line_drawing_are_found_and_what_its_lines_enclose_is_not():
    page = np.full((400, 400, 3), 255, np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(25):
        points = np.cumsum(rng.normal(0, 40, (6, 2)), 0) + rng.uniform(0, 400, 2)
        cv2.polylines(page, [points.astype(np.int32)], False, (0, 0, 0), int(rng.integers(1, 4)), cv2.LINE_AA)
    cv2.rectangle(page, (6, 6), (393, 393), (0, 0, 0), 4)
    over = np.zeros(page.shape[:2], bool)
    over[80:102, 90:190] = over[240:262, 150:260] = True
    assert not find(page)
    page[over] = 0
    assert covered(find(page), over) > 0.9
    assert covered(find(as_jpeg(page, 95)), over) > 0.8


@pytest.mark.parametrize("quality", [0, 75])
@pytest.mark.parametrize("slant", [30, 90])
def test_a_bar_is_found_where_thick_lines_run_into_it_and_hide_its_outline(slant: int, quality: int):
    page = np.full((300, 400, 3), 255, np.uint8)
    for left in range(70, 330, 40):
        cv2.line(page, (left, 40), (left + slant, 260), (0, 0, 0), 6, cv2.LINE_AA)
    over = np.zeros(page.shape[:2], bool)
    over[140:162, 120:290] = True
    assert not find(as_jpeg(page, quality) if quality else page)
    page[over] = 0
    assert covered(find(as_jpeg(page, quality) if quality else page), over) > 0.9


@pytest.mark.parametrize("quality", [0, 75])
def test_of_the_round_shapes_of_a_drawing_only_ellipses_are_blobs(quality: int):
    shape, blob = scene("sunflower"), scene("sunflower")  # drawn, in flat colours
    (height, width), over = blob.shape[:2], np.zeros(blob.shape[:2], np.uint8)
    corners = np.array([(0.25, 0.35), (0.4, 0.27), (0.55, 0.42), (0.5, 0.62), (0.3, 0.6)]) * (width, height)
    cv2.fillPoly(shape, [corners.astype(np.int32)], (20, 20, 20), cv2.LINE_AA)  # as a bag or a collar
    cv2.ellipse(over, (206, 255), (73, 70), 15, 0, 360, (255,), -1, cv2.LINE_AA)
    blob[over > 127] = 20
    assert find(as_jpeg(shape, quality) if quality else shape) == []
    assert covered(find(as_jpeg(blob, quality) if quality else blob), over > 127) > 0.9
