"""COCO: boxes, polygons and run-length masks, and its faults by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inpaint.builders.annotations import draw_regions, read_annotations
from inpaint.builders.annotations.coco import read_coco

IMAGES = [
    {"license": 1, "file_name": "train/a.jpg", "coco_url": "", "height": 9, "width": 10, "id": 7},
    {"file_name": "b.jpg", "height": 30, "width": 40, "id": 8},
]
ANNOTATIONS: list[dict[str, Any]] = [
    {"id": 1, "image_id": 8, "category_id": 3, "bbox": [5, 6, 20, 10], "area": 200, "iscrowd": 0, "segmentation": []},
    {
        "id": 2,
        "image_id": 8,
        "category_id": 3,
        "bbox": [0, 0, 39, 29],
        "iscrowd": 0,
        "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4], [20.0, 20.0, 30.0, 20.0, 30.0, 25.0, 20.0, 25.0]],
    },
    {
        "id": 3,
        "image_id": 7,
        "category_id": 1,
        "bbox": [0, 0, 10, 9],
        "iscrowd": 1,
        "segmentation": {"size": [9, 10], "counts": "61X13mN000`0"},
    },
    {
        "id": 4,
        "image_id": 7,
        "category_id": 1,
        "bbox": [0, 0, 10, 9],
        "iscrowd": 1,
        "segmentation": {"size": [9, 10], "counts": [6, 1, 40, 4, 5, 4, 5, 4, 21]},
    },
]
CATEGORIES = [{"supercategory": "x", "id": 1, "name": "person"}, {"id": 3, "name": "sign"}]


def written(path: Path, **changes: Any) -> Path:
    tree = {"info": {}, "licenses": [], "images": IMAGES, "annotations": ANNOTATIONS, "categories": CATEGORIES}
    path.write_text(json.dumps(tree | changes))
    return path


def test_every_kind_of_region_is_read(tmp_path: Path):
    read = read_annotations(written(tmp_path / "instances.json"))
    assert read.format == "coco"
    assert read.sentence() == "annotations of the format coco: 4 regions in 2 pictures"
    box, parts = read.regions["b.jpg"]
    assert (box.label, box.kind, box.rings) == ("sign", "box", (((6.0, 5.0), (16.0, 25.0)),))
    mask = draw_regions([parts], (30, 40))
    assert mask.sum() == 3 * 4 + 5 * 10
    assert mask[1:4, 1:5].all()
    assert mask[20:25, 20:30].all()
    crowd, same = read.regions["train/a.jpg"]
    assert (crowd.label, crowd.kind, crowd.attributes) == ("person", "mask", (("id", "3"), ("iscrowd", "1")))
    assert crowd.pixels == same.pixels
    flat = np.zeros(90, bool)
    flat[6:7] = flat[47:51] = flat[56:60] = flat[65:69] = True
    np.testing.assert_array_equal(draw_regions([crowd], (9, 10)), flat.reshape(10, 9).T)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"image_id": 99}, r"instances\.json, annotation 1: image_id is 99, but no image has that id"),
        ({"category_id": 2}, r"annotation 1: category_id is 2; the categories are \[1, 3\]"),
        ({"bbox": [1, 2, 0, 4]}, r"annotation 1: the box from \(1, 2\) to \(1, 6\) has no area"),
        ({"bbox": [1, 2, 3]}, "annotation 1: bbox has 3 numbers"),
        ({"bbox": [1, 2, "wide", 3]}, "annotation 1: bbox is 'wide', it should be a number"),
        ({"bbox": None}, "annotation 1: bbox is null, it should be a list"),
        ({"segmentation": [[1, 2, 3]]}, "annotation 1: a polygon should be a list of x, y"),
        ({"segmentation": [[1, 2, 3, 4]]}, "annotation 1: a polygon has 2 points, it needs at least 3"),
        ({"segmentation": {"size": [9, 10], "counts": [5]}}, "annotation 1: the runs cover 5 pixels"),
        ({"segmentation": {"size": [9, 10 ** 9], "counts": [5]}}, r"annotation 1: size is \[9, 1000000000\]"),
        ({"segmentation": {"size": [9, 10], "counts": "é"}}, "annotation 1: 'é' cannot stand in"),
    ],
)  # fmt: skip
def test_a_fault_is_told_by_file_entry_and_rule(change: dict[str, Any], sentence: str, tmp_path: Path):
    with pytest.raises(ValueError, match=sentence):
        read_coco(written(tmp_path / "instances.json", annotations=[ANNOTATIONS[0] | change]))


def test_a_missing_key_is_told(tmp_path: Path):
    with pytest.raises(ValueError, match=r"instances\.json, image 1 has no 'file_name'; it has 'id'"):
        read_coco(written(tmp_path / "instances.json", images=[{"id": 1}]))
