"""An earlier dataset whose splits are kept: what lies in it, and where all that shows the same belongs.

A picture is known again by the digest of its pixels, which stands in the names of its patches, and by the features of
its patches, so that also a larger, cropped or mirrored version of it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.builders.likeness.features import features_of, features_to_bytes
from inpaint.builders.likeness.groups import SPLITS
from inpaint.builders.report.statistics import read_json_lines
from inpaint.builders.work.store import Store
from inpaint.builders.writing.patch_files import PatchFiles

DIGEST_IN_NAME = re.compile(r"-([0-9a-f]{12})_\d+\.\w+$")
PATCHES_COMPARED = 3  # of each picture, those that show the most of it
CHANGES_NAMED = 3
DATASETS_COMPARED = 3  # beside the output


class EarlierPicture(NamedTuple):
    """A picture of the earlier dataset."""

    source: str
    digest: str  # its first 12 digits; "" where the name of its patch tells none
    split: str


class EarlierDataset:
    """The pictures of a dataset, its patches numbered 0 to count - 1."""

    def __init__(self, folder: Path) -> None:
        """Read its manifest.  Raises ValueError where it is not a dataset with splits."""
        self.folder = folder
        self.files = PatchFiles(folder)
        self.pictures: list[EarlierPicture] = []
        self._patches: list[tuple[int, str]] = []  # number of the picture, file
        of_source: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for line in read_json_lines(folder / "manifest.jsonl"):
            file, split = str(line.get("file", "")), line.get("split")
            if split not in SPLITS:
                raise ValueError(f"{folder} has a patch in the split {split!r}; known are {', '.join(SPLITS)}")
            source = str(line.get("source", file))
            if source not in of_source:
                named = DIGEST_IN_NAME.search(file)
                self.pictures.append(EarlierPicture(source, named[1] if named else "", split))
            of_source[source].append((float(line.get("scale", 1.0)), file))
        for number, patches in enumerate(of_source.values()):
            self._patches += [(number, file) for _, file in sorted(patches)[:PATCHES_COMPARED]]
        self.count = len(self._patches)

    def compare_only_missing(self, store: Store) -> None:
        """Leave out the patches of pictures that the store holds: those are known by their digests."""
        rows = store.database.execute("SELECT substr(digest, 1, 12) FROM findings WHERE rule = ''")
        held = {digest for (digest,) in rows}
        self._patches = [it for it in self._patches if self.pictures[it[0]].digest not in held]
        self.count = len(self._patches)

    def of_one_picture(self) -> Iterator[tuple[int, int]]:
        """Yield pairs of patches that were cut from one picture."""
        yield from (
            (index - 1, index)
            for index in range(1, self.count)
            if self._patches[index][0] == self._patches[index - 1][0]
        )

    def features(self, index: int) -> bytes:
        """Return the features of a patch."""
        return _patch_features(self.files, self._patches[index][1])

    def pinned(self, store: Store, numbers: np.ndarray, roots: np.ndarray) -> tuple[dict[int, str], list[str]]:
        """Return the split of every root that holds a picture of this dataset, and what is to be said.

        numbers: (N,) of the ranks.  roots: (N + count,) of the ranks and the patches.  What was in several splits goes
        to train, where it spoils no comparison.
        """
        rank_of = {number: rank for rank, number in enumerate(numbers.tolist())}
        found: dict[int, set[str]] = defaultdict(set)
        by_digest = {it.digest: it.split for it in self.pictures if it.digest}
        for number, digest in store.database.execute("SELECT id, substr(digest, 1, 12) FROM findings WHERE rule = ''"):
            if digest in by_digest and number in rank_of:
                found[int(roots[rank_of[number]])].add(by_digest[digest])
        for index, (number, _) in enumerate(self._patches):
            found[int(roots[len(numbers) + index])].add(self.pictures[number].split)
        torn = sum(len(splits) > 1 for splits in found.values())
        pinned = {root: splits.copy().pop() if len(splits) == 1 else SPLITS[0] for root, splits in found.items()}
        notes = [f"The splits are those of {self.folder}, which holds {len(self.pictures)} pictures."]
        if torn:
            notes.append(
                f"{torn} groups hold pictures that {self.folder} has in several splits: all of them lie in {SPLITS[0]} "
                "now, for what was trained on it has seen them."
            )
        return pinned, notes


@lru_cache(4000)
def _patch_features(files: PatchFiles, file: str) -> bytes:
    picture = files.read(file)
    gray = picture[:, :, 0] if picture.shape[2] == 1 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return features_to_bytes(features_of(np.ascontiguousarray(gray)))


def moved_since(store: Store, output: Path) -> list[str]:
    """Say what lies in another split than in the datasets beside the output, the newest three, that share pictures."""
    beside = [it for it in output.absolute().parent.glob("*/manifest.jsonl") if it.with_name("dataset.json").is_file()]
    newest = sorted(beside, key=lambda it: (-it.stat().st_mtime_ns, it))[:DATASETS_COMPARED]
    found = []
    for manifest in newest:
        try:
            found.append(_moved_pictures(store, manifest.parent))
        except ValueError:
            continue  # a dataset that cannot be read has no splits to be kept
    return [sentence for sentence in found if sentence]


def _moved_pictures(store: Store, folder: Path) -> str:
    """Say how many pictures of a dataset lie in another split now; "" where none does, or it shares no picture."""
    query = (
        "SELECT findings.digest, verdicts.split, sources.name FROM verdicts JOIN findings USING (id) "
        "JOIN sources USING (id) WHERE verdicts.split <> ''"
    )
    now = {digest[:12]: (split, name) for digest, split, name in store.database.execute(query)}
    changes: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    for line in read_json_lines(folder / "manifest.jsonl"):
        named = DIGEST_IN_NAME.search(str(line.get("file", "")))
        if named and named[1] in now and named[1] not in seen:
            seen.add(named[1])
            before, after = str(line.get("split")), now[named[1]][0]
            changes[f"{before} to {after}"] += before != after
    moved = {change: count for change, count in sorted(changes.items(), key=lambda it: -it[1]) if count}
    if not moved:
        return ""
    listing = ", ".join(f"{count} from {change}" for change, count in list(moved.items())[:CHANGES_NAMED])
    return (
        f"Of {len(seen)} pictures that {folder} holds too, {sum(moved.values())} lie in another split here "
        f"({listing}): do not compare networks across the two, or keep its splits with --splits-from {folder}"
    )
