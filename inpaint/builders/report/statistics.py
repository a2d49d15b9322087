"""Describe a dataset folder in numbers, in one pass over its manifest; what is kept grows with its groups alone.

What a manifest does not tell (sizes of pictures, licences, baked-in censoring) is left out of the description.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inpaint.builders.likeness.groups import SPLITS
from inpaint.builders.report.attribution import credit_of
from inpaint.files import write_text

SHOWN_PATCHES = 24  # patches of each split on its contact sheet
SHOWN_REJECTED = 12  # pictures of each rule
NAMED_GROUPS = 10  # groups that are named
SHOWN_OF_GROUP = 8  # pictures of each of them
HEAT_CELLS = 16  # cells per side of the heat map
SIDE_EDGES = (256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)  # px, shorter side of a source picture
ASPECT_EDGES = (1.0, 1.1, 1.25, 1.4, 1.6, 1.9, 2.5, 4.0)  # longer side / shorter side
SHARE_EDGES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75)  # of a patch that is to be restored
BLOCK_EDGES = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # px, height of a mosaic cell
SCALE_EDGES = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0)  # of the picture when its patch was cut

Histogram = dict[str, int]  # label of a bucket to count, in order


class Statistics(NamedTuple):
    """What a dataset holds; every field goes to stats.json as it is."""

    patches: dict[str, int]  # of each split
    pictures: dict[str, int]  # of each split, that patches were cut from
    groups: dict[str, int]  # of each split
    largest_groups: dict[str, int]  # patches of the largest groups
    group_examples: dict[str, list[str]]  # files of the largest groups, one of each picture
    licences: dict[str, int]  # patches of each licence; empty where the manifest tells none
    authors: int  # different ones
    rejected: dict[str, int]  # pictures by rule
    sides: Histogram  # shorter side of the source pictures
    aspects: Histogram  # of the source pictures
    scales: Histogram  # of the patches
    masks: dict[str, int]  # baked-in: names of the masks
    fills: dict[str, int]
    shares: Histogram  # baked-in: share of a patch that is to be restored
    blocks: Histogram  # baked-in: height of the mosaic's cells
    labels: dict[str, int]  # patches in which each label is annotated
    marked: Histogram  # share of a patch that is annotated
    heat: list[list[float]]  # (16, 16): how often a part of the picture lies in a patch, 1 = most often
    mean: list[float] | None  # of the training patches, RGB in [0, 1]
    std: list[float] | None
    examples: dict[str, list[str]]  # files of each split to be shown
    rejected_examples: dict[str, list[dict[str, str]]]  # source and detail, by rule


def describe_dataset(dataset: Path) -> Statistics:
    """Describe a dataset by its manifest.jsonl, rejected.jsonl and dataset.json.

    Raises ValueError for a folder without a manifest and for a line that is not JSON.
    """
    tally = _Tally()
    for line in read_json_lines(dataset / "manifest.jsonl"):
        tally.add(line)
    rejected: Counter[str] = Counter()
    examples: dict[str, list[dict[str, str]]] = {}
    for line in read_json_lines(dataset / "rejected.jsonl", needed=False):
        rule = str(line.get("rule", "?"))
        rejected[rule] += 1
        if len(kept := examples.setdefault(rule, [])) < SHOWN_REJECTED:
            kept.append({key: str(line[key]) for key in ("source", "detail", "partner") if key in line})
    return tally.statistics(dict(rejected), examples, read_description(dataset))


def read_description(dataset: Path) -> dict[str, Any]:
    """Return what dataset.json says; {} where there is none.  Raises ValueError where it is not JSON object."""
    path = dataset / "dataset.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{path} should hold an object, it holds {type(found).__name__}")
    return found


def read_json_lines(path: Path, *, needed: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file of JSON objects.  Raises ValueError with the line's number for one that is none."""
    try:
        file = path.open(encoding="utf-8")
    except FileNotFoundError:
        if needed:
            raise ValueError(f"{path.parent} is not a dataset: it has no {path.name}") from None
        return
    with file:
        for number, text in enumerate(file, 1):
            try:
                line = json.loads(text)
            except ValueError as error:
                raise ValueError(f"{path}, line {number}, is not JSON: {error}") from None
            if not isinstance(line, dict):
                raise ValueError(f"{path}, line {number}, should hold an object")
            yield line


def write_statistics(statistics: Statistics, dataset: Path) -> None:
    """Write DATASET/stats.json."""
    write_text(dataset / "stats.json", json.dumps(statistics._asdict(), indent=2, ensure_ascii=False) + "\n")


class _Tally:
    """The counts of the manifest lines seen so far."""

    def __init__(self) -> None:
        self.patches: Counter[str] = Counter()
        self.pictures: Counter[str] = Counter()
        self.sources: set[int] = set()  # hashes: a million names would not be small
        self.groups: dict[str, Counter[str]] = {}
        self.group_files: dict[str, list[str]] = {}
        self.counts = {name: Counter() for name in ("licences", "sides", "aspects", "scales", "masks", "fills")}
        self.counts |= {name: Counter() for name in ("shares", "blocks", "labels", "marked")}
        self.authors: set[str] = set()
        self.heat = [[0.0] * HEAT_CELLS for _ in range(HEAT_CELLS)]
        self.examples: dict[str, list[tuple[int, str, str]]] = {}

    def add(self, line: Mapping[str, Any]) -> None:
        split = str(line.get("split", "?"))
        self.patches[split] += 1
        self.groups.setdefault(split, Counter())[str(line.get("group", "?"))] += 1
        source = hash((split, line.get("source")))
        shown = self.group_files.setdefault(str(line.get("group", "?")), [])
        if source not in self.sources and len(shown) < SHOWN_OF_GROUP:
            shown.append(str(line.get("file", "")))
        size = _pair(line.get("picture"))
        if source not in self.sources:
            self.sources.add(source)
            self.pictures[split] += 1
            if size:
                self.counts["sides"][bucket(min(size), SIDE_EDGES)] += 1
                self.counts["aspects"][bucket(max(size) / min(size), ASPECT_EDGES)] += 1
        owed = credit_of(line.get("facts") or {})
        if owed.licence:
            self.counts["licences"][owed.licence] += 1
        if owed.author:
            self.authors.add(owed.author)
        if "scale" in line:
            self.counts["scales"][bucket(float(line["scale"]), SCALE_EDGES)] += 1
        if size and line.get("box"):
            self._warm(line["box"], size)
        self.counts["labels"].update(map(str, line.get("labels") or ()))
        if "share" in (line.get("mask") or {}):
            self.counts["marked"][bucket(float(line["mask"]["share"]), SHARE_EDGES)] += 1
        if line.get("censor"):
            self._censored(line["censor"])
        self._show(split, line)

    def _warm(self, box: Sequence[float], size: tuple[float, float]) -> None:
        """Add the part of every cell of the heat map that a box covers."""
        rows, columns = (_covered(box[axis], box[axis + 2], size[axis]) for axis in (0, 1))
        for row, high in rows:
            for column, wide in columns:
                self.heat[row][column] += high * wide

    def _censored(self, censor: Mapping[str, Any]) -> None:
        self.counts["masks"][str((censor.get("mask") or {}).get("name", "?"))] += 1
        self.counts["fills"][str((censor.get("fill") or {}).get("name", "?"))] += 1
        if "share" in censor:
            self.counts["shares"][bucket(float(censor["share"]), SHARE_EDGES)] += 1
        if "block" in (censor.get("drawn") or {}):
            self.counts["blocks"][bucket(censor["drawn"]["block"][0], BLOCK_EDGES)] += 1

    def _show(self, split: str, line: Mapping[str, Any]) -> None:
        """Keep the patches with the smallest turn: first ones of their pictures before second ones, else at random."""
        number = str(line.get("file", "")).rpartition(".")[0].rpartition("_")[2]
        turn = int(number) if number.isdigit() else 0
        kept = self.examples.setdefault(split, [])
        kept.append((turn, str(line.get("sha256", "")), str(line.get("file", ""))))
        if len(kept) > 8 * SHOWN_PATCHES:
            kept[:] = sorted(kept)[:SHOWN_PATCHES]

    def statistics(
        self, rejected: dict[str, int], examples: dict[str, list[dict[str, str]]], about: Mapping[str, Any]
    ) -> Statistics:
        splits = [*(name for name in SPLITS if name in self.patches), *sorted(set(self.patches) - set(SPLITS))]
        largest: Counter[str] = Counter()
        for groups in self.groups.values():
            largest.update(dict(groups.most_common(NAMED_GROUPS)))
        hottest = max(map(max, self.heat)) or 1.0
        return Statistics(
            patches={name: self.patches[name] for name in splits},
            pictures={name: self.pictures[name] for name in splits},
            groups={name: len(self.groups[name]) for name in splits},
            largest_groups=(named := dict(sorted(largest.items(), key=_falling)[:NAMED_GROUPS])),
            group_examples={group: self.group_files[group] for group in named},
            licences=dict(sorted(self.counts["licences"].items(), key=_falling)),
            authors=len(self.authors),
            rejected=rejected,
            sides=histogram(self.counts["sides"], SIDE_EDGES),
            aspects=histogram(self.counts["aspects"], ASPECT_EDGES),
            scales=histogram(self.counts["scales"], SCALE_EDGES),
            masks=dict(sorted(self.counts["masks"].items(), key=_falling)),
            fills=dict(sorted(self.counts["fills"].items(), key=_falling)),
            shares=histogram(self.counts["shares"], SHARE_EDGES),
            blocks=histogram(self.counts["blocks"], BLOCK_EDGES),
            labels=dict(sorted(self.counts["labels"].items(), key=_falling)),
            marked=histogram(self.counts["marked"], SHARE_EDGES),
            heat=[[round(value / hottest, 4) for value in row] for row in self.heat],
            mean=about.get("mean"),
            std=about.get("std"),
            examples={name: [file for _, _, file in sorted(self.examples[name])[:SHOWN_PATCHES]] for name in splits},
            rejected_examples=examples,
        )


def bucket(value: float, edges: Sequence[float]) -> int:
    """Return the number of the bucket that holds a value: 0 below the first edge, then one after each edge."""
    return sum(value >= edge for edge in edges)


def histogram(counts: Mapping[int, int], edges: Sequence[float]) -> Histogram:
    """Return the counts of all buckets from the first to the last that is not empty, by what they hold."""
    if not counts:
        return {}
    labels = [f"< {edges[0]:g}", *(f"{low:g} - {high:g}" for low, high in zip(edges, edges[1:])), f">= {edges[-1]:g}"]  # noqa: B905, RUF007
    return {labels[number]: counts.get(number, 0) for number in range(min(counts), max(counts) + 1)}


def _covered(start: float, length: float, side: float) -> list[tuple[int, float]]:
    """Return the cells of the heat map that a stretch touches along an axis, with the part of each that it covers."""
    low, high = start * HEAT_CELLS / side, (start + length) * HEAT_CELLS / side
    cells = range(max(0, math.floor(low)), min(HEAT_CELLS, math.ceil(high)))
    return [(cell, min(high, cell + 1) - max(low, cell)) for cell in cells]


def _pair(value: Any) -> tuple[float, float] | None:
    if isinstance(value, list | tuple) and len(value) == 2 and min(value) > 0:
        return float(value[0]), float(value[1])
    return None


def _falling(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
