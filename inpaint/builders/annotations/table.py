"""Boxes in a CSV (or JSONL): one row for each box, columns by their names.

    file, x, y, width, height, label          or          file, xmin, ymin, xmax, ymax, label

With corners, columns width and height are those of the picture.  Corners may also be x1, y1, x2, y2 or left, top,
right, bottom; the label's column may be called class, name or category.  A row without numbers is a picture without
a box.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    finite_number,
    frame_of,
)
from inpaint.builders.sources.manifests import FILE_COLUMNS, manifest_records

CORNER_COLUMNS = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("left", "top", "right", "bottom"))
SIDE_COLUMNS = (("x", "y", "width", "height"), ("x", "y", "w", "h"))
LABEL_COLUMNS = ("label", "class", "name", "category")


def is_box_table(columns: Iterable[str]) -> bool:
    """Say whether these columns are those of a table of boxes."""
    present = {column.lower() for column in columns}
    return any(present.issuperset(wanted) for wanted in (*CORNER_COLUMNS, *SIDE_COLUMNS)) and bool(
        present & {*FILE_COLUMNS, "image"}
    )


def read_table(path: Path, skipped: SkippedEntries | None = None) -> Annotations:
    """Return the boxes of every picture of a table."""
    found: Annotations = {}
    for where, row in manifest_records(path):
        columns = {name.lower(): value for name, value in row.items()}
        file = next((columns[name] for name in (*FILE_COLUMNS, "image") if columns.get(name)), "")
        corners = next((names for names in CORNER_COLUMNS if columns.keys() >= set(names)), ())
        names = corners or next((names for names in SIDE_COLUMNS if columns.keys() >= set(names)), ())
        if not file or not names:
            raise ValueError(
                f"{where} has the columns {', '.join(row)}; file and x, y, width, height or xmin, ymin, xmax, ymax are "
                "needed"
            )
        regions = found.setdefault(file.replace("\\", "/"), [])
        if any(columns[name] for name in names):
            regions.append(_box(columns, names, bool(corners), where))
    return found


def _box(columns: dict[str, str], names: tuple[str, ...], corners: bool, where: str) -> AnnotatedRegion:
    left, top, right, bottom = (finite_number(columns[name], name, where) for name in names)
    label = next((columns[name] for name in LABEL_COLUMNS if name in columns), "")
    frame = None
    if corners:
        sides = (columns.get(side) for side in ("height", "width"))
        frame = frame_of(*(finite_number(side, "the picture's side", where) if side else 0 for side in sides))
    else:
        right, bottom = left + right, top + bottom
    taken = {*names, *LABEL_COLUMNS, *FILE_COLUMNS, "image", *(("height", "width") if corners else ())}
    attributes = attribute_pairs({name: value for name, value in columns.items() if name not in taken})
    return box_region(label, top, left, bottom, right, where, attributes=attributes, frame=frame)
