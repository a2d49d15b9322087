"""VIA, version 3: the projects of VGG's annotator of images, audio and video.

    {"file": {FID: {"fname"}}, "view": {VID: {"fid_list": [FID]}}, "attribute": {AID: {"aname", "options"}},
     "metadata": {MID: {"vid": VID, "z": [], "xy": [SHAPE, ...], "av": {AID: VALUE}}}}

SHAPE is 2 rectangle (x, y, width, height), 3 circle (cx, cy, r), 4 ellipse (cx, cy, rx, ry), 6 polyline, 7 polygon
(x, y, x, y, ...), 8 a rectangle by four points on its sides, 9 a circle by three; 1 point and 5 line have no area.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inpaint.builders.annotations.faulty_entries import SkippedEntries, WithoutAreaError, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    Point,
    attribute_pairs,
    box_region,
    ellipse_ring,
    finite_number,
    json_entry,
    polygon_region,
    read_json,
    spanned_box,
)

WITHOUT_AREA_IDS = (1, 5)
NUMBERS_OF_SHAPE = {2: 4, 3: 3, 4: 4, 8: 8, 9: 6}


def is_via3(tree: Any) -> bool:
    """Say whether a JSON tree looks like a project of VIA 3."""
    return isinstance(tree, dict) and all(isinstance(tree.get(key), dict) for key in ("file", "view", "metadata"))


def read_via3(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture of a project."""
    tree = read_json(path)
    names = {key: json_entry(it, "fname", str, f"{path}, file {key}") for key, it in tree["file"].items()}
    found: Annotations = {name: [] for name in names.values()}
    for key, it in tree["metadata"].items():
        where = f"{path}, metadata {key}"
        with entry(skipped):
            shape = json_entry(it, "xy", list, where)
            if not shape:  # a stretch of time
                continue
            if shape[0] in WITHOUT_AREA_IDS:
                raise WithoutAreaError(where)
            view = json_entry(tree["view"], str(it.get("vid")), dict, f"{path}, view")
            files = [str(file) for file in json_entry(view, "fid_list", list, where)]
            if not files or files[0] not in names:
                raise ValueError(f"{where}: its view shows the file {files[:1]}, but no file has that id")
            label, rest = _attributes(it.get("av") or {}, tree.get("attribute") or {})
            found[names[files[0]]].append(_region(shape, label, rest, where))
    return found


def _attributes(values: dict[str, Any], known: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the first attribute as the label, by its option's name, and all of them."""
    named = {}
    for key, value in values.items():
        about = _object(known.get(key))
        options = _object(about.get("options"))
        named[about.get("aname", key)] = str(options.get(str(value), value))
    return next(iter(named.values()), ""), attribute_pairs(named)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _region(shape: list[Any], label: str, rest: tuple[tuple[str, str], ...], where: str) -> AnnotatedRegion:
    kind, values = shape[0], [finite_number(it, "xy", where) for it in shape[1:]]
    if kind in NUMBERS_OF_SHAPE and len(values) != NUMBERS_OF_SHAPE[kind]:
        raise ValueError(f"{where}: shape {kind} has {len(values)} numbers, it should have {NUMBERS_OF_SHAPE[kind]}")
    points: list[Point] = list(zip(values[1::2], values[::2], strict=False))
    if kind == 2:
        x, y, width, height = values
        return box_region(label, y, x, y + height, x + width, where, attributes=rest)
    if kind == 8:
        return spanned_box(label, points, where, attributes=rest)
    if kind in (3, 4, 9):
        centre, radii = (
            _circle_through(points, where) if kind == 9 else ((values[1], values[0]), (values[2], values[-1]))
        )
        return polygon_region(label, [ellipse_ring(centre, radii, where)], where, attributes=rest)
    if kind in (6, 7):
        return polygon_region(label, [points], where, attributes=rest)
    raise ValueError(f"{where}: the shape is {kind!r}; known are 1 to 9")


def _circle_through(points: list[Point], where: str) -> tuple[Point, tuple[float, float]]:
    """Return the middle and the radii of the circle through three points."""
    (y0, x0), (y1, x1), (y2, x2) = points
    matrix = np.array([[x1 - x0, y1 - y0], [x2 - x0, y2 - y0]])
    if abs(np.linalg.det(matrix)) < 1e-9:
        raise ValueError(f"{where}: three points on a line are on no circle")
    squares = [(x1**2 - x0**2 + y1**2 - y0**2) / 2, (x2**2 - x0**2 + y2**2 - y0**2) / 2]
    x, y = np.linalg.solve(matrix, squares).tolist()
    radius = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5
    return (y, x), (radius, radius)
