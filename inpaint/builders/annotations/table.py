"""Boxes in a CSV (or JSONL): one row for each box, columns by their names.

    file, x, y, width, height, label          or          file, xmin, ymin, xmax, ymax, label

With corners, columns width and height are those of the picture.  Corners may also be x1, y1, x2, y2 or left, top,
right, bottom; the label's column may be called class, name or category.  A row without numbers is a picture without
a box.  Where nearly all coordinates are between 0 and 1 they are fractions of the sides, as OpenImages has them
(ImageID, XMin, XMax, YMin, YMax, LabelName).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    finite_number,
    frame_of,
)
from inpaint.builders.annotations.yolo import ROUNDING_SLACK
from inpaint.builders.sources.manifests import FILE_COLUMNS, manifest_records

CORNER_COLUMNS = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("left", "top", "right", "bottom"))
SIDE_COLUMNS = (("x", "y", "width", "height"), ("x", "y", "w", "h"))
LABEL_COLUMNS = ("label", "class", "name", "category", "labelname")
IMAGE_COLUMNS = ("image", "imageid")  # the second one: OpenImages, whose names have no suffix
FRACTION_SHARE = 0.9  # of the coordinates, which tell that all are fractions


def is_box_table(columns: Iterable[str]) -> bool:
    """Say whether these columns are those of a table of boxes."""
    present = {column.lower() for column in columns}
    return any(present.issuperset(wanted) for wanted in (*CORNER_COLUMNS, *SIDE_COLUMNS)) and bool(
        present & {*FILE_COLUMNS, *IMAGE_COLUMNS}
    )


def read_table(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the boxes of every picture of a table."""
    found: Annotations = {}
    boxes: list[tuple[str, list[float], AnnotatedRegion, str]] = []
    for where, row in manifest_records(path):
        columns = {name.lower(): value for name, value in row.items()}
        file = next((columns[name] for name in (*FILE_COLUMNS, *IMAGE_COLUMNS) if columns.get(name)), "")
        corners = next((names for names in CORNER_COLUMNS if columns.keys() >= set(names)), ())
        names = corners or next((names for names in SIDE_COLUMNS if columns.keys() >= set(names)), ())
        if not file or not names:
            raise ValueError(
                f"{where} has the columns {', '.join(row)}; file and x, y, width, height or xmin, ymin, xmax, ymax are "
                "needed"
            )
        file = file.replace("\\", "/")
        found.setdefault(file, [])
        if any(columns[name] for name in names):
            with entry(skipped):
                values = [finite_number(columns[name], name, where) for name in names]
                boxes.append((file, values, _box(columns, names, bool(corners), where), where))
    fractions = _are_fractions([values for _, values, _, _ in boxes])
    for file, values, region, where in boxes:
        if fractions:
            with entry(skipped):
                if outside := [value for value in values if not -ROUNDING_SLACK <= value <= 1 + ROUNDING_SLACK]:
                    raise ValueError(f"{where}: {outside[0]:g} is no fraction of the picture's side, as the others are")
                found[file].append(region._replace(frame=(1.0, 1.0)))
        else:
            found[file].append(region)
    return found


def _are_fractions(boxes: Sequence[Sequence[float]]) -> bool:
    """Say whether coordinates are fractions of the sides: nearly all of them are between 0 and 1,."""
    values = [value for box in boxes for value in box]
    inside = sum(-ROUNDING_SLACK <= value <= 1 + ROUNDING_SLACK for value in values)
    return bool(values) and inside >= FRACTION_SHARE * len(values)


def _box(columns: dict[str, str], names: tuple[str, ...], corners: bool, where: str) -> AnnotatedRegion:
    left, top, right, bottom = (finite_number(columns[name], name, where) for name in names)
    label = next((columns[name] for name in LABEL_COLUMNS if name in columns), "")
    frame = None
    if corners:
        sides = (columns.get(side) for side in ("height", "width"))
        frame = frame_of(*(finite_number(side, "the picture's side", where) if side else 0 for side in sides))
    else:
        right, bottom = left + right, top + bottom
    taken = {*names, *LABEL_COLUMNS, *FILE_COLUMNS, *IMAGE_COLUMNS, *(("height", "width") if corners else ())}
    attributes = attribute_pairs({name: value for name, value in columns.items() if name not in taken})
    return box_region(label, top, left, bottom, right, where, attributes=attributes, frame=frame)
