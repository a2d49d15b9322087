"""Curves of training runs, read from their journals: one panel for each number, one colour for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from inpaint.analysis.figures import FIGURE_COLOURS, drawn_figure
from inpaint.files import write_text
from inpaint.pages import data_url, html_figure, html_page, html_table
from inpaint.training.journal import Journal
from inpaint.training.progress import in_words
from inpaint.training.trackers import told_numbers

COLUMNS = 3  # panels beside each other
NO_CURVES = frozenset(
    {"seconds", "seconds_left", "memory_gb", "skipped_steps", "samples_skipped", "psnr_before", "gain_error"}
)
Curve = list[tuple[int, float]]  # of steps and values


class RunCurves(NamedTuple):
    """What the journal of a run tells: its curves by their names, and its last numbers."""

    name: str
    curves: dict[str, Curve]
    steps: int
    seconds: float


def read_runs(paths: Sequence[Path]) -> list[RunCurves]:
    """Read the journals of runs, each given by its folder or by the file itself.

    Raises ValueError for a place without a journal, and for one in which no step is told of.
    """
    files = [path / "journal.jsonl" if path.is_dir() else path for path in paths]
    for file in files:
        if not file.is_file():
            raise ValueError(f"{file} does not exist: name the folders of runs, which hold a journal.jsonl")
    names = short_names(files)
    return [run_curves(Journal(file).read(), name, file) for file, name in zip(files, names, strict=True)]


def short_names(files: Sequence[Path]) -> list[str]:
    """Return as little of each path as tells them apart, and at least the folder's name.

    >>> short_names([Path("runs/a/journal.jsonl"), Path("runs/b/journal.jsonl")])
    ['a', 'b']
    >>> short_names([Path("x/run/journal.jsonl"), Path("y/run/journal.jsonl")])
    ['x/run', 'y/run']
    """
    folders = [file.absolute().parent.parts for file in files]
    for count in range(1, max(map(len, folders)) + 1):
        names = ["/".join(parts[-count:]) for parts in folders]
        if len(set(names)) == len({*folders}):
            return names
    return ["/".join(parts) for parts in folders]


def run_curves(lines: Sequence[Mapping[str, Any]], name: str, file: Path) -> RunCurves:
    """Sort the numbers of a journal's lines by what they measure."""
    curves: dict[str, Curve] = {}
    for line in lines:
        for key, value in told_numbers(line).items():
            if key not in NO_CURVES:
                curves.setdefault(key.replace("_", " "), []).append((line["step"], value))
    if not curves:
        raise ValueError(f"{file} tells of no step yet: wait until every.log steps are done")
    seconds = max((line["seconds"] for line in lines if "seconds" in line), default=0.0)
    return RunCurves(name, curves, max(line["step"] for line in lines), seconds)


def panel_names(runs: Sequence[RunCurves]) -> list[str]:
    """Return the names of all curves: what was validated first, then losses, rates and how fast it was."""
    names = list(dict.fromkeys(name for run in runs for name in run.curves))

    def place(name: str) -> int:
        kinds = ("loss ", "rate ", "images per second", "waiting")
        return next((number for number, kind in enumerate(kinds, 1) if name.startswith(kind)), 0)

    return sorted(names, key=place)


def draw_runs(runs: Sequence[RunCurves], path: Path) -> None:
    """Write all curves into one PNG file, atomically.  Raises ValueError where matplotlib is not installed."""
    names = panel_names(runs)
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    with drawn_figure(path, rows, columns, size=(4.2, 2.8)) as axes:
        places = [axis for row in axes for axis in row]
        for axis, name in zip(places, names, strict=False):
            for number, run in enumerate(runs):
                if name in run.curves:
                    steps, values = zip(*run.curves[name], strict=True)
                    colour = FIGURE_COLOURS[(number + 1) % len(FIGURE_COLOURS)]
                    mark = "." if len(steps) < 20 else None
                    axis.plot(steps, values, color=colour, linewidth=1, marker=mark, label=run.name)
            axis.set_title(name, fontsize=10)
            axis.set_xlabel("step", fontsize=8)
            axis.tick_params(labelsize=8)
        for axis in places[len(names) :]:
            axis.set_axis_off()
        places[0].legend(fontsize=7)


def page_of_runs(runs: Sequence[RunCurves], picture: Path, page: Path) -> None:
    """Write one HTML file that needs nothing beside it: a table of the runs, and the picture of their curves."""
    table = html_table(
        ["run", "steps", "time", "PSNR at first", "best PSNR", "at step", "PSNR at last"], map(row, runs)
    )
    figure = html_figure(data_url(picture.read_bytes(), "png"), "curves of the runs")
    write_text(page, html_page("Training runs", Markup(f"{table}\n{figure}"), style="figure img { max-width: 100%; }"))


def row(run: RunCurves) -> list[object]:
    """Return what the table says of a run; PSNR over the mask, dB."""
    psnr = run.curves.get("psnr", [])
    best = max(psnr, key=lambda it: it[1], default=None)
    told = [f"{psnr[0][1]:.2f}", f"{best[1]:.2f}", best[0], f"{psnr[-1][1]:.2f}"] if best else ["", "", "", ""]
    return [run.name, run.steps, in_words(run.seconds), *told]
