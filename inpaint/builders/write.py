"""Write a dataset folder that appears complete or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inpaint.builders.examine import Finding
from inpaint.builders.groups import SPLITS
from inpaint.builders.judge import Member
from inpaint.builders.report import DatasetReport
from inpaint.builders.sheet import MOST, contact_sheet
from inpaint.files import write_text

VERSION = 1  # of the folder's layout


@contextmanager
def building(output: Path) -> Iterator[Path]:
    """Yield a folder beside `output`; on success it takes the place of `output`, on any error it is removed.

    Raises ValueError where `output` exists and is anything but an empty folder.
    """
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise ValueError(f"{output} already exists and is not an empty folder: choose a new one or remove it first")
    output.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{output.name[:40]}-", dir=output.parent))
    try:
        yield folder
        umask = os.umask(0)
        os.umask(umask)
        folder.chmod(0o777 & ~umask)
        if output.exists():
            output.rmdir()  # empty; not every system replaces a folder by renaming
        folder.rename(output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_dataset(
    folder: Path,
    members: Sequence[Member],
    rejected: Sequence[Finding],
    report: DatasetReport,
    parameters: dict[str, Any],
) -> None:
    """Move the staged patches into their splits and write manifest, rejections, description and contact sheet."""
    for name in SPLITS:
        (folder / name).mkdir()
    lines = [line for member in members for line in _placed(folder, member)]
    shutil.rmtree(folder / "staging")
    _write_lines(folder / "manifest.jsonl", lines)
    _write_lines(
        folder / "rejected.jsonl",
        [{"source": finding.source.name, "rule": finding.rule, "detail": finding.detail} for finding in rejected],
    )
    _write_description(folder / "dataset.json", members, report, parameters)
    contact_sheet(
        {f"{name}: {report.patches[name]} patches of {report.pictures[name]} pictures": _shown(folder, lines, name)
         for name in SPLITS},
        folder / "contact.png",
    )  # fmt: skip


def _placed(folder: Path, member: Member) -> Iterator[dict[str, Any]]:
    """Move the patches of a picture from the staging folder to its split and yield their manifest lines."""
    stem = re.sub(r"[^\w.-]+", "_", Path(member.finding.source.name).stem)[:40]
    for number, patch in enumerate(member.finding.patches):
        file = f"{member.split}/{stem}-{member.finding.digest[:12]}_{number}.png"
        (folder / "staging" / patch.staged).rename(folder / file)
        yield {
            "file": file,
            "source": member.finding.source.name,
            "group": member.group,
            "split": member.split,
            "box": list(patch.box),
            "scale": patch.scale,
            "sha256": patch.sha256,
        }


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    write_text(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def _write_description(
    path: Path, members: Sequence[Member], report: DatasetReport, parameters: dict[str, Any]
) -> None:
    """Write the parameters, the counts, and mean and standard deviation of the training patches, RGB in [0, 1]."""
    patches = [patch for member in members if member.split == "train" for patch in member.finding.patches]
    count = len(patches) * parameters["size"] ** 2
    mean, deviation = None, None
    if patches:
        means = [sum(patch.total[channel] for patch in patches) / count for channel in range(3)]
        squares = [sum(patch.squares[channel] for patch in patches) / count for channel in range(3)]
        mean = [round(value / 255, 6) for value in means]
        deviation = [round((max(s - m * m, 0.0)) ** 0.5 / 255, 6) for s, m in zip(squares, means, strict=True)]
    counts = report._asdict() | {"rejected": {rule: len(paths) for rule, paths in report.rejected.items()}}
    description = {"version": VERSION, "parameters": parameters, "counts": counts, "mean": mean, "std": deviation}
    write_text(path, json.dumps(description, indent=2) + "\n")


def _shown(folder: Path, lines: Sequence[dict[str, Any]], split: str) -> list[Path]:
    """Return the patches of a split to show: first one of every picture, then the second ones, in random order."""

    def turn(line: dict[str, Any]) -> tuple[int, str]:
        return int(line["file"].removesuffix(".png").rpartition("_")[2]), line["sha256"]

    chosen = sorted((line for line in lines if line["split"] == split), key=turn)
    return [folder / line["file"] for line in chosen[:MOST]]
