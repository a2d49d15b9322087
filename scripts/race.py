"""A race of all methods: the small twin of each, on the same patches, for as many CPU minutes each.

    python scripts/race.py --data runs/default_data --minutes 20

Each twin of configs/small/ learns until its processes have used so many minutes of CPU (not of the clock, so other work
on the machine changes nothing), and is measured at some points on the way: PSNR over the mask and the shift-tolerant
LPIPS of the whole picture, with standard errors, on the same pictures of the test split, damaged alike.  Twins that
learned holes meet strokes, twins that learned mosaics cells of 8 px.  Beside them stand OpenCV's Telea, a smooth
membrane (holes) or bicubic cells (mosaics), and the bundled networks.  A short trial tells first how many steps fit
into the minutes, and the twin's stages, weights and rates are stretched over them, so that all come to their end with
the race.  What is finished is skipped, so it can be stopped and called again.  The table and the curves of
docs/methods.md are written anew after every point.  Needs `pip install 'inpaint[lpips,analyze]'`, and Linux for the CPU
time of processes.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from learn_all import CASES, ROOT, Method, case_of, methods, shown_baseline
from race_steps import steps_of, stretched

from inpaint.analysis.figures import FIGURE_COLOURS, drawn_figure
from inpaint.assemble import load, presentations
from inpaint.checkpoint import load_checkpoint
from inpaint.evaluation.baselines import bicubic_means, do_nothing, smooth, telea
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.pictures import picture_paths, read_pictures
from inpaint.evaluation.rows import Row
from inpaint.files import write_text
from inpaint.metrics import METRICS
from inpaint.metrics.weighted import metrics_named

BEGIN, END = "<!-- race: written by scripts/race.py -->", "<!-- end of race -->"
MEMBRANE = "smooth membrane"
RACED = ("psnr_mask", "st_lpips_whole")
BESIDE = {
    "hole": {"as shown": do_nothing, "Telea": telea, MEMBRANE: smooth},
    "mosaic": {"as shown": do_nothing, "bicubic": bicubic_means},
}
LOOK_AGAIN = 1.0  # s between two looks at a process's time
OVERTIME = 1.2  # times the minutes that a twin may take to come to its last step
NOT_RACED = ("singan", "cyclegan", "dcgan")  # which learn one picture, unpaired ones, and faces


def cpu_seconds(process: int) -> float:
    """Return the CPU time of a process and its children so far, s; 0 for one that has ended."""
    try:
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0.0
    own = sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")  # its own, and that of children that have ended
    return own + sum(cpu_seconds(int(child)) for child in children)


def train_until(twin: Method, steps: int, wanted: float) -> float:
    """Train on until so many CPU seconds were used in all, or to the last of the steps; return how many were used.

    They are written down while it learns, so that one who is stopped on the way is not given them again.
    """
    counted = twin.folder / "race_cpu.json"
    before = json.loads(counted.read_text("utf-8")) if counted.exists() else 0.0
    resume = ["--resume"] if list(twin.folder.glob("state*.pt")) else []
    given = [word for setting in [*twin.settings, *stretched(twin.run, steps)] for word in ("--set", setting)]
    command = [sys.executable, "-m", "inpaint", "train", str(twin.config), *given, *resume]
    with (twin.folder / "race.log").open("a") as log:
        process, used = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log), before
        try:
            while process.poll() is None:
                time.sleep(LOOK_AGAIN)
                used = max(used, before + cpu_seconds(process.pid))
                write_text(counted, json.dumps(used))
                if used >= wanted:
                    break
            ended = process.poll()  # by itself, which it should not before its time is used
        finally:
            process.terminate()  # which saves
            process.wait()
    if ended or not (twin.folder / "last.safetensors").exists():
        raise ValueError(f"{twin.name} was not trained: see {twin.folder / 'race.log'}")
    return used


def measured_rows(restorers: Mapping[str, Any], case: str, paths: list[Path]) -> list[Row]:
    """Return the rows of restorers on one case."""
    metrics = {name: METRICS[name] for name in RACED if name in METRICS} | metrics_named(
        [name for name in RACED if name not in METRICS]
    )
    result = evaluate(restorers, read_pictures(paths), cases=[parse_case(case)], baselines=False, metrics=metrics)
    return [row for row in result.rows if row.method in restorers]


def point_of(row: Row, **more: Any) -> dict[str, Any]:
    """Return a row as a line of race.jsonl."""
    numbers = {name: {"mean": row.scores[name], "error": row.errors.get(name, 0.0)} for name in RACED}
    return {"damage": row.case, "scores": numbers, **more}


def run_twin(twin: Method, options: argparse.Namespace, paths: list[Path]) -> None:
    """Train a twin from point to point and measure it at each; points that are there already are left."""
    file = twin.folder / "race.jsonl"
    points = read_lines(file)
    steps = steps_of(twin, 60 * options.minutes, options.points, cpu_seconds)
    for number in range(1, options.points + 1):
        wanted = 60 * options.minutes * number / options.points
        if any(abs(it["wanted"] - wanted) < 1 for it in points):
            continue
        enough = wanted * (OVERTIME if number == options.points else 1.0)
        used = train_until(twin, steps, enough)
        step = load_checkpoint(twin.folder / "last.safetensors").provenance["step"]
        for kind in (kind for kind in CASES if kind in presentations(twin.run.data.fill)):
            restorers = {twin.name: load(twin.folder / "last.safetensors")}
            (row,) = measured_rows(restorers, case_of(kind, twin.run), paths)
            told = {"method": twin.name, "wanted": wanted, "cpu": used, "step": step, "steps": steps, "kind": kind}
            points.append(point_of(row, **told))
        write_text(file, "".join(json.dumps(it) + "\n" for it in points))
        write_page(options)


def beside(kind: str, case: str, options: argparse.Namespace, paths: list[Path]) -> None:
    """Measure what needs no training, once."""
    file = options.output / f"beside-{case}.jsonl"
    if file.exists():
        return
    restorers: dict[str, Any] = {name: partial(shown_baseline, way) for name, way in BESIDE[kind].items()}
    restorers |= {name: load(name) for name in ("default", "texture")}
    rows = measured_rows(restorers, case, paths)
    write_text(file, "".join(json.dumps(point_of(row, method=row.method, kind=kind)) + "\n" for row in rows))


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def write_page(options: argparse.Namespace) -> None:
    """Write the table and the curves of what there is."""
    twins = sorted(options.output.glob("*/race.jsonl"))
    raced = [point for file in twins for point in read_lines(file)]
    others = [point for file in sorted(options.output.glob("beside-*.jsonl")) for point in read_lines(file)]
    if not raced:
        return
    write_curves(options.docs / "methods" / "race.png", raced, others)
    last = {(it["method"], it["damage"]): it for it in raced}
    text = (
        f"{race_table([*last.values(), *others])}\n\n![PSNR and shift-tolerant LPIPS by CPU minutes](methods/race.png)"
    )
    page = options.docs / "methods.md"
    whole = page.read_text(encoding="utf-8")
    if whole.count(BEGIN) != 1 or END not in whole.partition(BEGIN)[2]:
        raise ValueError(f"{page} should hold a line {BEGIN} and after it a line {END}, between which the table goes")
    before, _, rest = whole.partition(BEGIN)
    write_text(page, f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def race_table(points: list[dict[str, Any]]) -> str:
    """Return the last point of each method in Markdown, the best PSNR of each damage first."""
    lines = ["| damage | method | CPU min | steps | PSNR, dB | ST-LPIPS |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for it in sorted(points, key=lambda it: (it["damage"], -it["scores"][RACED[0]]["mean"])):
        psnr, lpips = (it["scores"][name] for name in RACED)
        minutes, steps = (f"{it['cpu'] / 60:.0f}", f"{it['step']:,} of {it['steps']:,}") if "cpu" in it else ("", "")
        low = " (below the membrane in both)" if below_membrane(it, points) else ""
        lines.append(
            f"| {it['damage']} | {it['method']}{low} | {minutes} | {steps} | "
            f"{psnr['mean']:.2f} ± {psnr['error']:.2f} | {lpips['mean']:.4f} ± {lpips['error']:.4f} |"
        )
    return "\n".join(lines)


def below_membrane(point: dict[str, Any], points: list[dict[str, Any]]) -> bool:
    """Tell whether a method is worse than a smooth membrane in both metrics."""
    found = [it for it in points if it["method"] == MEMBRANE and it["damage"] == point["damage"]]
    if not found or point is found[0]:
        return False
    (psnr, lpips), (other, another) = ([it["scores"][name]["mean"] for name in RACED] for it in (point, found[0]))
    return psnr < other and lpips > another


def write_curves(path: Path, raced: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    """Draw both metrics by CPU minutes, a row for each damage; broken lines need no training."""
    damages = sorted({it["damage"] for it in raced})
    with drawn_figure(path, len(damages), 2, size=(6.5, 4)) as axes:
        for row, damage in zip(axes, damages, strict=True):
            for axis, metric, label in zip(row, RACED, ("PSNR over the mask, dB", "ST-LPIPS"), strict=True):
                for number, method in enumerate(sorted({it["method"] for it in raced if it["damage"] == damage})):
                    mine = [it for it in raced if it["damage"] == damage and it["method"] == method]
                    scores = [it["scores"][metric] for it in mine]
                    colour = FIGURE_COLOURS[number % len(FIGURE_COLOURS)]
                    axis.errorbar(
                        [it["cpu"] / 60 for it in mine],
                        [it["mean"] for it in scores],
                        [1.96 * it["error"] for it in scores],
                        label=method,
                        color=colour,
                        marker="osv^Dx"[number // len(FIGURE_COLOURS) % 6],
                    )
                for it in (it for it in others if it["damage"] == damage and it["method"] != "as shown"):
                    axis.axhline(it["scores"][metric]["mean"], color="#bbbbbb", linestyle="--", linewidth=0.8)
                    axis.annotate(it["method"], (0, it["scores"][metric]["mean"]), fontsize=6, color="#888888")
                axis.set_title(damage)
                axis.set_xlabel("CPU minutes")
                axis.set_ylabel(label)
            row[1].legend(fontsize=6, ncols=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "runs" / "default_data", help="a dataset with splits")
    parser.add_argument("--output", type=Path, default=ROOT / "runs" / "race")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    parser.add_argument("--minutes", type=float, default=20.0, help="of CPU for each twin")
    parser.add_argument("--points", type=int, default=4, help="on each curve")
    parser.add_argument("--pictures", type=int, default=24, help="of the test split")
    parser.add_argument("--only", nargs="*", help="names of small twins, raced in this order")
    parser.add_argument("--features", type=Path, help="VGG weights for twins that compare features")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the twin that learns is stopped, too
    torch.set_flush_denormal(True)
    found = picture_paths(options.data, "test")
    count = min(options.pictures, len(found))
    paths = [found[index * len(found) // count] for index in range(count)]
    for twin in methods(options):
        if twin.name in NOT_RACED and not options.only:
            continue
        for kind in (kind for kind in CASES if kind in presentations(twin.run.data.fill)):
            beside(kind, case_of(kind, twin.run), options, paths)
        run_twin(twin, options, paths)


if __name__ == "__main__":
    try:
        main()
    except ValueError as error:
        sys.exit(str(error))
