"""Pascal VOC, and documents that would fill the memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from inpaint.builders.annotations import read_annotations, region_bounds
from inpaint.builders.annotations.voc import read_voc

TEXT = """<annotation>
  <folder>pictures</folder><filename>a.jpg</filename><path>C:\\pictures\\a.jpg</path>
  <source><database>Unknown</database></source>
  <size><width>100</width><height>50</height><depth>3</depth></size><segmented>0</segmented>
  <object><name>bar</name><pose>Unspecified</pose><truncated>0</truncated><difficult>1</difficult>
    <bndbox><xmin>10</xmin><ymin>20</ymin><xmax>40.5</xmax><ymax>30</ymax></bndbox></object>
  <object><name>face</name><bndbox><xmax>9</xmax><xmin>1</xmin><ymax>8</ymax><ymin>2</ymin></bndbox>
    <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>
</annotation>"""


def test_boxes_are_read_with_what_is_told(tmp_path: Path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.xml").write_text(TEXT)
    read = read_annotations(tmp_path)
    assert read.format == "voc"
    bar, face = read.regions["x/a.jpg"]
    assert (bar.label, bar.attributes, region_bounds(bar, (50, 100))) == (
        "bar",
        (("difficult", "1"),),
        (20, 10, 30, 40.5),
    )
    assert (face.label, region_bounds(face, (100, 200))) == ("face", (4, 2, 16, 18))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_its_entities_are_used(encoding: str, tmp_path: Path):
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 9))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "0123456789">{entities}]><annotation><filename>&e8;</filename></annotation>'
    (tmp_path / "a.xml").write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>{bomb}'.encode(encoding))
    with pytest.raises(ValueError, match=r"a\.xml is refused: it declares a document type"):
        read_voc(tmp_path / "a.xml")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("<xmax>40.5</xmax>", "", r"a\.xml, object 1: its <bndbox> has no <xmax>"),
        ("<xmax>40.5</xmax>", "<xmax>wide</xmax>", "object 1: xmax is 'wide', it should be a number"),
        ("<xmax>40.5</xmax>", "<xmax>5</xmax>", "object 1: the box from .* has no area"),
        ("</annotation>", "", r"a\.xml is not XML"),
        ("annotation>", "pictures>", "holds <pictures>, it should be <annotation>"),
    ],
)
def test_a_fault_is_told_by_file_entry_and_rule(old: str, new: str, sentence: str, tmp_path: Path):
    (tmp_path / "a.xml").write_text(TEXT.replace(old, new))
    with pytest.raises(ValueError, match=sentence):
        read_voc(tmp_path / "a.xml")
