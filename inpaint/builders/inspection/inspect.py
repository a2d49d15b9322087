"""Inspect a dataset that somebody built, copied or changed: is all there, unharmed, and is nothing leaked?

Every file is read: its checksum, size, look from afar and corners, by which patches of different splits
that show the same are found.  Builders group pictures by other features, so what those are blind to can be seen here.
Plain patches (a sky, a wall) resemble each other and are not compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from inpaint.builders.inspection.corner_file import CornerFile
from inpaint.builders.inspection.faults import Faults
from inpaint.builders.inspection.leaks import (
    ListedPatch,
    SeenPatch,
    find_leaks_of_corners,
    find_leaks_of_looks,
    find_leaks_of_names,
)
from inpaint.builders.inspection.plain_folder import inspect_plain_folder
from inpaint.builders.inspection.second_look import corners_to_bytes
from inpaint.builders.likeness.fingerprints import PLAIN_DEVIATION, fingerprint_of
from inpaint.builders.report.statistics import describe_dataset, read_description, read_json_lines
from inpaint.builders.report.text_tables import dataset_tables
from inpaint.builders.writing.packing import file_sha256, shard_key
from inpaint.data.decode import colour_of
from inpaint.data.shards import PICTURE_KINDS, shard_members, shards_in
from inpaint.images import find

CHECKED_VERSIONS = (1, 2)  # of the folder's layout that can be checked
NEEDED_KEYS = ("file", "source", "group", "split", "sha256")  # keys of a manifest line
READING_THREADS = 4
FILES_AHEAD = 256  # files read before they are judged: bounds the memory


class Inspection(NamedTuple):
    """What is wrong with a dataset, as sentences, and its tables."""

    faults: list[str]
    text: str


def inspect_dataset(path: Path, *, progress: Callable[[int, int], None] | None = None) -> Inspection:
    """Check a dataset, in folders or in shards; of any other folder of pictures or shards, say what it holds.

    progress is called with (done, total) files.  Raises ValueError where there is nothing to inspect.
    """
    if not path.is_dir():
        raise ValueError(f"{path} is not a folder; it should be a dataset or a folder of pictures")
    if not (path / "manifest.jsonl").is_file():
        if (path / "dataset.json").is_file() or any((path / name).is_dir() for name in ("train", "val", "test")):
            faults, text = inspect_plain_folder(path, progress=progress)
            return Inspection(["it has no manifest.jsonl, so nothing can be checked against it", *faults], text)
        return Inspection(*inspect_plain_folder(path, progress=progress))
    faults = Faults()
    about = read_description(path)
    if about.get("version") not in CHECKED_VERSIONS:
        faults.add(
            f"dataset.json says version {about.get('version')!r}; known are {', '.join(map(str, CHECKED_VERSIONS))}"
        )
    patches = _known(path, faults)
    find_leaks_of_names(path, faults)
    side = (about.get("parameters") or {}).get("size")
    corners = CornerFile()
    seen = _look(path, patches, side, faults, progress, corners)
    find_leaks_of_looks(patches, seen, faults)
    compared = find_leaks_of_corners(patches, corners, faults)
    return Inspection(faults.sentences(), f"{dataset_tables(describe_dataset(path))}\n\n{compared}")


def _known(path: Path, faults: Faults) -> list[ListedPatch]:
    """Return the patches of the manifest, and note what is wrong with its lines."""
    patches, files = [], set()
    for number, line in enumerate(read_json_lines(path / "manifest.jsonl"), 1):
        missing = [key for key in NEEDED_KEYS if key not in line]
        if missing:
            faults.add("manifest lines lack a key", f"line {number}: {', '.join(missing)}")
            continue
        patch = ListedPatch(line["file"], line["split"], line["sha256"], line["source"])
        if patch.file in files:
            faults.add("files are listed twice in the manifest", patch.file)
            continue
        files.add(patch.file)
        if Path(patch.file).parts[0] != patch.split:
            faults.add("files lie in a different split than the manifest says", f"{patch.file} should be {patch.split}")
        patches.append(patch)
        masks = [line["mask"]] if line.get("mask") else []  # of what is annotated
        for baked in (*masks, *((line.get("censor") or {}).get("files") or {}).values()):
            files.add(baked["file"])
            if not (path / "shards.json").is_file():
                _check_baked(path, baked, faults)
    if not (path / "shards.json").is_file():
        for folder in ("train", "val", "test", "censored", "masks"):
            for file in find(path / folder) if (path / folder).is_dir() else ():
                name = file.relative_to(path).as_posix()
                if name not in files:
                    faults.add("files are not in the manifest", name)
    return patches


def _check_baked(path: Path, baked: dict[str, str], faults: Faults) -> None:
    """Check a mask, or a censored picture that was baked in."""
    file = path / baked["file"]
    if not file.is_file():
        faults.add("files are missing", baked["file"])
    elif hashlib.sha256(file.read_bytes()).hexdigest() != baked["sha256"]:
        faults.add("files have changed (their checksum differs from the manifest's)", baked["file"])


def _look(
    path: Path,
    patches: list[ListedPatch],
    side: int | None,
    faults: Faults,
    progress: Callable[[int, int], None] | None,
    corners: CornerFile,
) -> list[SeenPatch]:
    """Read every patch, note what is wrong, and return what each looks like."""
    place = {(patch.split, shard_key(patch.file)): number for number, patch in enumerate(patches)}
    seen = [SeenPatch("files are missing", patch.file) for patch in patches]

    def judged(found: tuple[tuple[str, str], str, bytes]) -> tuple[int | None, SeenPatch]:
        key, name, data = found
        number = place.get(key)
        return number, SeenPatch("files are not in the manifest", name) if number is None else _see(
            patches[number], name, data, side
        )

    stream, done = _contents(path, patches, faults), 0
    with ThreadPoolExecutor(READING_THREADS) as pool:
        while block := list(islice(stream, FILES_AHEAD)):
            for number, it in pool.map(judged, block):
                if number is None:
                    faults.add(it.fault, it.detail)
                else:
                    seen[number] = it._replace(corners=b"")
                    if it.corners:
                        corners.keep(number, it.corners)
            done += len(block)
            if progress is not None:
                progress(done, len(patches))
    for it in seen:
        if it.fault:
            faults.add(it.fault, it.detail)
    return seen


def _contents(path: Path, patches: list[ListedPatch], faults: Faults) -> Iterator[tuple[tuple[str, str], str, bytes]]:
    """Yield split and key, name and content of every patch that is there."""
    if not (path / "shards.json").is_file():
        for patch in patches:
            if (path / patch.file).is_file():
                yield (patch.split, shard_key(patch.file)), patch.file, (path / patch.file).read_bytes()
        return
    listed = {entry["file"]: entry for entry in _shard_entries(path)}
    there = {file.relative_to(path).as_posix() for name in ("train", "val", "test") for file in shards_in(path / name)}
    for name in sorted(listed.keys() | there):
        if name not in there:
            faults.add("shards are missing", name)
            continue
        if name not in listed:
            faults.add("shards are not in shards.json", name)
        elif file_sha256(path / name) != listed[name]["sha256"]:
            faults.add("shards have changed (their checksum differs from the one in shards.json)", name)
        split = Path(name).parts[0]
        try:
            with (path / name).open("rb") as file:
                for key, kind, offset, size in shard_members(path / name):
                    if kind in PICTURE_KINDS:
                        file.seek(offset)
                        yield (split, key), f"{name}: {key}.{kind}", file.read(size)
        except ValueError as error:
            faults.add("shards cannot be read", str(error))


def _shard_entries(path: Path) -> list[dict[str, Any]]:
    try:
        return json.loads((path / "shards.json").read_text(encoding="utf-8"))["shards"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path / 'shards.json'} is damaged: {error}") from None


def _see(patch: ListedPatch, name: str, data: bytes, side: int | None) -> SeenPatch:
    """Check one patch and take its look."""
    if hashlib.sha256(data).hexdigest() != patch.sha256:
        return SeenPatch("files have changed (their checksum differs from the manifest's)", name)
    try:
        colour = colour_of(data, name)
    except ValueError as error:
        return SeenPatch("files cannot be read", str(error))
    if side is not None and colour.shape[:2] != (side, side):
        return SeenPatch(f"patches are not {side} x {side}", f"{name} is {colour.shape[0]} x {colour.shape[1]}")
    gray = colour[:, :, 0] if colour.shape[2] == 1 else cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    if colour.dtype != np.uint8 or gray.std() < PLAIN_DEVIATION:
        return SeenPatch("", name)
    look = fingerprint_of(np.ascontiguousarray(gray))
    corners = corners_to_bytes(np.ascontiguousarray(gray))
    return SeenPatch("", name, int.from_bytes(look.bits, "big"), look.thumbnail, corners)
