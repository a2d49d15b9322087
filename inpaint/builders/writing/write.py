"""Write a dataset folder out of a work folder: patches into their splits, manifest, rejections, description, sheet.

Killed midway, it is done again: a patch lies either where it was staged or already in its split.
"""

from __future__ import annotations

import heapq
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from inpaint.builders.examining.examine import mask_beside
from inpaint.builders.likeness.groups import SPLITS
from inpaint.builders.report.attribution import write_credits
from inpaint.builders.report.build_report import DatasetReport
from inpaint.builders.report.contact_sheet import SHEET_PATCHES, contact_sheet
from inpaint.builders.report.dataset_page import write_dataset_page
from inpaint.builders.report.statistics import describe_dataset, write_statistics
from inpaint.builders.settings import DatasetSettings, settings_to_tree
from inpaint.builders.sources.source import read_source
from inpaint.builders.work.records import Member, StagedPatch
from inpaint.builders.work.store import Store
from inpaint.builders.work.work_folder import staging_folder
from inpaint.builders.writing.packing import pack_dataset
from inpaint.files import atomically, write_text

LAYOUT_VERSION = 2  # of the folder's layout


class Totals:
    """Sums over the training patches, and which patches of each split are shown."""

    def __init__(self) -> None:
        self.patches = 0
        self.total = [0, 0, 0]
        self.squares = [0, 0, 0]
        self.shown: dict[str, list[tuple[int, str, str]]] = {name: [] for name in SPLITS}

    def add(self, patch: StagedPatch, number: int, line: dict[str, Any]) -> None:
        """Take a patch into account; shown is first one of every picture, then the second ones, in random order."""
        shown = self.shown[line["split"]]
        shown.append((number, line["sha256"], line["file"]))
        if len(shown) >= 8 * SHEET_PATCHES:
            shown[:] = heapq.nsmallest(SHEET_PATCHES, shown)
        if line["split"] == "train":
            self.patches += 1
            self.total = [one + other for one, other in zip(self.total, patch.total, strict=True)]
            self.squares = [one + other for one, other in zip(self.squares, patch.squares, strict=True)]

    def moments(self, size: int) -> tuple[list[float] | None, list[float] | None]:
        """Return mean and standard deviation of each channel in [0, 1]."""
        count = self.patches * size**2
        if not count:
            return None, None
        means = [total / count for total in self.total]
        squares = [square / count for square in self.squares]
        deviation = [max(s - m * m, 0.0) ** 0.5 for s, m in zip(squares, means, strict=True)]
        return [round(value / 255, 6) for value in means], [round(value / 255, 6) for value in deviation]


def write_dataset(store: Store, report: DatasetReport, settings: DatasetSettings) -> Path:
    """Write the dataset of a judged store into its work folder and return where it lies."""
    folder = store.folder / "dataset"
    if store.fact("written") is None:
        _write_files(store, folder, report, settings)
        store.remember("written", "yes")
    if settings.store.format == "shards":
        if not (folder / "shards.json").exists():
            pack_dataset(folder, shard_size=settings.store.shard_size)
        for name in SPLITS:  # what packing that was killed did not remove any more
            for file in (folder / name).glob("*.png"):
                file.unlink()
        for name in ("censored", "masks"):
            shutil.rmtree(folder / name, ignore_errors=True)
    return folder


def _write_files(store: Store, folder: Path, report: DatasetReport, settings: DatasetSettings) -> None:
    """Write everything as files."""
    for name in SPLITS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        if settings.annotations is not None:
            (folder / "masks" / name).mkdir(parents=True, exist_ok=True)
    totals = Totals()
    _write_lines(folder / "manifest.jsonl", _lines(store, folder, totals, settings))
    _write_lines(
        folder / "rejected.jsonl",
        ({key: value for key, value in it._asdict().items() if value} for it in store.rejected()),
    )
    mean, deviation = totals.moments(settings.size)
    counts = report._asdict()
    counts.pop("examples")
    counts["astray"] = len(counts.pop("straddling"))  # as the file has always called them
    counts.pop("notes")
    described = {"version": LAYOUT_VERSION, "parameters": _parameters(settings), "counts": counts}
    kept = (member.finding.source for member in store.members())
    described["licences"] = write_credits(folder, ((source.name, source.facts) for source in kept))  # of pictures
    write_text(folder / "dataset.json", json.dumps({**described, "mean": mean, "std": deviation}, indent=2) + "\n")
    rows = {
        f"{name}: {report.patches[name]} patches of {report.pictures[name]} pictures": [
            folder / file for _, _, file in heapq.nsmallest(SHEET_PATCHES, totals.shown[name])
        ]
        for name in SPLITS
    }
    contact_sheet(rows, folder / "contact.png")
    statistics = describe_dataset(folder)
    write_statistics(statistics, folder)
    write_dataset_page(
        statistics,
        folder,
        title="Dataset",
        rejected=lambda name: read_source(store.source_named(name)),
        check=report.check(),
    )


def _parameters(settings: DatasetSettings) -> dict[str, Any]:
    """Return the settings without the address of whoever downloaded."""
    tree = settings_to_tree(settings)
    tree["download"] = {"longest_side": settings.download.longest_side}
    return tree


def _lines(store: Store, folder: Path, totals: Totals, settings: DatasetSettings) -> Iterator[dict[str, Any]]:
    """Move every patch to its split, censor it where that is to be baked in, and yield its manifest line."""
    bake = None if settings.censor is None else _baking(settings, folder)
    for member in store.members():
        for number, patch in enumerate(member.finding.patches):
            line = manifest_line(member, number, patch)
            staged = staging_folder(store.folder, int(patch.staged.partition("_")[0])) / patch.staged
            _place(staged, folder / line["file"])
            if patch.mask:
                _place(mask_beside(staged), folder / line["mask"]["file"])
            totals.add(patch, number, line)
            if bake is not None and settings.censor and member.split in settings.censor.splits:
                line["censor"] = bake(line)
            yield line


def _baking(settings: DatasetSettings, folder: Path) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what censors the patch of a manifest line; torch, which that needs, is imported for no other dataset."""
    from inpaint.builders.writing.bake import baking

    return baking(settings, folder)


def manifest_line(member: Member, number: int, patch: StagedPatch) -> dict[str, Any]:
    """Return what the manifest says about a patch."""
    stem = re.sub(r"[^\w.-]+", "_", Path(member.finding.source.name).stem)[:40]
    line = {
        "file": f"{member.split}/{stem}-{member.finding.digest[:12]}_{number}.png",
        "source": member.finding.source.name,
        "group": member.group,
        "split": member.split,
        "picture": list(member.finding.size),
        "box": list(patch.box),
        "scale": patch.scale,
        "sha256": patch.sha256,
    }
    if patch.mask:
        line |= {
            "mask": {"file": f"masks/{line['file']}", "sha256": patch.mask, "share": patch.share},
            "labels": list(patch.labels),
        }
    return line | ({"facts": dict(member.finding.source.facts)} if member.finding.source.facts else {})


def _place(staged: Path, file: Path) -> None:
    """Move a file, unless a build that was killed has moved it already."""
    try:
        staged.rename(file)
    except FileNotFoundError:
        if not file.exists():
            raise


def _write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    with atomically(path) as temporary, temporary.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
