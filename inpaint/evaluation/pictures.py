"""The clean pictures that methods are measured on: a split of a dataset, of files or of tar shards, or any folder.

What a dataset has baked in beside its pictures (see inpaint/builders/writing/bake.py) is read as damage, too.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from inpaint.data.shards import PICTURE_KINDS, shard_members, shards_in
from inpaint.evaluation.cases import Case
from inpaint.evaluation.damaging import Damaged
from inpaint.images import find, read
from inpaint.mosaic.grid import Grid

SPLIT_FOLDERS = ("train", "val", "test")


class FilePart(NamedTuple):
    """Where the content of a file lies: all of a file, or a part of a shard."""

    path: Path
    offset: int = 0
    size: int = -1  # bytes; -1 is all

    def content(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)

    def tensor(self) -> Tensor:
        """Return the pixels of the picture that lies here, (3, H, W) in [0, 1]."""
        return read(self.path, data=self.content()).tensor()


class CleanPicture(NamedTuple):
    """A picture of a split, and where what was baked in lies."""

    name: str
    picture: FilePart
    image: FilePart | None = None
    mask: FilePart | None = None
    censor: dict[str, Any] | None = None  # of its line in the manifest: what was drawn


def split_of(data: Path, split: str = "test") -> list[CleanPicture]:
    """Return the pictures of a dataset's split, or of a plain folder that has no splits.

    Raises ValueError where there is none.
    """
    if not data.is_dir():
        raise ValueError(f"{data} is not a folder; it should be a dataset or a folder of pictures")
    splits = sorted(path.name for path in data.iterdir() if path.is_dir() and path.name in SPLIT_FOLDERS)
    if splits and split not in splits:
        raise ValueError(f"{data} has no split {split!r}; choose {', '.join(splits)}")
    folder = data / split if splits else data
    pictures = [clean for shard in shards_in(folder) for clean in _in_shard(shard)] or _in_folder(data, folder)
    if not pictures:
        raise ValueError(f"{folder} holds no picture that can be read")
    return pictures


def picture_paths(data: Path, split: str = "test") -> list[Path]:
    """Return the files of a split that is stored as files; see `split_of`.  Raises ValueError for shards."""
    places = [clean.picture for clean in split_of(data, split)]
    if any(place.size >= 0 for place in places):
        raise ValueError(f"the split {split!r} of {data} is stored in shards, but its pictures are needed as files")
    return [place.path for place in places]


def read_pictures(paths: Sequence[Path | CleanPicture]) -> Iterator[tuple[str, Tensor]]:
    """Yield each picture's name and its pixels, (3, H, W) in [0, 1]."""
    for path in paths:
        clean = path if isinstance(path, CleanPicture) else CleanPicture(path.stem, FilePart(path))
        yield clean.name, clean.picture.tensor()


def evenly_spread(cleans: Sequence[CleanPicture], limit: int | None) -> list[CleanPicture]:
    """Return so many of the pictures, evenly spread, or all."""
    if limit is None or limit >= len(cleans):
        return list(cleans)
    return [cleans[index * len(cleans) // limit] for index in range(limit)]


def baked_damage(clean: CleanPicture, case: Case) -> Damaged | None:
    """Return the damage of this case's censor that was baked into a picture; None where there is none.

    Raises ValueError for a mosaic that was baked as a first guess, whose cells no picture in the wild shows.
    """
    if clean.censor is None or clean.image is None or clean.mask is None or baked_censor(clean) != case.censor:
        return None
    drawn = clean.censor["drawn"]
    if drawn.get("enlarge", "nearest") != "nearest":
        raise ValueError(f"{clean.name} was baked with enlarge {drawn['enlarge']}; only nearest can be measured")
    grid = Grid(tuple(drawn["block"]), tuple(drawn["phase"])) if case.censor == "mosaic" else None
    mask = (clean.mask.tensor()[:1] > 0.5).to(torch.float32)  # (1, H, W)
    return Damaged(clean.image.tensor(), mask, grid)


def baked_censor(clean: CleanPicture) -> str | None:
    """Name what was baked into a picture: "hole", "mosaic" or nothing."""
    return None if clean.censor is None else clean.censor["fill"]["name"]


def _in_folder(data: Path, folder: Path) -> list[CleanPicture]:
    """List the pictures of a folder; those of a dataset with what its manifest says was baked in."""
    censors: dict[str, dict[str, Any]] = {}
    if folder != data and (data / "manifest.jsonl").is_file():
        with (data / "manifest.jsonl").open(encoding="utf-8") as manifest:
            for line in map(json.loads, manifest):
                if "censor" in line:
                    censors[line["file"]] = line["censor"]
    cleans, paths = [], find(folder)
    stems = Counter(path.stem for path in paths)
    for path in paths:
        censor = censors.get(path.relative_to(data).as_posix())
        files = {} if censor is None else {kind: FilePart(data / it["file"]) for kind, it in censor["files"].items()}
        cleans.append(
            CleanPicture(_name(path, folder, stems), FilePart(path), files.get("image"), files.get("mask"), censor)
        )
    return cleans


def _name(path: Path, folder: Path, stems: Counter[str]) -> str:
    """Return how a picture is called: without folders and ending, where that says which one it is."""
    return path.stem if stems[path.stem] == 1 else path.relative_to(folder).as_posix()


def _in_shard(shard: Path) -> Iterator[CleanPicture]:
    """Yield the samples of a shard; the members of one lie together."""
    for name, parts in _samples(shard):
        picture = next((place for kind, place in parts.items() if kind in PICTURE_KINDS), None)
        if picture is not None:
            censor = json.loads(parts["json"].content()).get("censor") if "image.png" in parts else None
            yield CleanPicture(name, picture, parts.get("image.png"), parts.get("mask.png"), censor)


def _samples(shard: Path) -> Iterator[tuple[str, dict[str, FilePart]]]:
    current, parts = "", {}
    for key, kind, offset, size in shard_members(shard):
        if key != current and parts:
            yield current, parts
            parts = {}
        current, parts[kind] = key, FilePart(shard, offset, size)
    if parts:
        yield current, parts
