"""The files of an evaluation in one folder, and what is said of the run that made them."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch

from inpaint.evaluation.evaluate import Evaluation
from inpaint.evaluation.evaluation_page import write_evaluation_page
from inpaint.evaluation.written_tables import latex_tables, markdown_report, pictures_csv, write_scores
from inpaint.files import write_text
from inpaint.version import __version__


def write_reports(evaluation: Evaluation, folder: Path, *, title: str, about: Mapping[str, Any]) -> None:
    """Write scores.json, pictures.csv, tables.md, tables.tex and report.html, each atomically."""
    write_scores(evaluation, folder / "scores.json", about)
    write_text(folder / "pictures.csv", pictures_csv(evaluation))
    write_text(folder / "tables.md", markdown_report(evaluation, title=title))
    write_text(folder / "tables.tex", latex_tables(evaluation, title=title))
    write_evaluation_page(evaluation, folder / "report.html", title=title)


def about_run() -> dict[str, Any]:
    """Say when and on what a run was made."""
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine_in_words(),
        "inpaint": __version__,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def machine_in_words() -> str:
    """Name the processor, or the graphics card where there is one."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    names = []
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"
