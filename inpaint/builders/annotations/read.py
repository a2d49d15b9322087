"""Read annotations of any known format, which is recognised by their content."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inpaint import images
from inpaint.builders.annotations.coco import is_coco, is_sa1b, read_coco, read_sa1b
from inpaint.builders.annotations.cvat import read_cvat
from inpaint.builders.annotations.faulty_entries import SkippedEntries, entry
from inpaint.builders.annotations.label_studio import is_label_studio, read_label_studio
from inpaint.builders.annotations.labelme import is_labelme, read_labelme
from inpaint.builders.annotations.mask_images import read_mask_images
from inpaint.builders.annotations.panoptic import is_panoptic, read_panoptic
from inpaint.builders.annotations.region import Annotations, read_json
from inpaint.builders.annotations.table import is_box_table, read_table
from inpaint.builders.annotations.via import SHAPE_COLUMN, is_via, read_via
from inpaint.builders.annotations.via3 import is_via3, read_via3
from inpaint.builders.annotations.voc import read_voc
from inpaint.builders.annotations.vott import is_vott1, is_vott2, read_vott1, read_vott2
from inpaint.builders.annotations.yolo import class_names, is_label_file, read_yolo
from inpaint.builders.sources.manifests import manifest_records

JSON_FORMATS: dict[str, Callable[[Any], bool]] = {  # of JSON files
    "vott1": is_vott1,
    "vott2": is_vott2,
    "panoptic": is_panoptic,
    "coco": is_coco,
    "sa1b": is_sa1b,
    "labelme": is_labelme,
    "label_studio": is_label_studio,
    "via3": is_via3,
    "via": is_via,
}
ANNOTATION_SUFFIXES = {  # that files of each format may have
    "vott1": (".json",),
    "vott2": (".json",),
    "panoptic": (".json",),
    "coco": (".json",),
    "sa1b": (".json",),
    "labelme": (".json",),
    "label_studio": (".json",),
    "via3": (".json",),
    "via": (".json", ".csv"),
    "voc": (".xml",),
    "cvat": (".xml",),
    "yolo": (".txt",),
    "csv": (".csv", ".tsv", ".jsonl", ".ndjson"),
    "masks": images.SUFFIXES,
}
ANNOTATION_FORMATS = tuple(ANNOTATION_SUFFIXES)
FILES_PER_SUFFIX = 50  # files of each suffix that are opened to recognise the format


class ReadAnnotations(NamedTuple):
    """Annotations and what they were recognised as."""

    format: str  # one of ANNOTATION_FORMATS
    regions: Annotations
    skipped: SkippedEntries

    def sentence(self) -> str:
        """Say what was recognised, and what was passed over."""
        count = sum(map(len, self.regions.values()))
        said = f"annotations of the format {self.format}: {count} regions in {len(self.regions)} pictures"
        return "; ".join(filter(None, (said, self.skipped.sentence())))


def read_annotations(path: Path | str, format: str = "auto") -> ReadAnnotations:
    """Return the annotations of a file, or of all files below a folder.

    format: one of ANNOTATION_FORMATS, or "auto", which recognises it from the content.  Pictures are named as the
    annotations name them, below the folder; Lookup finds them.  A faulty entry is passed over and told of in `skipped`.
    Raises ValueError for an unknown format, for content that is of none or of several, and where nothing but faulty
    entries is there.
    """
    path = Path(path)
    if format != "auto" and format not in ANNOTATION_FORMATS:
        raise ValueError(
            f"annotations of the format {format!r} are unknown: the choices are auto, {', '.join(ANNOTATION_FORMATS)}"
        )
    if not path.exists():
        raise ValueError(f"{path} does not exist: give a file of annotations, or a folder of them")
    chosen = _recognised(path) if format == "auto" else format
    found: Annotations = {}
    skipped = SkippedEntries()
    for name, regions in _pictures(path, chosen, skipped, choosy=format == "auto"):
        found.setdefault(name, []).extend(regions)
    if skipped.count and not any(found.values()):
        raise ValueError(f"{path} holds no sound annotation of the format {chosen}: {skipped.sentence()}")
    if not found:
        raise ValueError(f"{path} holds no annotations of the format {chosen}")
    return ReadAnnotations(chosen, found, skipped)


def _recognised(path: Path) -> str:
    """Return the one format that the files are of."""
    looked: Counter[str] = Counter()
    kinds: dict[str, Path] = {}
    for file in _files(path):
        looked[file.suffix.lower()] += 1
        if looked[file.suffix.lower()] <= FILES_PER_SUFFIX and (kind := _kind(file)) is not None:
            kinds.setdefault(kind, file)
    others = {kind: file for kind, file in kinds.items() if kind != "masks"}  # pictures may lie beside annotations
    kinds = others or kinds
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds:
        listing = ", ".join(f"{kind} ({file.name})" for kind, file in sorted(kinds.items()))
        raise ValueError(f"{path} holds annotations of several formats, {listing}: say which one counts")
    raise ValueError(
        f"{path} holds no annotations that are recognised: the formats are {', '.join(ANNOTATION_FORMATS)}"
    )


def _kind(file: Path) -> str | None:
    """Return the format of one file, None where it is of none."""
    suffix = file.suffix.lower()
    if suffix == ".json":
        tree = read_json(file)
        return next((name for name, fits in JSON_FORMATS.items() if fits(tree)), None)
    if suffix in ANNOTATION_SUFFIXES["csv"]:
        columns = next(iter(manifest_records(file)), ("", {}))[1]
        return "via" if SHAPE_COLUMN in columns else "csv" if is_box_table(columns) else None
    if suffix == ".xml":
        with file.open("rb") as opened:
            head = opened.read(1 << 12).replace(b"\0", b"")  # UTF-16 too
        return "cvat" if b"<annotations" in head else "voc" if b"<annotation" in head else None
    if suffix == ".txt":
        return "yolo" if is_label_file(file) else None
    return "masks" if suffix in images.SUFFIXES else None


def _files(path: Path) -> Iterator[Path]:
    """Yield a file, or every file below a folder that is not hidden, in order."""
    if path.is_file():
        yield path
        return
    for where, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(where, name) for name in sorted(names) if not name.startswith("."))


def _pictures(path: Path, format: str, skipped: SkippedEntries, *, choosy: bool) -> Iterator[tuple[str, list[Any]]]:
    """Yield the pictures of every file of a format; choosy: passing over files of that suffix which are of another."""
    if format == "masks":
        yield from read_mask_images(path).items()
        return
    root = path if path.is_dir() else path.parent
    names: dict[Path, list[str]] = {}
    for file in _files(path):
        if file.suffix.lower() not in ANNOTATION_SUFFIXES[format] or (choosy and _kind(file) != format):
            continue
        folder = file.parent.relative_to(root).as_posix()
        folder = "" if folder == "." else folder
        if path.is_file() or (format in READERS_OF_MANY and format != "sa1b"):
            yield from _of_file(file, format, folder, names, skipped).items()
            continue
        with entry(skipped):  # one file of many that cannot be read does not lose the others
            yield from _of_file(file, format, folder, names, skipped).items()


def _of_file(
    file: Path, format: str, folder: str, names: dict[Path, list[str]], skipped: SkippedEntries
) -> Annotations:
    """Return what one file tells; names: the classes of each folder of YOLO that are known so far."""
    if format == "yolo":
        if file.parent not in names:
            names[file.parent] = class_names(file.parent)
        return read_yolo(file, names[file.parent], folder, skipped)
    if format in ("labelme", "voc"):
        return {"labelme": read_labelme, "voc": read_voc}[format](file, folder, skipped)
    return READERS_OF_MANY[format](file, skipped)


READERS_OF_MANY: dict[str, Callable[[Path, SkippedEntries], Annotations]] = {  # whose files name their pictures
    "vott1": read_vott1,
    "vott2": read_vott2,
    "panoptic": read_panoptic,
    "coco": read_coco,
    "sa1b": read_sa1b,
    "cvat": read_cvat,
    "label_studio": read_label_studio,
    "via3": read_via3,
    "via": read_via,
    "csv": read_table,
}
