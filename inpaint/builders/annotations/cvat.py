"""CVAT's own XML, "for images" and "for video", versions 1.x.

    <annotations><image name="a.jpg" width="640" height="480">
      <box label="cat" xtl="1" ytl="2" xbr="30" ybr="40" rotation="12"/> <polygon label="" points="1,2;3,4;..."/>
      <ellipse label="" cx="" cy="" rx="" ry="" rotation=""/>
      <mask label="" rle="3,5,..." left="" top="" width="" height=""/>
    <annotations><track label="cat"><box frame="0" outside="0" .../></track>

Rotation is in degrees, clockwise, about the middle.  The runs of a mask go along the rows of its box and begin with
zeros.  Frames of a video are called frame_000000 and so on, as CVAT writes them out.  Points and
polylines have no area.
Source: docs.cvat.ai, XML annotation format.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from inpaint.builders.annotations.faulty_entries import SkippedEntries, WithoutAreaError, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    ellipse_ring,
    finite_number,
    frame_of,
    polygon_region,
    turned_box,
)
from inpaint.builders.annotations.runs import runs_from_mask
from inpaint.builders.sources.text import read_xml

CVAT_SHAPES = ("box", "polygon", "ellipse", "mask", "points", "polyline", "cuboid", "skeleton")


def read_cvat(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture, or frame, of a file of CVAT."""
    root = read_xml(path)
    if root.tag != "annotations":
        raise ValueError(f"{path} holds <{root.tag}>, it should be <annotations>")
    found: Annotations = {}
    for image in root.findall("image"):
        name = image.get("name", "")
        frame = frame_of(_side(image, "height"), _side(image, "width"))
        regions = found.setdefault(name, [])
        for index, shape in enumerate(image):
            if shape.tag in CVAT_SHAPES:
                with entry(skipped):
                    where = f"{path}, image {name}, shape {index + 1}"
                    regions.append(_region(shape, shape.get("label", ""), frame, where))
    sizes = map(root.find, ("meta/task/original_size", "meta/job/original_size"))
    size = next((it for it in sizes if it is not None), None)
    frame = None if size is None else frame_of(_text_side(size, "height"), _text_side(size, "width"))
    for number, track in enumerate(root.findall("track")):
        for shape in track:
            if shape.tag in CVAT_SHAPES and shape.get("outside") != "1":
                with entry(skipped):
                    where = f"{path}, track {number + 1}, frame {shape.get('frame')}"
                    region = _region(shape, track.get("label", ""), frame, where)
                    name = f"frame_{int(finite_number(shape.get('frame'), 'frame', where)):06}"
                    found.setdefault(name, []).append(region)
    return found


def _side(element: ElementTree.Element, key: str) -> float:
    text = element.get(key, "")
    return float(text) if text.isdecimal() else 0.0


def _text_side(element: ElementTree.Element, key: str) -> float:
    text = (element.findtext(key) or "").strip()
    return float(text) if text.isdecimal() else 0.0


def _region(shape: ElementTree.Element, label: str, frame: tuple[float, float] | None, where: str) -> AnnotatedRegion:
    given: Mapping[str, Any] = shape.attrib
    if shape.tag in ("points", "polyline"):
        raise WithoutAreaError(where)
    if shape.tag in ("cuboid", "skeleton"):
        raise ValueError(f"{where}: a <{shape.tag}> is not read; draw a box, polygon, ellipse or mask")

    def number(key: str) -> float:
        if key not in given:
            raise ValueError(f"{where}: its <{shape.tag}> has no {key}; it has {', '.join(given)}")
        return finite_number(given[key], key, where)

    kept = {it.get("name", ""): (it.text or "").strip() for it in shape.findall("attribute")}
    rest: dict[str, Any] = {"attributes": attribute_pairs(kept), "frame": frame}
    angle = finite_number(given.get("rotation") or 0.0, "rotation", where)
    if shape.tag == "box":
        top, left, bottom, right = (number(key) for key in ("ytl", "xtl", "ybr", "xbr"))
        if angle:
            return turned_box(label, top, left, bottom, right, angle, where, **rest)
        return box_region(label, top, left, bottom, right, where, **rest)
    if shape.tag == "ellipse":
        ring = ellipse_ring((number("cy"), number("cx")), (number("rx"), number("ry")), where, math.radians(angle))
        return polygon_region(label, [ring], where, **rest)
    if shape.tag == "mask":
        return _mask(shape, label, [int(number(key)) for key in ("top", "left", "height", "width")], where, **rest)
    pairs = [pair.split(",") for pair in shape.get("points", "").split(";") if pair]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{where}: points should read x,y;x,y;..., they are {shape.get('points', '')[:60]!r}")
    ring = [(finite_number(y, "y", where), finite_number(x, "x", where)) for x, y in pairs]
    return polygon_region(label, [ring], where, **rest)


def _mask(shape: ElementTree.Element, label: str, place: list[int], where: str, **rest: Any) -> AnnotatedRegion:
    top, left, height, width = place
    frame = rest["frame"]
    if frame is None or min(place) < 0 or top + height > frame[0] or left + width > frame[1]:
        raise ValueError(f"{where}: the mask reaches beyond the picture, or the size of the picture is not given")
    counts = [int(finite_number(it, "rle", where)) for it in shape.get("rle", "").split(",") if it.strip()]
    if min(counts, default=0) < 0 or sum(counts) != height * width:
        raise ValueError(
            f"{where}: the runs cover {sum(counts)} pixels, the mask of {width}x{height} has {height * width}"
        )
    whole = np.zeros((int(frame[0]), int(frame[1])), bool)
    values = np.arange(len(counts)) % 2 == 1
    whole[top : top + height, left : left + width] = np.repeat(values, counts).reshape(height, width)
    return AnnotatedRegion(label, "mask", attributes=rest["attributes"], pixels=runs_from_mask(whole))
