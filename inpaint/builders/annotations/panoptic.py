"""COCO panoptic: every pixel of a PNG beside the JSON is the number of a segment.

    {"images": [{"id", "file_name"}], "categories": [{"id", "name", "isthing"}],
     "annotations": [{"image_id", "file_name": "a.png", "segments_info": [{"id", "category_id"}]}]}

A number is red + 256 * green + 65536 * blue; 0 is nothing.  The PNGs lie in a folder called like the JSON,
or beside it.
Source: cocodataset.org, data format.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inpaint import images
from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.region import AnnotatedRegion, Annotations, json_entry, read_json
from inpaint.builders.annotations.runs import runs_from_mask


def is_panoptic(tree: Any) -> bool:
    """Say whether a JSON tree looks like one of COCO panoptic."""
    listed = tree.get("annotations") if isinstance(tree, dict) else None
    return isinstance(listed, list) and bool(listed) and isinstance(listed[0], dict) and "segments_info" in listed[0]


def read_panoptic(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every picture: each segment by the name of its category."""
    tree = read_json(path)
    names = {it["id"]: str(it["file_name"]) for it in json_entry(tree, "images", list, str(path)) if "file_name" in it}
    labels = {it["id"]: str(it.get("name", "")) for it in tree.get("categories") or [] if "id" in it}
    found: Annotations = {name: [] for name in names.values()}
    for index, annotation in enumerate(tree["annotations"]):
        where = f"{path}, annotation {index + 1}"
        with entry(skipped):
            image, file = annotation.get("image_id"), json_entry(annotation, "file_name", str, where)
            if image not in names:
                raise ValueError(f"{where}: image_id is {image!r}, but no image has that id")
            numbers = _numbers(path, file, where)
            for segment in json_entry(annotation, "segments_info", list, where):
                mask = numbers == segment.get("id")
                if not mask.any():
                    raise ValueError(f"{where}: the segment {segment.get('id')!r} has no pixel in {file}")
                label = labels.get(segment.get("category_id"), "")
                found[names[image]].append(AnnotatedRegion(label, "mask", pixels=runs_from_mask(mask)))
    return found


def _numbers(path: Path, file: str, where: str) -> np.ndarray:
    """Return the number of every pixel, (H, W) int64."""
    places = [path.with_suffix("") / file, path.parent / file, *sorted(path.parent.glob(f"*/{file}"))]
    place = next((it for it in places if it.is_file()), None)
    if place is None:
        raise ValueError(f"{where}: {file} is not there; it should lie in {path.with_suffix('')} or beside {path.name}")
    colour = images.read(place).colour
    if colour.dtype != np.uint8 or colour.shape[2] != 3:
        raise ValueError(f"{where}: {file} should be RGB of 8 bits, so that its pixels are numbers")
    return colour.astype(np.int64) @ np.array([1, 256, 65536])
