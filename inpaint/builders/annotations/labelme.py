"""LabelMe and AnyLabeling: one JSON beside each picture, with polygons, rectangles, circles and masks.

    {"shapes": [{"label", "shape_type", "points": [[x, y], ...], "group_id", "flags"}],
     "imagePath", "imageData", "imageHeight", "imageWidth"}

A circle is given by its centre and a point on it; a mask by its box and a PNG in base64.  Points and lines have no area
and are passed over.  The picture itself (imageData) is not looked at.
"""

from __future__ import annotations

import base64
import binascii
import math
import posixpath
from pathlib import Path
from typing import Any

import numpy as np

from inpaint import images
from inpaint.builders.annotations.faulty_entries import SkippedEntries, WithoutAreaError, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    Point,
    attribute_pairs,
    ellipse_ring,
    finite_number,
    frame_of,
    json_entry,
    polygon_region,
    read_json,
    spanned_box,
)
from inpaint.builders.annotations.runs import runs_from_mask

WITHOUT_AREA = ("point", "points", "line", "linestrip")
LABELME_SHAPES = ("polygon", "rectangle", "circle", "mask", "oriented_rectangle", "rotation")  # the last: AnyLabeling


def is_labelme(tree: Any) -> bool:
    """Say whether a JSON tree looks like one of LabelMe."""
    return isinstance(tree, dict) and isinstance(tree.get("shapes"), list) and "imagePath" in tree


def read_labelme(path: Path, folder: str = "", skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of the picture of a LabelMe file, named by its path from where `folder` lies."""
    tree = read_json(path)
    image = json_entry(tree, "imagePath", str, str(path)).replace("\\", "/")
    frame = frame_of(tree.get("imageHeight"), tree.get("imageWidth"))
    regions = []
    for index, shape in enumerate(json_entry(tree, "shapes", list, str(path))):
        with entry(skipped):
            regions.append(_region(shape, frame, f"{path}, shape {index + 1}"))
    return {posixpath.normpath(posixpath.join(folder, image)): regions}


def _region(shape: Any, frame: tuple[float, float] | None, where: str) -> AnnotatedRegion:
    label = str(json_entry(shape, "label", (str, int), where))
    kind = shape.get("shape_type") or "polygon"  # the first versions knew nothing else
    if kind in WITHOUT_AREA:
        raise WithoutAreaError(where)
    points = [_point(point, where) for point in json_entry(shape, "points", list, where)]
    flags = shape.get("flags") if isinstance(shape.get("flags"), dict) else {}
    rest: dict[str, Any] = {"attributes": attribute_pairs({**flags, "group_id": shape.get("group_id")}), "frame": frame}
    counts = {"rectangle": (2, 4), "circle": (2,), "mask": (2,)}.get(kind)  # early rectangles had all four corners
    if counts and len(points) not in counts:
        raise ValueError(f"{where}: a {kind} has {len(points)} points, it should have 2")
    if kind == "rectangle":
        return spanned_box(label, points, where, **rest)
    if kind == "circle":
        radius = math.dist(*points)
        return polygon_region(label, [ellipse_ring(points[0], (radius, radius), where)], where, **rest)
    if kind == "mask":
        return _mask(shape, label, points, where, **rest)
    if kind in ("polygon", "oriented_rectangle", "rotation"):
        return polygon_region(label, [points], where, **rest)
    raise ValueError(f"{where}: shape_type is {kind!r}; the choices are {', '.join((*LABELME_SHAPES, *WITHOUT_AREA))}")


def _point(point: Any, where: str) -> Point:
    if not isinstance(point, list) or len(point) != 2:
        raise ValueError(f"{where}: a point is {str(point)[:60]}, it should be [x, y]")
    return finite_number(point[1], "y", where), finite_number(point[0], "x", where)


def _mask(shape: Any, label: str, points: list[Point], where: str, **rest: Any) -> AnnotatedRegion:
    """Return the region of a mask that lies at the first of two corners."""
    if rest["frame"] is None:
        raise ValueError(f"{where}: a mask needs imageHeight and imageWidth")
    try:
        data = base64.b64decode(json_entry(shape, "mask", str, where), validate=True)
    except binascii.Error as error:
        raise ValueError(f"{where}: mask is not base64: {error}") from None
    part = images.read(f"{where}, mask", data=data).colour.max(axis=2) > 0
    whole = np.zeros([int(side) for side in rest["frame"]], bool)
    top, left = (int(min(values)) for values in zip(*points, strict=True))
    if top < 0 or left < 0 or top + part.shape[0] > whole.shape[0] or left + part.shape[1] > whole.shape[1]:
        raise ValueError(f"{where}: the mask reaches beyond the picture of {whole.shape[1]}x{whole.shape[0]}")
    whole[top : top + part.shape[0], left : left + part.shape[1]] = part
    return AnnotatedRegion(label, "mask", attributes=rest["attributes"], pixels=runs_from_mask(whole))
