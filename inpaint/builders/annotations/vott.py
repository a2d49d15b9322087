"""VoTT, both versions: Microsoft's Visual Object Tagging Tool.

Version 1: {"frames": {NAME: [{"x1", "y1", "x2", "y2", "width", "height", "type", "tags", "points"}]}, "inputTags"};
width and height are those of the frame that the coordinates are meant for.
Version 2, as one export {"assets": {ID: ASSET}} or as one ASSET in each file: {"asset": {"name", "path", "size":
{"width", "height"}}, "regions": [{"type", "tags", "boundingBox": {"left", "top", "width", "height"}, "points"}]}.

Version 2 writes names as in an address (%20 for a space).  Its own import of version 1 swapped the sides of the
bounding box, so the points count where there are any.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    Point,
    attribute_pairs,
    box_region,
    finite_numbers,
    frame_of,
    json_entry,
    polygon_region,
    read_json,
    spanned_box,
)


def is_vott1(tree: Any) -> bool:
    """Say whether a JSON tree looks like one of VoTT, version 1."""
    return isinstance(tree, dict) and isinstance(tree.get("frames"), dict) and "inputTags" in tree


def is_vott2(tree: Any) -> bool:
    """Say whether a JSON tree looks like an export or an asset of VoTT, version 2."""
    if not isinstance(tree, dict):
        return False
    assets = tree.get("assets")
    exported = isinstance(assets, dict) and all(isinstance(one, dict) and "asset" in one for one in assets.values())
    return (exported and bool(assets or "tags" in tree)) or ("asset" in tree and "regions" in tree)


def read_vott1(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture of a file of VoTT, version 1."""
    found: Annotations = {}
    for name, regions in json_entry(read_json(path), "frames", dict, str(path)).items():
        if not isinstance(regions, list):
            raise ValueError(f"{path}, frame {name}: it should be a list of regions")
        found[name] = []
        for index, it in enumerate(regions):
            with entry(skipped):
                found[name].append(_region1(it, f"{path}, frame {name}, region {index + 1}"))
    return found


def _region1(region: Any, where: str) -> AnnotatedRegion:
    left, top, right, bottom = finite_numbers(region, ("x1", "y1", "x2", "y2"), where)
    frame = frame_of(region.get("height"), region.get("width"))
    label, rest = _label_and_tags(region, where)
    points = region.get("points")
    if str(region.get("type", "")).lower() == "polygon" and isinstance(points, list):
        return polygon_region(label, [_points(points, where)], where, frame=frame, attributes=rest)
    return box_region(label, top, left, bottom, right, where, frame=frame, attributes=rest)


def read_vott2(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture of an export, or of one asset, of VoTT, version 2."""
    tree = read_json(path)
    if "asset" in tree:
        return dict([_asset(tree, str(path), skipped)])
    assets = json_entry(tree, "assets", dict, str(path))
    found: Annotations = {}
    for key, asset in assets.items():
        with entry(skipped):
            name, regions = _asset(asset, f"{path}, asset {key}", skipped)
            found[name] = regions
    return found


def _asset(tree: Any, where: str, skipped: SkippedEntries | None) -> tuple[str, list[AnnotatedRegion]]:
    asset = json_entry(tree, "asset", dict, where)
    size = asset.get("size") if isinstance(asset.get("size"), dict) else {}
    frame = frame_of(size.get("height"), size.get("width"))
    regions = json_entry(tree, "regions", list, where)
    found = []
    for index, it in enumerate(regions):
        with entry(skipped):
            found.append(_region2(it, frame, f"{where}, region {index + 1}"))
    return unquote(json_entry(asset, "name", str, where)), found


def _region2(region: Any, frame: tuple[float, float] | None, where: str) -> AnnotatedRegion:
    label, rest = _label_and_tags(region, where)
    points = _points(region.get("points") or [], where)
    if str(region.get("type", "")).upper() not in ("RECTANGLE", "SQUARE", ""):
        return polygon_region(label, [points], where, frame=frame, attributes=rest)
    if len(points) > 1:
        return spanned_box(label, points, where, frame=frame, attributes=rest)
    edges = json_entry(region, "boundingBox", dict, where)
    left, top, width, height = finite_numbers(edges, ("left", "top", "width", "height"), where)
    return box_region(label, top, left, top + height, left + width, where, frame=frame, attributes=rest)


def _points(points: list[Any], where: str) -> list[Point]:
    return [(y, x) for x, y in (finite_numbers(point, ("x", "y"), where) for point in points)]


def _label_and_tags(region: Any, where: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the first tag as the label, and all of them where there are more."""
    tags = [str(tag) for tag in json_entry(region, "tags", list, where)]
    return (tags[0] if tags else ""), (attribute_pairs({"tags": ", ".join(tags)}) if len(tags) > 1 else ())
