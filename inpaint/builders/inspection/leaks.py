"""Find what leaks between the splits of a dataset: names, equal files, and patches that show the same."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from inpaint.builders.inspection.corner_file import CornerFile
from inpaint.builders.inspection.faults import Faults
from inpaint.builders.inspection.second_look import WHAT_IT_CANNOT_SEE, Look, pairs_across
from inpaint.builders.likeness.fingerprints import FINGERPRINT_SIDE, TWIN
from inpaint.builders.likeness.neighbours import pairs_alike
from inpaint.builders.report.statistics import read_json_lines


class ListedPatch(NamedTuple):
    """What the manifest says of a patch."""

    file: str
    split: str
    sha256: str
    source: str


class SeenPatch(NamedTuple):
    """What a patch turned out to be; hash and thumbnail are None where it is plain or cannot be read."""

    fault: str  # kind of what is wrong; "" where nothing is
    detail: str
    bits: int | None = None
    thumbnail: bytes = b""
    corners: bytes = b""


def find_leaks_of_names(path: Path, faults: Faults) -> None:
    """Note groups, sources and equal patches that lie in two splits."""
    kinds = {"group": "groups lie in two splits", "source": "pictures have patches in two splits"}
    kinds["sha256"] = "patches are the same in two splits"
    where: dict[tuple[str, int], str] = {}
    for line in read_json_lines(path / "manifest.jsonl"):
        for key, kind in kinds.items():
            if key in line and where.setdefault((key, hash(line[key])), line.get("split", "")) != line.get("split"):
                faults.add(kind, str(line["file"] if key == "sha256" else line[key]), once=True)


def find_leaks_of_looks(patches: list[ListedPatch], seen: list[SeenPatch], faults: Faults) -> None:
    """Note patches of different splits that look alike."""
    chosen = [number for number, it in enumerate(seen) if it.bits is not None]
    hashes = np.array([seen[number].bits for number in chosen], np.uint64)
    shown = np.frombuffer(b"".join(seen[number].thumbnail for number in chosen), np.uint8).reshape(
        -1, FINGERPRINT_SIDE * FINGERPRINT_SIDE
    )
    for one, other in pairs_alike(hashes, lambda some: shown[some], TWIN).tolist():
        first, second = patches[chosen[one]], patches[chosen[other]]
        if first.split != second.split and first.sha256 != second.sha256:
            faults.add("pairs of patches look alike across splits", f"{first.file} and {second.file}")


def find_leaks_of_corners(patches: list[ListedPatch], corners: CornerFile, faults: Faults) -> str:
    """Note patches of different splits that show the same, also cropped, turned or mirrored; say what was compared."""
    chosen = [number for number in range(len(patches)) if number in corners]

    def look(place: int) -> Look:
        patch = patches[chosen[place]]
        return Look(patch.split, patch.source, corners.read(chosen[place]))

    for one, other in pairs_across(len(chosen), look):
        names = patches[chosen[one]].file, patches[chosen[other]].file
        faults.add("pairs of patches show the same across splits", " and ".join(names))
    return (
        f"{len(chosen)} of {len(patches)} patches were compared across splits by their corners: {WHAT_IT_CANNOT_SEE}."
    )
