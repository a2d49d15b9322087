"""Label Studio: its JSON and JSON-MIN exports.

    [{"data": {"image": "/data/upload/1/1a2b3c4d-a.jpg"}, "annotations": [{"result": [
      {"type": "rectanglelabels", "original_width", "original_height",
       "value": {"x", "y", "width", "height", "rotation", "rectanglelabels": ["cat"]}}]}]}]
    [{"image": "...", "label": [{"x", ..., "rectanglelabels": ["cat"], "original_width", "original_height"}]}]

Coordinates are in per cent of the picture's sides; a box is turned clockwise about its top left corner.  Brushes are
runs as the package rle-pack writes them, of red, green, blue and alpha; alpha tells.  Uploads get a prefix of eight
hexadecimal digits, which Lookup passes over.  What was cancelled and key points have no area.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from inpaint.builders.annotations.faulty_entries import SkippedEntries, WithoutAreaError, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    box_region,
    ellipse_ring,
    finite_number,
    finite_numbers,
    frame_of,
    json_entry,
    polygon_region,
    read_json,
)
from inpaint.builders.annotations.runs import runs_from_mask

LABEL_KEYS = ("rectanglelabels", "polygonlabels", "ellipselabels", "brushlabels", "labels")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def is_label_studio(tree: Any) -> bool:
    """Say whether a JSON tree looks like an export of Label Studio."""
    if not isinstance(tree, list) or not tree or not isinstance(tree[0], dict):
        return False
    first = tree[0]
    return isinstance(first.get("data"), dict) or ("annotation_id" in first and _address(first) is not None)


def read_label_studio(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of every task of an export."""
    found: Annotations = {}
    for number, task in enumerate(read_json(path)):
        where = f"{path}, task {number + 1}"
        with entry(skipped):
            data = task["data"] if isinstance(task.get("data"), dict) else task
            address = _address(data)
            if address is None:
                raise ValueError(f"{where} has no address of a picture; it has {', '.join(map(repr, data))}")
            regions = found.setdefault(_name(address), [])
            for index, result in enumerate(_results(task)):
                with entry(skipped):
                    region = _region(result, f"{where}, region {index + 1}")
                    regions += [] if region is None else [region]
    return found


def _address(data: dict[str, Any]) -> str | None:
    texts = [it for it in data.values() if isinstance(it, str)]
    return next((it for it in texts if urlsplit(it).path.lower().endswith(IMAGE_SUFFIXES) or "?d=" in it), None)


def _name(address: str) -> str:
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    return local[0] if local else unquote(parts.path).lstrip("/")


def _results(task: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was drawn: of JSON in "result", of JSON-MIN in the lists beside the picture."""
    if "annotations" in task or "completions" in task:
        drawn = task.get("annotations") or task.get("completions") or []
        return [it for one in drawn if not one.get("was_cancelled") for it in one.get("result") or []]
    return [it for value in task.values() if isinstance(value, list) for it in value if isinstance(it, dict)]


def _region(result: dict[str, Any], where: str) -> AnnotatedRegion | None:
    value = result["value"] if isinstance(result.get("value"), dict) else result
    kind = next((key for key in LABEL_KEYS if value.get(key)), "")
    label = str((value.get(kind) or [""])[0]) if kind else ""
    height, width = (result.get(f"original_{side}") for side in ("height", "width"))
    frame = frame_of(height, width) or (100.0, 100.0)
    y_unit, x_unit = frame[0] / 100, frame[1] / 100
    rest: dict[str, Any] = {"frame": frame if frame != (100.0, 100.0) else (1.0, 1.0)}
    if rest["frame"] == (1.0, 1.0):
        y_unit = x_unit = 0.01
    angle = finite_number(value.get("rotation") or 0.0, "rotation", where)
    if "rle" in value:
        return _brush(json_entry(value, "rle", list, where), label, frame, where)
    if isinstance(value.get("points"), list):
        points = [[finite_number(it, "a coordinate", where) for it in point] for point in value["points"]]
        return polygon_region(label, [[(y * y_unit, x * x_unit) for x, y in points]], where, **rest)
    if "radiusX" in value:
        x, y, across, down = finite_numbers(value, ("x", "y", "radiusX", "radiusY"), where)
        ring = ellipse_ring((y * y_unit, x * x_unit), (across * x_unit, down * y_unit), where, math.radians(angle))
        return polygon_region(label, [ring], where, **rest)
    if "height" in value and "width" in value:
        x, y, across, down = finite_numbers(value, ("x", "y", "width", "height"), where)
        top, left, bottom, right = y * y_unit, x * x_unit, (y + down) * y_unit, (x + across) * x_unit
        box = box_region(label, top, left, bottom, right, where, **rest)
        return box if not angle else polygon_region(label, [_about_corner(box, angle)], where, **rest)
    if "keypointlabels" in value:
        raise WithoutAreaError(where)
    return None  # a choice, a text


def _about_corner(box: AnnotatedRegion, degrees: float) -> list[tuple[float, float]]:
    """Return the corners of a box that is turned clockwise about its top left one."""
    (top, left), (bottom, right) = box.rings[0]
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    corners = ((0.0, 0.0), (0.0, right - left), (bottom - top, right - left), (bottom - top, 0.0))
    return [(top + x * sine + y * cosine, left + x * cosine - y * sine) for y, x in corners]


def _brush(packed: list[Any], label: str, frame: tuple[float, float], where: str) -> AnnotatedRegion:
    size = int(frame[0]), int(frame[1])
    if not all(isinstance(it, int) and 0 <= it < 256 for it in packed):
        raise ValueError(f"{where}: rle should be bytes, 0 to 255")
    values = unpacked_runs(bytes(packed), where)
    if len(values) != size[0] * size[1] * 4:
        raise ValueError(f"{where}: the brush has {len(values) // 4} pixels, the picture has {size[0] * size[1]}")
    return AnnotatedRegion(label, "mask", pixels=runs_from_mask(values[3::4].reshape(size) > 127))


def unpacked_runs(data: bytes, where: str) -> np.ndarray:
    """Return the values, (N,) uint8, that rle-pack packed: runs and single values of few bits."""
    bits, place = "".join(f"{it:08b}" for it in data), 0

    def take(count: int) -> int:
        nonlocal place
        if place + count > len(bits):
            raise ValueError(f"{where}: the runs of the brush end too early")
        place += count
        return int(bits[place - count : place], 2)

    total, width = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    if total > 1 << 30:
        raise ValueError(f"{where}: the brush says that it has {total} values")
    values, done = np.zeros(total, np.uint8), 0
    while done < total:
        run, length = take(1), take(sizes[take(2)]) + 1
        end = min(done + length, total)
        values[done:end] = take(width) if run else [take(width) for _ in range(end - done)]
        done = end
    return values
