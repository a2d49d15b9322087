"""VIA: projects, exports of both versions, and CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inpaint.builders.annotations import read_annotations, region_bounds
from inpaint.builders.annotations.via import read_via

SHAPES: list[dict[str, Any]] = [
    {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 5},
    {"name": "circle", "cx": 50, "cy": 40, "r": 10.5},
    {"name": "ellipse", "cx": 50, "cy": 40, "rx": 20, "ry": 10, "theta": 1.5707963},
    {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [2, 2, 8]},
    {"name": "polyline", "all_points_x": [1, 9, 9, 1], "all_points_y": [2, 2, 8, 8]},
    {"name": "point", "cx": 3, "cy": 4},
]
EXPECTED = [(20, 10, 25, 40), (29.5, 39.5, 50.5, 60.5), (20, 40, 60, 60), (2, 1, 8, 9), (2, 1, 8, 9)]
REGIONS = [{"shape_attributes": shape, "region_attributes": {"label": shape["name"]}} for shape in SHAPES]


def image(regions: Any, name: str = "a.jpg") -> dict[str, Any]:
    return {"filename": name, "size": 1234, "regions": regions, "file_attributes": {"caption": "x"}}


def check(path: Path) -> None:
    read = read_annotations(path)
    assert read.format == "via"
    assert read.regions["b.jpg"] == []
    regions = read.regions["a.jpg"]
    assert [region.label for region in regions] == ["rect", "circle", "ellipse", "polygon", "polyline"]
    for region, edges in zip(regions, EXPECTED, strict=True):
        assert region_bounds(region, (100, 100)) == pytest.approx(edges, abs=0.03)


def test_an_export_of_version_2_is_read(tmp_path: Path):
    (tmp_path / "via.json").write_text(json.dumps({"a.jpg1234": image(REGIONS), "b.jpg1234": image([], "b.jpg")}))
    check(tmp_path / "via.json")


def test_a_project_of_version_2_is_read(tmp_path: Path):
    tree = {"_via_settings": {"project": {"name": "p"}}, "_via_attributes": {"region": {}, "file": {}}}
    tree |= {"_via_img_metadata": {"a.jpg1234": image(REGIONS), "b.jpg1234": image([], "b.jpg")}}
    tree |= {"_via_data_format_version": "2.0.10", "_via_image_id_list": ["a.jpg1234", "b.jpg1234"]}
    (tmp_path / "via_project.json").write_text(json.dumps(tree))
    check(tmp_path / "via_project.json")


def test_an_export_of_version_1_is_read(tmp_path: Path):
    first = image({str(index): region for index, region in enumerate(REGIONS)}) | {"fileref": "", "base64_img_data": ""}
    (tmp_path / "via.json").write_text(json.dumps({"a.jpg1234": first, "b.jpg1234": image({}, "b.jpg")}))
    check(tmp_path / "via.json")


@pytest.mark.parametrize("mark", ["", "#"])  # version 1 writes one before the header
def test_the_csv_of_both_versions_is_read(mark: str, tmp_path: Path):
    def quoted(value: Any) -> str:
        return '"' + json.dumps(value).replace('"', '""') + '"'

    head = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
    lines = [f"{mark}{head}"]
    for index, region in enumerate(REGIONS):
        shape, told = quoted(region["shape_attributes"]), quoted(region["region_attributes"])
        lines.append(f'a.jpg,1234,"{{}}",{len(REGIONS)},{index},{shape},{told}')
    lines.append('b.jpg,1234,"{}",0,0,"{}","{}"')
    (tmp_path / "via.csv").write_text("\r\n".join(lines))
    check(tmp_path / "via.csv")


@pytest.mark.parametrize(
    ("told", "label"),
    [
        ({"kind": "bar"}, "bar"),
        ({"size": "big", "class": "bar"}, "bar"),
        ({"what": {"bar": True, "mosaic": True, "none": False}}, "bar, mosaic"),
        ({"one": "1", "two": "2"}, ""),
        ({}, ""),
    ],
)
def test_the_attribute_that_names_the_region_is_its_label(told: dict[str, Any], label: str, tmp_path: Path):
    region = {"shape_attributes": SHAPES[0], "region_attributes": told}
    (tmp_path / "via.json").write_text(json.dumps({"a": image([region])}))
    assert read_via(tmp_path / "via.json")["a.jpg"][0].label == label


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ({"name": "star"}, r"via\.json, key, region 1: the shape is 'star'; the choices are rect"),
        ({"name": "rect", "x": 1}, "region 1 has no 'y'"),
        ({"name": "circle", "cx": 1, "cy": 1, "r": -2}, "region 1: the radii are -2 and -2; both are above 0"),
        ({"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1]}, "should be equally many"),
    ],
)
def test_a_fault_is_told_by_file_entry_and_rule(shape: dict[str, Any], sentence: str, tmp_path: Path):
    (tmp_path / "via.json").write_text(json.dumps({"key": image([{"shape_attributes": shape}])}))
    with pytest.raises(ValueError, match=sentence):
        read_via(tmp_path / "via.json")
