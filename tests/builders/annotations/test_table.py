"""Tables of boxes, by the names of their columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from inpaint.builders.annotations import read_annotations, region_bounds


def read(folder: Path, text: str, name: str = "boxes.csv"):
    (folder / name).write_text(text)
    return read_annotations(folder / name)


def test_places_and_sides_are_read(tmp_path: Path):
    found = read(
        tmp_path, "file,x,y,width,height,label,who\nx\\a.jpg,10,20,30,5,bar,Ann\nx\\a.jpg,1,2,3,4,,\nb.jpg,,,,,\n"
    )
    assert found.format == "csv"
    bar, plain = found.regions["x/a.jpg"]
    assert (bar.label, bar.attributes, region_bounds(bar, (99, 99))) == ("bar", (("who", "Ann"),), (20, 10, 25, 40))
    assert (plain.label, region_bounds(plain, (99, 99))) == ("", (2, 1, 6, 4))
    assert found.regions["b.jpg"] == []


def test_corners_are_read_and_the_sides_are_then_the_picture_s(tmp_path: Path):
    found = read(tmp_path, "filename;width;height;class;xmin;ymin;xmax;ymax\na.jpg;200;100;bar;10;20;40;25\n")
    (bar,) = found.regions["a.jpg"]
    assert (bar.label, region_bounds(bar, (50, 100))) == ("bar", (10, 5, 12.5, 20))


def test_lines_of_json_are_read(tmp_path: Path):
    found = read(tmp_path, '{"file": "a.jpg", "x1": 1, "y1": 2, "x2": 4, "y2": 6.5}\n', "boxes.jsonl")
    assert region_bounds(found.regions["a.jpg"][0], (9, 9)) == (2, 1, 6.5, 4)


def test_a_fault_is_told_by_file_line_and_rule(tmp_path: Path):
    with pytest.raises(ValueError, match=r"boxes\.csv, line 2: width is 'wide', it should be a number"):
        read(tmp_path, "file,x,y,width,height\na.jpg,1,2,wide,4\n")
    (tmp_path / "boxes.csv").write_text("file,x,y\na.jpg,1,2\n")
    with pytest.raises(ValueError, match="has the columns file, x, y; file and x, y, width, height or"):
        read_annotations(tmp_path / "boxes.csv", "csv")
