"""LabelMe: polygons, rectangles, circles and masks; what has no area is passed over."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.annotations import draw_regions, read_annotations, region_bounds
from inpaint.builders.annotations.labelme import read_labelme


def shape(kind: str, points: list[list[float]], **rest: Any) -> dict[str, Any]:
    head = {"label": f"a {kind}", "points": points, "group_id": None, "description": "", "shape_type": kind}
    return {**head, "flags": {}, "mask": None, **rest}


def written(path: Path, *shapes: dict[str, Any], **changes: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tree = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": "a.jpg",
        "imageData": "bm90IGEgcGljdHVyZQ==",
    }
    path.write_text(json.dumps({**tree, "imageHeight": 40, "imageWidth": 60, **changes}))
    return path


def test_every_shape_is_read(tmp_path: Path):
    buffer = io.BytesIO()
    Image.fromarray(np.eye(3, dtype=np.uint8) * 255).save(buffer, "PNG")
    mask = base64.b64encode(buffer.getvalue()).decode()
    path = written(
        tmp_path / "a.json",
        shape("polygon", [[1, 2], [5, 2], [5, 6], [1, 6]], group_id=4, flags={"hard": True}),
        shape("rectangle", [[30.5, 20], [10, 5]]),
        shape("circle", [[30, 20], [30, 30]]),
        shape("mask", [[50, 30], [53, 33]], mask=mask),
        shape("point", [[3, 3]]),
        shape("linestrip", [[3, 3], [4, 4]]),
    )
    read = read_annotations(path)
    assert read.format == "labelme"
    polygon, rectangle, circle, masked = read.regions["a.jpg"]
    assert [one.label for one in read.regions["a.jpg"]] == ["a polygon", "a rectangle", "a circle", "a mask"]
    assert polygon.attributes == (("group_id", "4"), ("hard", "true"))
    assert draw_regions([polygon], (40, 60)).sum() == 16
    assert region_bounds(rectangle, (40, 60)) == (5, 10, 20, 30.5)
    assert region_bounds(circle, (40, 60)) == pytest.approx((10, 20, 30, 40), abs=0.05)
    expected = np.zeros((40, 60), bool)
    expected[30:33, 50:53] = np.eye(3)
    np.testing.assert_array_equal(draw_regions([masked], (40, 60)), expected)


def test_pictures_are_named_by_their_path_below_the_folder(tmp_path: Path):
    written(tmp_path / "x" / "a.json", shape("rectangle", [[1, 1], [2, 2]]), imagePath="..\\pictures\\a.jpg")
    written(tmp_path / "y" / "a.json")
    (tmp_path / "settings.json").write_text("{}")
    assert set(read_annotations(tmp_path).regions) == {"pictures/a.jpg", "y/a.jpg"}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (shape("rectangle", [[1, 1]]), r"a\.json, shape 1: a rectangle has 1 points, it should have 2"),
        (shape("polygon", [[1, 1], [2, 2]]), "shape 1: a polygon has 2 points"),
        (shape("cube", [[1, 1], [2, 2]]), "shape 1: shape_type is 'cube'; the choices are polygon"),
        (shape("polygon", [[1, 1], [2, 2], [3]]), r"shape 1: a point is \[3\], it should be \[x, y\]"),
        (shape("circle", [[1, 1], [1, 1]]), "shape 1: the radii are 0 and 0"),
        (shape("mask", [[1, 1], [2, 2]], mask="?"), "shape 1: mask is not base64"),
        (shape("mask", [[1, 1], [2, 2]], mask="AAAA"), "shape 1, mask is not a picture"),
    ],
)
def test_a_fault_is_told_by_file_entry_and_rule(fault: dict[str, Any], sentence: str, tmp_path: Path):
    with pytest.raises(ValueError, match=sentence):
        read_labelme(written(tmp_path / "a.json", fault))
