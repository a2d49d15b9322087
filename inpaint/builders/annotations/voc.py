"""Pascal VOC: one XML file beside each picture, with boxes.

    <annotation><filename>a.jpg</filename><size><width/><height/></size>
      <object><name>cat</name><bndbox><xmin/><ymin/><xmax/><ymax/></bndbox></object></annotation>

The edges are taken as they are written.  VOC itself counted pixels from 1 with the last one included; the tools that
write the format today give edges, which is a difference of at most one pixel.  A document with a DTD is refused: VOC
has none, and its entities can fill the memory.
"""

from __future__ import annotations

import posixpath
from pathlib import Path
from xml.etree import ElementTree

from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    finite_number,
    frame_of,
)
from inpaint.builders.sources.text import read_xml

VOC_EDGES = ("ymin", "xmin", "ymax", "xmax")
VOC_ATTRIBUTES = ("pose", "truncated", "difficult", "occluded")


def read_voc(path: Path, folder: str = "", skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of the picture of a VOC file, named by its path from where `folder` lies."""
    root = read_xml(path)
    if root.tag != "annotation":
        raise ValueError(f"{path} holds <{root.tag}>, it should be <annotation>")
    name = (root.findtext("filename") or path.stem).strip().replace("\\", "/")
    sides = (root.findtext(f"size/{side}") for side in ("height", "width"))
    height, width = (finite_number(side, "size", str(path)) if side and side.strip() else 0 for side in sides)
    frame = frame_of(height, width)
    objects = []
    for index, it in enumerate(root.findall("object")):
        with entry(skipped):
            objects.append(_region(it, frame, f"{path}, object {index + 1}"))
    return {posixpath.join(folder, posixpath.basename(name)): objects}


def _region(element: ElementTree.Element, frame: tuple[float, float] | None, where: str) -> AnnotatedRegion:
    edges = element.find("bndbox")
    if edges is None:
        raise ValueError(f"{where} has no <bndbox>")
    missing = [edge for edge in VOC_EDGES if edges.find(edge) is None]
    if missing:
        raise ValueError(f"{where}: its <bndbox> has no <{'>, <'.join(missing)}>")
    top, left, bottom, right = (finite_number((edges.findtext(edge) or "").strip(), edge, where) for edge in VOC_EDGES)
    given = {key: (element.findtext(key) or "").strip() for key in VOC_ATTRIBUTES}
    kept = attribute_pairs({key: value for key, value in given.items() if value not in ("0", "Unspecified")})
    return box_region(
        (element.findtext("name") or "").strip(), top, left, bottom, right, where, attributes=kept, frame=frame
    )
