"""A pixel belongs to a region when its centre lies inside."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.annotations import AnnotatedRegion, Runs, draw_regions, region_bounds
from inpaint.builders.annotations.region import box_region, ellipse_ring, polygon_region


def centres(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(size)
    return rows + 0.5, columns + 0.5


def test_a_box_covers_exactly_its_pixels():
    mask = draw_regions([box_region("", 2, 10, 5, 20, "here")], (8, 30))
    assert mask.sum() == 30
    assert mask[2:5, 10:20].all()


def test_a_box_as_a_polygon_is_the_same_also_between_pixels():
    rng = np.random.default_rng(0)
    for _ in range(50):
        (top, bottom), (left, right) = np.sort(rng.uniform(-3, 23, (2, 2)), axis=1)
        corners = ((top, left), (top, right), (bottom, right), (bottom, left))
        one = draw_regions([box_region("", top, left, bottom, right, "here")], (20, 20))
        np.testing.assert_array_equal(one, draw_regions([polygon_region("", [corners], "here")], (20, 20)))


def test_regions_that_share_an_edge_share_no_pixel_and_leave_none_between():
    points = [(0.0, 0.0), (0.0, 17.0), (13.0, 17.0), (13.0, 0.0)]
    middle = (6.5, 8.5)
    parts = [
        draw_regions([polygon_region("", [(points[i], points[(i + 1) % 4], middle)], "here")], (13, 17))
        for i in range(4)
    ]
    np.testing.assert_array_equal(np.sum(parts, axis=0), np.ones((13, 17)))


def test_a_circle_holds_the_centres_within_its_radius():
    y, x = centres((40, 50))
    mask = draw_regions([polygon_region("", [ellipse_ring((20.2, 25.1), (15.0, 15.0), "here")], "here")], (40, 50))
    distance = np.hypot(y - 20.2, x - 25.1)
    assert mask[distance < 14.97].all()
    assert not mask[distance > 15].any()


def test_an_ellipse_is_turned_clockwise_as_seen():
    y, x = centres((60, 60))
    angle = math.radians(30)
    mask = draw_regions([polygon_region("", [ellipse_ring((30, 30), (25.0, 8.0), "here", angle)], "here")], (60, 60))
    along = (x - 30) * math.cos(angle) + (y - 30) * math.sin(angle)
    across = -(x - 30) * math.sin(angle) + (y - 30) * math.cos(angle)
    radius = np.hypot(along / 25, across / 8)
    assert mask[radius < 0.995].all()
    assert not mask[radius > 1].any()
    assert mask[42, 50]  # below on the right, because y points down


def test_points_are_scaled_from_the_frame_they_are_meant_for():
    region = box_region("", 10, 20, 30, 40, "here", frame=(100.0, 200.0))
    assert region_bounds(region, (50, 100)) == (5, 10, 15, 20)
    assert draw_regions([region], (50, 100)).sum() == 100
    assert region_bounds(box_region("", 0.25, 0.5, 0.75, 1, "here", frame=(1.0, 1.0)), (40, 10)) == (10, 5, 30, 10)


def test_a_frame_of_another_shape_is_refused_by_name():
    with pytest.raises(ValueError, match=r"a\.jpg has 100x50 pixels, but its annotation is for 50x100: another shape"):
        draw_regions([box_region("", 0, 0, 1, 1, "here", frame=(100.0, 50.0))], (50, 100), "a.jpg")


def test_regions_are_united_and_parts_beyond_the_picture_are_cut_off():
    regions = [box_region("", -5, -5, 2, 2, "here"), box_region("", 1, 1, 99, 3, "here")]
    mask = draw_regions(regions, (4, 5))
    expected = np.zeros((4, 5), bool)
    expected[:2, :2] = expected[1:4, 1:3] = True
    np.testing.assert_array_equal(mask, expected)
    assert not draw_regions([box_region("", 10, 10, 12, 12, "here")], (4, 5)).any()


def test_masks_are_drawn_from_runs_and_from_files(tmp_path: Path):
    pixels = np.zeros((4, 6), np.uint8)
    pixels[1:3, 2:5] = 255
    Image.fromarray(pixels).save(tmp_path / "m.png")
    for region in (
        AnnotatedRegion("", "mask", pixels=Runs((4, 6), (9, 2, 2, 2, 2, 2, 5))),
        AnnotatedRegion("", "mask", pixels=tmp_path / "m.png"),
    ):
        np.testing.assert_array_equal(draw_regions([region], (4, 6)), pixels > 0)
        assert region_bounds(region, (4, 6)) == (1, 2, 3, 5)
    assert region_bounds(AnnotatedRegion("", "mask", pixels=Runs((4, 6), (24,))), (4, 6)) is None
    doubled = draw_regions([AnnotatedRegion("", "mask", pixels=Runs((4, 6), (9, 2, 2, 2, 2, 2, 5)))], (8, 12))
    np.testing.assert_array_equal(doubled, np.kron(pixels > 0, np.ones((2, 2), bool)))
    with pytest.raises(ValueError, match="a mask must have the size of its picture"):
        draw_regions([AnnotatedRegion("", "mask", pixels=tmp_path / "m.png")], (8, 12))
