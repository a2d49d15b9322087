"""The format is recognised from the content, and what is not clear is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint.builders.annotations import ANNOTATION_FORMATS, draw_regions, read_annotations


def mask(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.eye(5, dtype=np.uint8) * 255).save(path)
    return path


def test_mask_images_are_read_by_their_stem(tmp_path: Path):
    mask(tmp_path / "x" / "a.png")
    read = read_annotations(tmp_path)
    assert (read.format, set(read.regions)) == ("masks", {"x/a"})
    np.testing.assert_array_equal(draw_regions(read.regions["x/a"], (5, 5)), np.eye(5))


def test_annotations_count_where_pictures_lie_beside_them(tmp_path: Path):
    mask(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.2 0.2")
    (tmp_path / "README.txt").write_text("Drawn by hand.")
    assert read_annotations(tmp_path).format == "yolo"
    assert read_annotations(tmp_path, "masks").format == "masks"


def test_several_formats_are_told_and_one_can_be_chosen(tmp_path: Path):
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.2 0.2")
    (tmp_path / "a.csv").write_text("file,x,y,width,height\na.jpg,1,2,3,4\n")
    with pytest.raises(ValueError, match=r"several formats, csv \(a\.csv\), yolo \(a\.txt\): say which one counts"):
        read_annotations(tmp_path)
    assert read_annotations(tmp_path, "csv").regions.keys() == {"a.jpg"}


def test_what_is_not_recognised_is_refused_with_the_choices(tmp_path: Path):
    (tmp_path / "a.json").write_text(json.dumps({"some": "thing"}))
    (tmp_path / "b.csv").write_text("name,colour\na,red\n")
    with pytest.raises(
        ValueError, match=f"no annotations that are recognised: the formats are {', '.join(ANNOTATION_FORMATS)}"
    ):
        read_annotations(tmp_path)
    with pytest.raises(ValueError, match="of the format 'yaml' are unknown: the choices are auto, vott1"):
        read_annotations(tmp_path, "yaml")
    with pytest.raises(ValueError, match="does not exist"):
        read_annotations(tmp_path / "gone.json")
    with pytest.raises(ValueError, match="holds no annotations of the format voc"):
        read_annotations(tmp_path, "voc")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(ValueError, match=r"a\.json is not JSON"):
        read_annotations(tmp_path)


def test_a_second_mask_for_a_picture_is_refused(tmp_path: Path):
    mask(tmp_path / "a.png")
    mask(tmp_path / "a.bmp")
    with pytest.raises(ValueError, match=r"a\.png is a second mask for a"):
        read_annotations(tmp_path)
