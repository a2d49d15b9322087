"""How many steps of a twin fit into so many CPU seconds, and what a run of so many steps is told."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from learn_all import ROOT, Method

from inpaint.config import Run
from inpaint.files import write_text
from inpaint.training.journal import Journal

TRIAL = 0.1  # of the steps that the twin's YAML names
LEAST = 30  # steps of a trial
LOOK_AGAIN = 0.2  # s between two looks at a trial
COUNTED = ("start", "alone", "structure_steps", "warmup")  # options that are numbers of steps
SHARES = 8  # validations and sheets in a run: they cost time, too


def stretched(run: Run, steps: int) -> list[str]:
    """Return settings of a run of so many steps: stages, points of weights and rates come at the same shares of it.

    Stages that are few steps apart may fall together in a run that is much shorter than the YAML's.
    """
    factor = steps / run.steps
    tree = {"recipe": run.recipe.options, **{f"optim.{name}": vars(it) for name, it in run.optim.items()}}
    given = {"steps": steps, "every.validate": max(1, steps // SHARES), "every.samples": max(1, steps // SHARES)}
    for path, options in tree.items():
        changed = {name: scaled(name, value, factor) for name, value in options.items()}
        given |= {f"{path}.{name}": value for name, value in changed.items() if value != options[name]}
    return [f"{key}={json.dumps(value)}" for key, value in given.items()]


def scaled(name: str, value: Any, factor: float) -> Any:
    """Return an option whose numbers of steps are multiplied; one that counts none is returned as it is."""
    if name in COUNTED:
        return round(value * factor)
    if name == "milestones":
        return tuple(max(1, round(it * factor)) for it in value)
    if name == "stages":
        return {stage: round(first * factor) for stage, first in value.items()}
    if isinstance(value, Mapping):  # the weights of terms
        return {key: scaled(key, it, factor) for key, it in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], list):  # points (step, weight), no two at one step
        points = list[list[float]]()
        for step, weight in value:
            points.append([max(round(step * factor), points[-1][0] + 1 if points else 0), weight])
        return points
    return value


def steps_of(twin: Method, seconds: float, starts: int, cpu_seconds: Callable[[int], float]) -> int:
    """Return how many steps fit into so many CPU seconds with so many starts; measured once, then read again.

    Raises ValueError where the folder holds a training of which nobody knows how long it was to be.
    """
    file = twin.folder / "race_steps.json"
    if not file.exists():
        if list(twin.folder.glob("state*.pt")):
            raise ValueError(f"{twin.folder} was trained without {file.name}: remove it, or choose another output")
        twin.folder.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(trial(twin, cpu_seconds)) + "\n")
    found = json.loads(file.read_text("utf-8"))
    return max(LEAST, round((seconds - starts * found["start"]) / found["step"]))


def trial(twin: Method, cpu_seconds: Callable[[int], float]) -> dict[str, float]:
    """Go through all of a twin's stages in a few steps; return the CPU seconds of a start and of a step."""
    steps = max(LEAST, round(TRIAL * twin.run.steps))
    seen = [(0, 0.0)]  # (step, CPU seconds), at each step that was seen
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        more = [f"output={json.dumps(name)}", "every.log=1", f"every.save={steps}"]
        given = [word for it in [*twin.settings, *stretched(twin.run, steps), *more] for word in ("--set", it)]
        command = [sys.executable, "-m", "inpaint", "train", str(twin.config), *given]
        with (folder / "trial.log").open("w") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
            try:
                while process.poll() is None:
                    time.sleep(LOOK_AGAIN)
                    used = cpu_seconds(process.pid)
                    lines = Journal(folder / "journal.jsonl").read()
                    if lines and used and lines[-1]["step"] > seen[-1][0]:
                        seen.append((lines[-1]["step"], used))
            finally:
                process.terminate()
                process.wait()
        if process.returncode or len(seen) < 3:
            last = (folder / "trial.log").read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise ValueError(f"{twin.name} was not tried: {' '.join(last) or 'it said nothing'}")
    (first, before), (last, after) = seen[1], seen[-1]
    cost = (after - before) / (last - first)
    return {"start": max(0.0, before - first * cost), "step": cost}
