"""Build a dataset from folders of pictures: collect, clean, group, split, cut, and say what happened.

    DATASET/{train,val,test}/STEM-HASH_N.png   patches, lossless
    DATASET/manifest.jsonl                     one line per patch: file, source, group, split, box, scale, sha256
    DATASET/rejected.jsonl                     one line per rejected picture: source, rule, detail
    DATASET/dataset.json                       parameters, counts, mean and standard deviation
    DATASET/contact.png                        what each split looks like

The same pictures and seed give the same bytes for any number of processes.  Of near-duplicates the largest is
kept; variants of one picture (day and night) are kept in one group, and a group lies in one split.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import torch

from inpaint.builders.collect import collect
from inpaint.builders.examine import Finding, Settings, examine
from inpaint.builders.groups import SPLITS
from inpaint.builders.judge import Member, judged
from inpaint.builders.report import RULES, DatasetReport
from inpaint.builders.source import Source
from inpaint.builders.write import building, write_dataset

GROUP_BY = (None, "folder")
SMALLEST = 32  # side of a patch, pixels
BLOCK = 1024  # pictures handed to the processes at once: bounds what waits in memory

Progress = Callable[[int, int], None]  # (done, total)


def build_dataset(
    sources: Sequence[Path],
    output: Path,
    *,
    size: int = 256,
    splits: Sequence[float] = (0.9, 0.05, 0.05),
    seed: int = 0,
    patches_per_image: int = 8,
    scales: Sequence[float] = (1.0, 0.5, 0.25),
    min_side: int | None = None,
    group_by: str | None = None,
    processes: int = 1,
    progress: Progress | None = None,
) -> DatasetReport:
    """Build a dataset of size x size patches in the folder `output`, which appears only when it is complete.

    splits: shares of train, val and test.  patches_per_image: at most.  scales: a picture gives patches of itself
    shrunk by these factors, as far as a patch fits.  min_side: of a picture, default size.  group_by: "folder" keeps
    the pictures of one folder below a source in one split.  progress is called with (done, total) pictures.
    Raises ValueError for a wrong option, an output that holds files, or when no picture is kept.
    """
    settings = Settings(size, seed, patches_per_image, tuple(scales), size if min_side is None else min_side)
    _check(settings, splits, group_by, processes)
    output = Path(output)
    pictures = collect([Path(source) for source in sources], output)
    with building(output) as folder:
        staging = folder / "staging"
        staging.mkdir()
        findings = []
        for finding in _examined(pictures, settings, staging, processes):
            findings.append(finding)
            if progress is not None:
                progress(len(findings), len(pictures))
        findings, members = judged(findings, splits, seed, group_by)
        report = _report(findings, members)
        if not members:
            raise ValueError(f"no picture was kept, so no dataset was written to {output}\n\n{report.table()}")
        parameters = settings._asdict() | {"splits": list(splits), "group_by": group_by}
        write_dataset(folder, members, [finding for finding in findings if finding.rule], report, parameters)
    return report


def _check(settings: Settings, splits: Sequence[float], group_by: str | None, processes: int) -> None:
    """Raise ValueError for the first option that is wrong."""
    if settings.size < SMALLEST:
        raise ValueError(f"size is {settings.size}; a patch has at least {SMALLEST} pixels a side")
    if settings.min_side < settings.size:
        raise ValueError(f"min_side is {settings.min_side}; a picture needs at least the patch size {settings.size}")
    if len(splits) != len(SPLITS) or min(splits) < 0 or not math.isclose(sum(splits), 1, abs_tol=1e-6):
        raise ValueError(f"splits are {list(splits)}; give the shares of {', '.join(SPLITS)}, which sum to 1")
    if not settings.scales or not all(0 < scale <= 1 for scale in settings.scales):
        raise ValueError(f"scales are {list(settings.scales)}; give at least one factor above 0 and up to 1")
    if settings.patches_per_image < 1 or processes < 1:
        raise ValueError(
            f"patches_per_image is {settings.patches_per_image} and processes {processes}; both are at least 1"
        )
    if group_by not in GROUP_BY:
        raise ValueError(f"group_by is {group_by!r}; the choices are 'folder' and nothing")


def _examined(pictures: Sequence[Source], settings: Settings, staging: Path, processes: int) -> Iterator[Finding]:
    """Yield the finding of every picture, in order, from this process or from several."""
    count = len(pictures)
    if processes == 1:
        for index, picture in enumerate(pictures):
            yield examine(index, picture, settings, staging)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        for start in range(0, count, BLOCK):
            block = range(start, min(start + BLOCK, count))
            chosen = [pictures[index] for index in block]
            shared = [settings] * len(block), [staging] * len(block)
            yield from pool.map(examine, block, chosen, *shared, chunksize=4)


def _one_thread() -> None:
    """Keep a worker to one thread: the processes are the parallelism."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _report(findings: Sequence[Finding], members: Sequence[Member]) -> DatasetReport:
    """Count."""
    of_split = {name: [member for member in members if member.split == name] for name in SPLITS}
    return DatasetReport(
        found=len(findings),
        kept=len(members),
        rejected={rule: [finding.source.path for finding in findings if finding.rule == rule] for rule in RULES},
        groups={name: len({member.group for member in chosen}) for name, chosen in of_split.items()},
        pictures={name: len(chosen) for name, chosen in of_split.items()},
        patches={name: sum(len(member.finding.patches) for member in chosen) for name, chosen in of_split.items()},
    )
