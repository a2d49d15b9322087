"""YOLO: one text file for each picture, a line for each region.

    CLASS CX CY WIDTH HEIGHT           a box, by its centre; a sixth number is a detector's confidence
    CLASS X1 Y1 X2 Y2 X3 Y3 ...        a polygon

Numbers are fractions of the picture's sides, so no picture is needed.  The names of the classes stand in classes.txt,
*.names or data.yaml, in the folder or one of the two above it; without them a class is its number.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.region import (
    AnnotatedRegion,
    Annotations,
    attribute_pairs,
    box_region,
    finite_number,
    polygon_region,
)

NOT_LABELS = re.compile(
    r"(classes|labels|train|val|valid|test|notes|readme.*|license.*|requirements)\.txt", re.IGNORECASE
)
CLASS_FILES = ("classes.txt", "data.yaml", "data.yml", "dataset.yaml", "obj.names", "coco.names", "names.txt")
ROUNDING_SLACK = 0.01  # beyond the picture, of a box that was rounded


def class_names(folder: Path) -> list[str]:
    """Return the names of the classes that a folder or one of the two above it gives; [] without any."""
    for place in (folder, *folder.resolve().parents[:2]):
        for name in CLASS_FILES:
            if (place / name).is_file():
                return _names(place / name)
    return []


def _names(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix not in (".yaml", ".yml"):
        return [line.strip() for line in text.splitlines() if line.strip()]
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    names = tree.get("names") if isinstance(tree, dict) else None
    if isinstance(names, dict) and all(isinstance(key, int) and 0 <= key < 10_000 for key in names):
        return [str(names.get(index, index)) for index in range(max(names, default=-1) + 1)]
    if isinstance(names, list):
        return [str(name) for name in names]
    raise ValueError(f"{path} should have names: a list, or a mapping from number to name")


def is_label_file(path: Path) -> bool:
    """Say whether the first line of a text file is one of YOLO."""
    if NOT_LABELS.fullmatch(path.name):
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        words = file.readline(1 << 16).split()
    return not words or (len(words) >= 5 and all(re.fullmatch(r"[-+.\deE]+", word) for word in words))


def read_yolo(path: Path, names: list[str], folder: str = "", skipped: SkippedEntries | None = None) -> Annotations:
    """Return the regions of the picture of a label file, named by the file's stem below `folder`."""
    regions = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    for index, line in enumerate(lines):
        if line.strip():
            with entry(skipped):
                regions.append(_region(line.split(), names, f"{path}, line {index + 1}"))
    return {f"{folder}/{path.stem}" if folder else path.stem: regions}


def _region(words: list[str], names: list[str], where: str) -> AnnotatedRegion:
    if not words[0].isdecimal():
        raise ValueError(f"{where}: the class is {words[0]!r}, it should be a whole number")
    index = int(words[0])
    if names and index >= len(names):
        raise ValueError(f"{where}: the class is {index}, but there are names for 0 to {len(names) - 1} only")
    label = names[index] if names else words[0]
    values = [finite_number(word, "a coordinate", where) for word in words[1:]]
    confidence = values.pop() if len(values) == 5 else None
    if len(values) < 4 or len(values) % 2:
        raise ValueError(f"{where} has {len(words)} numbers; a box has 5 or 6, a polygon an odd number from 7 on")
    if outside := [value for value in values if not -ROUNDING_SLACK <= value <= 1 + ROUNDING_SLACK]:
        raise ValueError(f"{where}: {outside[0]:g} is not a fraction of the picture's side, between 0 and 1")
    if len(values) == 4:
        x, y, width, height = values
        attributes = attribute_pairs({"confidence": confidence})
        edges = y - height / 2, x - width / 2, y + height / 2, x + width / 2
        return box_region(label, *edges, where, attributes=attributes, frame=(1.0, 1.0))
    return polygon_region(label, [list(zip(values[1::2], values[::2], strict=True))], where, frame=(1.0, 1.0))
