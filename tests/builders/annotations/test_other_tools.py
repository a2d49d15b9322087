"""What tools in use write today, each as a small file of the same box: x from 10 to 30, y from 20 to 40 of 100 x 80."""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.annotations import Lookup, draw_regions, read_annotations
from inpaint.builders.annotations.label_studio import unpacked_runs

SIZE = (80, 100)
BOX = np.zeros(SIZE, bool)
BOX[20:40, 10:30] = True


def column_runs() -> list[int]:
    """Return the runs of the box, column by column from zeros on."""
    flat = BOX.T.ravel()
    edges = np.flatnonzero(np.diff(flat.astype(int), prepend=0))
    return np.diff(edges, prepend=0, append=flat.size).tolist()


def packed(values: np.ndarray) -> list[int]:
    """Return values as rle-pack writes them, in runs of at most 2 ** 16."""
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    start = 0
    while start < len(values):
        end = start
        while end < len(values) and end - start < 1 << 16 and values[end] == values[start]:
            end += 1
        bits += f"1{3:02b}{end - start - 1:016b}{values[start]:08b}"
        start = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[place : place + 8], 2) for place in range(0, len(bits), 8)]


CVAT = '<annotations><version>1.1</version><image id="0" name="a.jpg" width="100" height="80">{}</image></annotations>'
COCO_IMAGES = [{"id": 1, "file_name": "a.jpg", "height": 80, "width": 100}]
STUDIO = {"original_width": 100, "original_height": 80}
RGBA = np.repeat(BOX.ravel()[:, None] * np.uint8(255), 4, axis=1).ravel()
FILES: dict[str, tuple[str, str, object]] = {  # what it is: (format, name, content)
    "CVAT box": ("cvat", "a.xml", CVAT.format('<box label="x" xtl="10" ytl="20" xbr="30" ybr="40"/>')),
    "CVAT turned by 90": (
        "cvat",
        "a.xml",
        CVAT.format('<box label="x" xtl="10" ytl="20" xbr="30" ybr="40" rotation="90"/>'),
    ),
    "CVAT polygon": ("cvat", "a.xml", CVAT.format('<polygon label="x" points="10,20;30,20;30,40;10,40"/>')),
    "CVAT mask": (
        "cvat",
        "a.xml",
        CVAT.format('<mask label="x" rle="0,400" left="10" top="20" width="20" height="20"/>'),
    ),
    "VIA 3": (
        "via3",
        "a.json",
        {
            "file": {"1": {"fid": "1", "fname": "a.jpg"}},
            "view": {"1": {"fid_list": ["1"]}},
            "attribute": {"1": {"aname": "what", "options": {"0": "x"}}},
            "metadata": {"1_a": {"vid": "1", "z": [], "xy": [2, 10, 20, 20, 20], "av": {"1": "0"}}},
        },
    ),
    "Label Studio": (
        "label_studio",
        "a.json",
        [
            {
                "data": {"image": "/data/upload/3/0a1b2c3d-a.jpg"},
                "annotations": [
                    {
                        "result": [
                            {
                                **STUDIO,
                                "type": "rectanglelabels",
                                "value": {"x": 10, "y": 25, "width": 20, "height": 25, "rectanglelabels": ["x"]},
                            }
                        ]
                    }
                ],
            }
        ],
    ),
    "Label Studio, least": (
        "label_studio",
        "a.json",
        [
            {
                "image": "/data/upload/3/0a1b2c3d-a.jpg",
                "annotation_id": 1,
                "label": [{**STUDIO, "x": 10, "y": 25, "width": 20, "height": 25, "rectanglelabels": ["x"]}],
            }
        ],
    ),
    "Label Studio brush": (
        "label_studio",
        "a.json",
        [
            {
                "data": {"image": "s3://bucket/a.jpg"},
                "annotations": [
                    {"result": [{**STUDIO, "value": {"format": "rle", "rle": packed(RGBA), "brushlabels": ["x"]}}]}
                ],
            }
        ],
    ),
    "SA-1B": (
        "sa1b",
        "a.json",
        {
            "image": {"image_id": 1, "file_name": "a.jpg", "height": 80, "width": 100},
            "annotations": [{"segmentation": {"size": [80, 100], "counts": column_runs()}, "bbox": [10, 20, 20, 20]}],
        },
    ),
    "AnyLabeling": (
        "labelme",
        "a.json",
        {
            "version": "2.4",
            "imagePath": "a.jpg",
            "imageHeight": 80,
            "imageWidth": 100,
            "shapes": [
                {
                    "label": "x",
                    "shape_type": "rotation",
                    "direction": math.pi / 2,
                    "points": [[10, 20], [30, 20], [30, 40], [10, 40]],
                }
            ],
        },
    ),
    "OpenImages": (
        "csv",
        "a.csv",
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\na,xclick,x,1,0.1,0.3,0.25,0.5\n",
    ),
    "CSV of fractions": ("csv", "a.csv", "file,xmin,ymin,xmax,ymax,label\na.jpg,0.1,0.25,0.3,0.5,x\n"),
    "Roboflow CSV": (
        "csv",
        "_annotations.csv",
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,100,80,x,10,20,30,40\n",
    ),
    "Roboflow COCO": (
        "coco",
        "_annotations.coco.json",
        {
            "info": {},
            "images": COCO_IMAGES,
            "categories": [{"id": 0, "name": "x"}],
            "annotations": [{"id": 0, "image_id": 1, "category_id": 0, "bbox": [10, 20, 20, 20], "segmentation": []}],
        },
    ),
}


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", FILES)
def test_the_same_box_comes_of_every_tool(tool: str, tmp_path: Path):
    format, name, content = FILES[tool]
    read = read_annotations(written(tmp_path, name, content))
    assert (read.format, read.skipped.count) == (format, 0)
    regions = Lookup(read.regions).regions("pictures/a.jpg")
    assert regions is not None
    assert [region.label for region in regions] == ["" if tool == "SA-1B" else "x"]
    assert np.array_equal(draw_regions(regions, SIZE), BOX)


def test_panoptic_numbers_become_masks_by_category(tmp_path: Path):
    numbers = np.zeros((*SIZE, 3), np.uint8)
    numbers[BOX] = (5, 1, 0)  # 5 + 256
    (tmp_path / "train").mkdir()
    Image.fromarray(numbers).save(tmp_path / "train" / "a.png")
    segments = [{"id": 261, "category_id": 3}]
    tree = {
        "images": COCO_IMAGES,
        "categories": [{"id": 3, "name": "x", "isthing": 1}],
        "annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": segments}],
    }
    read = read_annotations(written(tmp_path, "train.json", tree))
    assert read.format == "panoptic"
    assert np.array_equal(draw_regions(read.regions["a.jpg"], SIZE), BOX)


def test_a_turned_box_of_cvat_is_turned_clockwise(tmp_path: Path):
    shape = '<box label="x" xtl="40" ytl="35" xbr="60" ybr="45" rotation="30"/>'
    drawn = draw_regions(read_annotations(written(tmp_path, "a.xml", CVAT.format(shape))).regions["a.jpg"], SIZE)
    assert abs(int(drawn.sum()) - 200) < 12
    assert drawn[43, 56]
    assert not drawn[36, 56]


def test_runs_that_end_too_early_are_an_error():
    with pytest.raises(ValueError, match="the runs of the brush end too early"):
        unpacked_runs(bytes(packed(RGBA)[:20]), "here")


FAULTY = {
    "a coco box without an area": {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 0, 5]},
    "an orphan": {"id": 1, "image_id": 77, "category_id": 1, "bbox": [10, 10, 5, 5]},
    "an unknown category": {"id": 1, "image_id": 1, "category_id": 9, "bbox": [10, 10, 5, 5]},
}


@pytest.mark.parametrize("fault", FAULTY)
def test_one_faulty_entry_is_passed_over_counted_and_named(fault: str, tmp_path: Path):
    sound = {"id": 2, "image_id": 1, "category_id": 1, "bbox": [10, 20, 20, 20]}
    tree = {"images": COCO_IMAGES, "categories": [{"id": 1, "name": "x"}], "annotations": [FAULTY[fault], sound]}
    read = read_annotations(written(tmp_path, "a.json", tree))
    assert np.array_equal(draw_regions(read.regions["a.jpg"], SIZE), BOX)
    assert read.skipped.count == 1
    assert "1 entry of the annotations is faulty and was passed over" in read.sentence()
    assert "annotation 1" in read.sentence()
    with pytest.raises(ValueError, match="holds no sound annotation"):
        read_annotations(written(tmp_path, "a.json", {**tree, "annotations": [FAULTY[fault]]}))


def test_one_file_of_many_that_cannot_be_read_does_not_lose_the_others(tmp_path: Path):
    written(tmp_path, "a.txt", "0 0.2 0.375 0.2 0.25\n0 1.4 0.5 0.1 0.1\n")
    written(tmp_path, "b.txt", "0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "b.txt").write_bytes(b"0 0.5 0.5 0.1 0.1\n\xff\xff")
    read = read_annotations(tmp_path, "yolo")
    assert np.array_equal(draw_regions(read.regions["a"], SIZE), BOX)
    assert read.skipped.count == 2
    assert any("1.4 is not a fraction" in example for example in read.skipped.examples)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp932", "gb18030"])
def test_tables_and_xml_are_read_in_the_encodings_that_people_save(encoding: str, tmp_path: Path):
    name = {"gb18030": "图片的名字", "cp932": "しゃしん写真"}.get(encoding, "写真")
    table = f"file,xmin,ymin,xmax,ymax,label\n{name}.jpg,10,20,30,40,x\n"
    (tmp_path / "a.csv").write_bytes(table.encode(encoding))
    assert read_annotations(tmp_path / "a.csv").regions.keys() == {f"{name}.jpg"}
    box = "<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>"
    declared = {"cp932": "Shift_JIS", "gb18030": "GBK", "utf-16": "UTF-16"}.get(encoding, "UTF-8")
    text = f'<?xml version="1.0" encoding="{declared}"?><annotation><filename>{name}.jpg</filename>'
    (tmp_path / "a.xml").write_bytes(f"{text}<object><name>x</name>{box}</object></annotation>".encode(encoding))
    assert read_annotations(tmp_path / "a.xml").regions.keys() == {f"{name}.jpg"}


@pytest.mark.parametrize("level", [1, 3])
def test_a_mask_of_small_numbers_is_understood(level: int, tmp_path: Path):
    Image.fromarray(BOX * np.uint8(level)).save(tmp_path / "a_mask.png")
    Image.fromarray(np.full((*SIZE, 3), 200, np.uint8)).save(tmp_path / "a.jpg")
    read = read_annotations(tmp_path)
    assert read.regions.keys() == {"a"}
    assert np.array_equal(draw_regions(read.regions["a"], SIZE), BOX)


def test_names_pair_up_whatever_their_capitals_unicode_form_and_prefix():
    lookup = Lookup({"IMG_1.JPG": [], unicodedata.normalize("NFD", "ü.jpg"): [], "0a1b2c3d-b.jpg": [], "C": []})
    for name in ("x/img_1.jpg", "x/ü.jpg", "x/b.jpg", "x/c.png"):
        assert lookup.regions(name) == []
    assert lookup.regions("x/d.jpg") is None


def test_what_does_not_pair_up_is_said_with_the_nearest_names():
    said = Lookup({"picture-01.jpg": [], "b.jpg": []}).said(["x/picture_01.jpg", "x/b.jpg"])
    assert said == [
        "1 pictures are in no annotation, for example picture_01.jpg (the nearest name is picture-01.jpg).",
        "1 names in the annotations have no picture: picture-01.jpg.",
    ]


WITHOUT_AREA = {  # a box and a point of every tool that draws points
    "cvat.xml": """<annotations><image id="0" name="a.jpg" width="9" height="9"><points label="p" points="3,3"/>
        <box label="b" xtl="1" ytl="1" xbr="5" ybr="6"/><polyline label="l" points="1,1;5,5"/></image></annotations>""",
    "labelme.json": json.dumps(
        {
            "imagePath": "a.jpg",
            "shapes": [
                {"label": "p", "shape_type": "point", "points": [[1, 1]]},
                {"label": "b", "shape_type": "rectangle", "points": [[1, 1], [5, 6]]},
                {"label": "l", "shape_type": "linestrip", "points": [[1, 1], [5, 5]]},
            ],
        }
    ),
    "via.json": json.dumps(
        {
            "a.jpg1": {
                "filename": "a.jpg",
                "size": 1,
                "regions": [
                    {"shape_attributes": {"name": "point", "cx": 1, "cy": 1}, "region_attributes": {}},
                    {
                        "shape_attributes": {"name": "rect", "x": 1, "y": 1, "width": 4, "height": 5},
                        "region_attributes": {"label": "b"},
                    },
                    {"shape_attributes": {"name": "point", "cx": 2, "cy": 1}, "region_attributes": {}},
                ],
            }
        }
    ),
}


@pytest.mark.parametrize("file", WITHOUT_AREA)
def test_points_and_lines_are_counted_and_the_rest_is_read(file: str, tmp_path: Path):
    (tmp_path / file).write_text(WITHOUT_AREA[file])
    read = read_annotations(tmp_path)
    assert [region.label for region in read.regions["a.jpg"]] == ["b"]
    assert read.sentence().endswith("2 shapes without an area were passed over (points, lines)")


def test_shapes_of_cvat_that_are_not_read_are_told(tmp_path: Path):
    text = WITHOUT_AREA["cvat.xml"].replace("<points ", "<cuboid ")
    (tmp_path / "cvat.xml").write_text(text)
    assert "1 entry of the annotations is faulty and was passed over" in read_annotations(tmp_path).sentence()
