"""VoTT, both versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inpaint.builders.annotations import read_annotations, region_bounds
from inpaint.builders.annotations.vott import read_vott1, read_vott2

BOX = {"x1": 30, "y1": 10, "x2": 60, "y2": 50}
REGION1 = {
    **BOX,
    "id": 0,
    "UID": "5dc2a3e0",
    "width": 200,
    "height": 100,
    "box": BOX,
    "points": [{"x": 30, "y": 10}, {"x": 60, "y": 10}, {"x": 60, "y": 50}, {"x": 30, "y": 50}],
    "type": "Rectangle",
    "tags": ["bar", "wide"],
    "name": 1,
}
REGION2: dict[str, Any] = {
    "id": "kz7",
    "type": "RECTANGLE",
    "tags": ["bar"],
    "boundingBox": {"height": 40, "width": 30, "left": 30, "top": 10},
    "points": REGION1["points"],
}
POLYGON2 = REGION2 | {"type": "POLYGON", "points": [{"x": 1, "y": 2}, {"x": 9, "y": 2}, {"x": 9, "y": 8.5}]}


def asset(name: str, *regions: dict[str, Any]) -> dict[str, Any]:
    told = {"format": "jpg", "id": name, "name": name, "path": f"file:/x/{name}", "size": {"width": 200, "height": 100}}
    return {"asset": {**told, "state": 2, "type": 1}, "regions": list(regions), "version": "2.1.0"}


def version1(path: Path, *regions: dict[str, Any]) -> Path:
    tree = {"frames": {"a.jpg": regions, "empty.jpg": []}, "framerate": "1", "inputTags": "bar,wide"}
    tree |= {"suggestiontype": "track", "scd": False, "visitedFrames": ["a.jpg"], "tag_colors": ["#10cffa"]}
    path.write_text(json.dumps(tree))
    return path


def test_version_1_is_read_and_scaled_to_the_picture(tmp_path: Path):
    read = read_annotations(version1(tmp_path / "pictures.json", REGION1))
    assert read.format == "vott1"
    assert read.regions["empty.jpg"] == []
    (region,) = read.regions["a.jpg"]
    assert (region.label, region.kind, region.attributes) == ("bar", "box", (("tags", "bar, wide"),))
    assert region_bounds(region, (100, 200)) == (10, 30, 50, 60)
    assert region_bounds(region, (200, 400)) == (20, 60, 100, 120)


def test_an_export_of_version_2_is_read(tmp_path: Path):
    assets = {"1f": asset("my%20picture.jpg", REGION2, POLYGON2), "2e": asset("empty.jpg")}
    tree = {"name": "bars", "securityToken": "t", "tags": [{"name": "bar", "color": "#5db300"}], "assets": assets}
    (tmp_path / "bars-export.json").write_text(json.dumps(tree))
    read = read_annotations(tmp_path)
    assert read.format == "vott2"
    assert read.regions["empty.jpg"] == []
    box, polygon = read.regions["my picture.jpg"]
    assert (box.kind, box.label, region_bounds(box, (100, 200))) == ("box", "bar", (10, 30, 50, 60))
    assert (polygon.kind, polygon.rings) == ("polygon", (((2, 1), (2, 9), (8.5, 9)),))


def test_a_folder_of_assets_of_version_2_is_read(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / f"{name}-asset.json").write_text(json.dumps(asset(f"{name}.jpg", REGION2)))
    assert {name: len(regions) for name, regions in read_annotations(tmp_path).regions.items()} == {
        "a.jpg": 1,
        "b.jpg": 1,
    }


def test_points_count_more_than_a_box_whose_sides_were_swapped(tmp_path: Path):
    swapped = REGION2 | {"boundingBox": {"height": 30, "width": 40, "left": 30, "top": 10}}
    (tmp_path / "a.json").write_text(json.dumps(asset("a.jpg", swapped, REGION2 | {"points": []})))
    assert {region_bounds(region, (100, 200)) for region in read_vott2(tmp_path / "a.json")["a.jpg"]} == {
        (10, 30, 50, 60)
    }


def test_a_fault_is_told_by_file_entry_and_rule(tmp_path: Path):
    with pytest.raises(ValueError, match=r"p\.json, frame a\.jpg, region 2: x2 is 'far', it should be a number"):
        read_vott1(version1(tmp_path / "p.json", REGION1, REGION1 | {"x2": "far"}))
    with pytest.raises(ValueError, match=r"p\.json, frame a\.jpg, region 1 has no 'tags'"):
        read_vott1(version1(tmp_path / "p.json", {key: value for key, value in REGION1.items() if key != "tags"}))
    (tmp_path / "a.json").write_text(json.dumps(asset("a.jpg", POLYGON2 | {"points": [{"x": 1}]})))
    with pytest.raises(ValueError, match=r"a\.json, region 1 has no 'y'; it has 'x'"):
        read_vott2(tmp_path / "a.json")
