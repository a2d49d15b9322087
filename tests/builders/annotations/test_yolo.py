"""YOLO: boxes and polygons as fractions, and the names of the classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from inpaint.builders.annotations import draw_regions, read_annotations, region_bounds
from inpaint.builders.annotations.yolo import class_names, read_yolo


def files(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.txt").write_text(text)
    return folder


def test_boxes_and_polygons_are_read_without_the_pictures(tmp_path: Path):
    text = "0 0.5 0.5 0.2 0.4\n1 0.1 0.1 0.3 0.1 0.3 0.2 0.1 0.2\n0 0.25 0.5 0.5 1 0.875\n\n"
    files(tmp_path / "labels" / "train", a=text, b="")
    (tmp_path / "data.yaml").write_text("path: .\ntrain: images/train\nnames:\n  0: bar\n  1: mosaic\n")
    read = read_annotations(tmp_path / "labels")
    assert read.format == "yolo"
    assert read.regions["train/b"] == []
    box, polygon, sure = read.regions["train/a"]
    assert (box.label, region_bounds(box, (100, 200))) == ("bar", pytest.approx((30, 80, 70, 120)))
    assert (polygon.label, polygon.kind) == ("mosaic", "polygon")
    assert draw_regions([polygon], (100, 200)).sum() == 10 * 40
    assert (sure.attributes, region_bounds(sure, (100, 200))) == ((("confidence", "0.875"),), (0, 0, 100, 100))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "bar\nmosaic\n"),
        ("obj.names", "bar\nmosaic"),
        ("data.yaml", "nc: 2\nnames: [bar, mosaic]\n"),
        ("data.yaml", "names: {1: mosaic, 0: bar}\n"),
    ],
)
def test_class_names_are_found_where_tools_write_them(name: str, text: str, tmp_path: Path):
    (tmp_path / name).write_text(text)
    (tmp_path / "labels" / "train").mkdir(parents=True)
    assert class_names(tmp_path / "labels" / "train") == ["bar", "mosaic"]


def test_without_names_a_class_is_its_number(tmp_path: Path):
    files(tmp_path, a="12 0.5 0.5 0.2 0.4", classes="")
    (tmp_path / "classes.txt").unlink()
    assert read_annotations(tmp_path).regions["a"][0].label == "12"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("0 0.5 0.5 0.2", r"a\.txt, line 2 has 4 numbers; a box has 5 or 6"),
        ("0 0.5 0.5 0.2 0.1 0.1 0.1 0.1", "line 2 has 8 numbers"),
        ("x 0.5 0.5 0.2 0.1", "line 2: the class is 'x'"),
        ("2 0.5 0.5 0.2 0.1", "line 2: the class is 2, but there are names for 0 to 1 only"),
        ("0 320 240 20 10", "line 2: 320 is not a fraction of the picture's side"),
        ("0 0.5 nan 0.2 0.1", "line 2: a coordinate is 'nan', it should be finite"),
        ("0 0.5 0.5 0 0.1", "line 2: the box from .* has no area"),
    ],
)
def test_a_fault_is_told_by_file_line_and_rule(line: str, sentence: str, tmp_path: Path):
    files(tmp_path, a=f"0 0.5 0.5 0.2 0.1\n{line}\n")
    with pytest.raises(ValueError, match=sentence):
        read_yolo(tmp_path / "a.txt", ["bar", "mosaic"])
