"""VIA, the VGG Image Annotator, versions 1 and 2: JSON exports, projects and CSV.

    {"_via_img_metadata": {KEY: {"filename", "size", "regions": [REGION] or {"0": REGION}, "file_attributes"}}}
    REGION = {"shape_attributes": {"name": "rect", "x", "y", "width", "height"}, "region_attributes": {NAME: VALUE}}

An export is the inner object alone; version 1 has the regions as an object.  Shapes: rect, circle (cx, cy, r), ellipse
(cx, cy, rx, ry, theta in radians), polygon and polyline (all_points_x, all_points_y).  A polyline is taken as the
outline that it was drawn as, closed; a point has no area and is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inpaint.builders.annotations.faulty_entries import SkippedEntries, WithoutAreaError, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    ellipse_ring,
    finite_number,
    finite_numbers,
    json_entry,
    polygon_region,
    read_json,
)
from inpaint.builders.sources.manifests import manifest_records

VIA_SHAPES = ("rect", "circle", "ellipse", "polygon", "polyline", "point")
LABEL_ATTRIBUTES = ("label", "class", "type", "name", "category")  # attributes that name what a region is
SHAPE_COLUMN = "region_shape_attributes"


def is_via(tree: Any) -> bool:
    """Say whether a JSON tree looks like an export or a project of VIA."""
    if not isinstance(tree, dict):
        return False
    if "_via_img_metadata" in tree:
        return True
    return bool(tree) and all(isinstance(it, dict) and "filename" in it and "regions" in it for it in tree.values())


def read_via(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture of a JSON or CSV file of VIA."""
    if path.suffix.lower() == ".csv":
        return _of_table(path, skipped)
    tree = read_json(path)
    found: Annotations = {}
    for key, image in json_entry({"": tree.get("_via_img_metadata", tree)}, "", dict, str(path)).items():
        where = f"{path}, {key}"
        regions = json_entry(image, "regions", (list, dict), where)
        listed = list(regions.values()) if isinstance(regions, dict) else regions
        name = json_entry(image, "filename", str, where)
        found.setdefault(name, [])
        for index, region in enumerate(listed):
            spot = f"{where}, region {index + 1}"
            with entry(skipped):
                shape = json_entry(region, "shape_attributes", dict, spot)
                found[name] += _regions(shape, region.get("region_attributes") or {}, spot)
    return found


def _of_table(path: Path, skipped: SkippedEntries | None) -> Annotations:
    found: Annotations = {}
    for where, row in manifest_records(path):
        name = json_entry(row, "filename", str, where)
        found.setdefault(name, [])
        with entry(skipped):
            shape, attributes = (_object(row, column, where) for column in (SHAPE_COLUMN, "region_attributes"))
            if shape:  # a picture without regions has a row too
                found[name] += _regions(shape, attributes, where)
    return found


def _object(row: Mapping[str, str], column: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(row.get(column) or "{}")
    except ValueError as error:
        raise ValueError(f"{where}: {column} is not JSON: {error}") from None
    return json_entry({column: value}, column, dict, where)


def _regions(shape: dict[str, Any], attributes: Mapping[str, Any], where: str) -> list[AnnotatedRegion]:
    """Return the region of a shape."""
    kind = json_entry(shape, "name", str, where)
    label, rest = _label(attributes), attribute_pairs(attributes)
    if kind == "rect":
        x, y, width, height = finite_numbers(shape, ("x", "y", "width", "height"), where)
        return [box_region(label, y, x, y + height, x + width, where, attributes=rest)]
    if kind == "circle":
        x, y, radius = finite_numbers(shape, ("cx", "cy", "r"), where)
        return [polygon_region(label, [ellipse_ring((y, x), (radius, radius), where)], where, attributes=rest)]
    if kind == "ellipse":
        x, y, *radii = finite_numbers(shape, ("cx", "cy", "rx", "ry"), where)
        angle = finite_number(shape.get("theta", 0.0), "theta", where)
        return [
            polygon_region(label, [ellipse_ring((y, x), (radii[0], radii[1]), where, angle)], where, attributes=rest)
        ]
    if kind in ("polygon", "polyline"):
        columns, rows = (json_entry(shape, key, list, where) for key in ("all_points_x", "all_points_y"))
        if len(columns) != len(rows):
            raise ValueError(
                f"{where}: {len(columns)} all_points_x and {len(rows)} all_points_y should be equally many"
            )
        ring = [
            (finite_number(y, "y", where), finite_number(x, "x", where)) for y, x in zip(rows, columns, strict=True)
        ]
        return [polygon_region(label, [ring], where, attributes=rest)]
    if kind == "point":
        raise WithoutAreaError(where)
    raise ValueError(f"{where}: the shape is {kind!r}; the choices are {', '.join(VIA_SHAPES)}")


def _label(attributes: Mapping[str, Any]) -> str:
    """Return the attribute that names the region: one of LABEL_ATTRIBUTES, or the only one."""
    named = next(
        (attributes[key] for key in LABEL_ATTRIBUTES if key in attributes),
        next(iter(attributes.values())) if len(attributes) == 1 else "",
    )
    if isinstance(named, dict):  # check boxes
        return ", ".join(key for key, chosen in named.items() if chosen)
    return str(named)
