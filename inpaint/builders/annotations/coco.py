"""COCO instances and SA-1B: boxes, polygons, plain and compressed run-length masks.

    {"images": [{"id", "file_name", "width", "height"}], "categories": [{"id", "name"}],
     "annotations": [{"image_id", "category_id", "bbox": [x, y, width, height], "segmentation", "iscrowd"}]}

The segmentation counts where there is one, otherwise the box.  Source: cocodataset.org, data format.  SA-1B has
one file for each picture, {"image": {"file_name", ...}, "annotations": [...]}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    finite_number,
    frame_of,
    json_entry,
    polygon_region,
    read_json,
)
from inpaint.builders.annotations.runs import runs_from_text, runs_of


def is_coco(tree: Any) -> bool:
    """Say whether a JSON tree looks like one of COCO."""
    return isinstance(tree, dict) and isinstance(tree.get("images"), list) and isinstance(tree.get("annotations"), list)


def read_coco(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture of a COCO file."""
    tree = read_json(path)
    names: dict[Any, str] = {}
    frames: dict[Any, tuple[float, float] | None] = {}
    for index, image in enumerate(json_entry(tree, "images", list, str(path))):
        where = f"{path}, image {index + 1}"
        key = json_entry(image, "id", (int, str), where)
        names[key] = json_entry(image, "file_name", str, where)
        frames[key] = frame_of(image.get("height"), image.get("width"))
    labels = {
        json_entry(category, "id", (int, str), f"{path}, category {index + 1}"): str(category.get("name", ""))
        for index, category in enumerate(tree.get("categories") or [])
    }
    found: Annotations = {name: [] for name in names.values()}
    for index, annotation in enumerate(json_entry(tree, "annotations", list, str(path))):
        where = f"{path}, annotation {index + 1}"
        with entry(skipped):
            image = json_entry(annotation, "image_id", (int, str), where)
            if image not in names:
                raise ValueError(f"{where}: image_id is {image!r}, but no image has that id")
            category = annotation.get("category_id")
            if labels and category not in labels:
                raise ValueError(f"{where}: category_id is {category!r}; the categories are {sorted(labels, key=str)}")
            found[names[image]].append(_region(annotation, labels.get(category, ""), frames[image], where))
    return found


def is_sa1b(tree: Any) -> bool:
    """Say whether a JSON tree looks like the file of one picture of SA-1B."""
    return isinstance(tree, dict) and isinstance(tree.get("image"), dict) and isinstance(tree.get("annotations"), list)


def read_sa1b(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of the picture of a file of SA-1B, whose masks are compressed runs and have no label."""
    tree = read_json(path)
    image, regions = tree["image"], []
    frame = frame_of(image.get("height"), image.get("width"))
    for index, annotation in enumerate(tree["annotations"]):
        where = f"{path}, annotation {index + 1}"
        with entry(skipped):
            json_entry({"": annotation}, "", dict, where)
            regions.append(_region(annotation, "", frame, where))
    return {json_entry(image, "file_name", str, str(path)): regions}


def _region(annotation: dict[str, Any], label: str, frame: tuple[float, float] | None, where: str) -> AnnotatedRegion:
    attributes = attribute_pairs({"iscrowd": annotation.get("iscrowd") or None, "id": annotation.get("id")})
    shape = annotation.get("segmentation")
    if isinstance(shape, dict):
        return _mask(shape, label, attributes, where)
    if isinstance(shape, list) and shape:
        rings = shape if isinstance(shape[0], list) else [shape]
        points = [_points(ring, where) for ring in rings]
        return polygon_region(label, points, where, attributes=attributes, frame=frame)
    values = json_entry(annotation, "bbox", list, where)
    if len(values) != 4:
        raise ValueError(f"{where}: bbox has {len(values)} numbers, it should have x, y, width and height")
    x, y, width, height = (finite_number(value, "bbox", where) for value in values)
    return box_region(label, y, x, y + height, x + width, where, attributes=attributes, frame=frame)


def _mask(shape: dict[str, Any], label: str, attributes: tuple[tuple[str, str], ...], where: str) -> AnnotatedRegion:
    size = json_entry(shape, "size", list, where)
    if len(size) != 2 or not all(isinstance(side, int) and 0 < side < 1 << 16 for side in size):
        raise ValueError(f"{where}: size is {size}, it should be [height, width]")
    counts = json_entry(shape, "counts", (list, str), where)
    if isinstance(counts, str):
        counts = runs_from_text(counts, where)
    elif not all(isinstance(count, int) for count in counts):
        raise ValueError(f"{where}: counts should be whole numbers")
    return AnnotatedRegion(label, "mask", attributes=attributes, pixels=runs_of(size, counts, where))


def _points(ring: Any, where: str) -> list[tuple[float, float]]:
    if not isinstance(ring, list) or len(ring) % 2:
        raise ValueError(f"{where}: a polygon should be a list of x, y, x, y, ..., an even number of them")
    values = [finite_number(value, "a coordinate", where) for value in ring]
    return list(zip(values[1::2], values[::2], strict=True))
