"""Stop one run many times, evenly over its steps, and see whether it ends as if it had never been stopped.

    python scripts/check_stops.py --stops 20 --ranks 1 2 --signals SIGTERM SIGKILL

Signals go to the whole process group, as a terminal, timeout, SLURM and systemd send them: to the workers that
prepare pictures and to every rank.  A row of the table is right where each stop left a state that can be gone on from
(after SIGTERM one of the very step), no file was left half-written, and the last weights are those of the run that was
not stopped, bit for bit.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch
import yaml

from inpaint.checkpoint import load_checkpoint, load_state
from inpaint.images import from_array, write
from inpaint.randomness import rng_for
from inpaint.training.states import States

STEPS_A_STOP = 12
PATIENCE = 300.0  # s for a start on a busy machine


class Row(NamedTuple):
    """What came of a run that was stopped many times."""

    name: str
    stops: int
    saved: int  # stops after which a state could be read; after SIGTERM, one of the step that was told
    slowest: float  # s from the signal to the end of the last process
    left: int  # files that were left half-written
    equal: bool

    def text(self) -> str:
        told = f"{self.saved} of {self.stops} saved, ended within {self.slowest:.1f} s, {self.left} files left"
        return f"{self.name}: {told}, weights {'equal' if self.equal else 'DIFFER'}"


def config(folder: Path, steps: int, save: int) -> Path:
    """Write pictures and a run that learns from them in a moment; batch norm and a critic make resuming hard."""
    for number in range(4):
        coarse = torch.rand(1, 3, 5, 5, generator=rng_for("stops", number))
        write(from_array(torch.nn.functional.interpolate(coarse, (48, 48))[0]), folder / "pictures" / f"{number}.png")
    adam = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.999]}
    tree = {
        "output": str(folder / "run"),
        "steps": steps,
        "device": "cpu",
        "every": {"log": 1, "samples": 10_000, "validate": 10_000, "save": save},
        "data": {
            "train": str(folder / "pictures"),
            "validation": str(folder / "pictures"),
            "crop": 32,
            "batch": 2,
            "workers": 2,
            "mask": {"name": "boxes", "times": [1, 1], "sides": [8, 16]},
            "fill": {"name": "hole", "value": "grey"},
        },
        "generator": {"name": "residual_unet", "widths": [4, 8], "blocks": 1, "middle": 1},
        "discriminators": {"judge": {"name": "patch", "width": 4, "layers": 1, "norm": "batch"}},
        "recipe": {"name": "adversarial", "weights": {"hole_l1": 1.0}},
        "optim": {"generator": adam, "judge": adam},
    }
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


def start(path: Path, ranks: int, resume: bool) -> subprocess.Popen[str]:
    """Start a training, on its own or under torchrun, in a group of its own."""
    launch = (
        ["-m"] if ranks == 1 else ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}", "-m"]
    )
    command = [sys.executable, *launch, "inpaint", "train", str(path), *(["--resume"] if resume else [])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=environment
    )


def last_step(folder: Path) -> int:
    """Return the last step that the journal tells of."""
    path = folder / "run" / "journal.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()[-1:]
        return json.loads(lines[0])["step"] if lines else 0
    except (OSError, ValueError):
        return 0


def stopped_at(process: subprocess.Popen[str], folder: Path, step: int, number: int) -> tuple[float, str]:
    """Send a signal to the group once this step is reached; return how long the end took, and what was said."""
    deadline = time.monotonic() + PATIENCE
    while last_step(folder) < step and process.poll() is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"step {step} was not reached")
        time.sleep(0.01)
    sent = time.monotonic()
    if process.poll() is None:
        os.killpg(process.pid, number)
    out, _ = process.communicate(timeout=PATIENCE)
    return time.monotonic() - sent, out


def stopped_run(folder: Path, signal_name: str, ranks: int, stops: int, path: Path, steps: int) -> Row:
    """Run to the end with so many stops, without the comparison."""
    number, saved, slowest = getattr(signal, signal_name), 0, 0.0
    states, resume = States(folder / "run"), False
    for stop in range(stops):
        process = start(path, ranks, resume)
        took, out = stopped_at(process, folder, (stop + 1) * steps // (stops + 2), number)
        slowest = max(slowest, took)
        found = [load_state(it)["step"] for it in states.found()]
        resume = bool(found)
        told = f"Stopped and saved at step {found[0]} of " in out if found else False
        right = bool(found) and (told or process.returncode == -signal.SIGKILL)
        saved += right
        if not right:
            print(f"{signal_name} {ranks} stop {stop}: states of {found}; {out[-3000:]}", flush=True)
    process = start(path, ranks, resume)
    out, _ = process.communicate(timeout=PATIENCE)
    if process.returncode:
        print(out[-3000:], flush=True)
    left = [it for it in (folder / "run").iterdir() if it.name.startswith(".") and it.name != ".training"]
    return Row(f"{signal_name}, {ranks} rank{'s' * (ranks > 1)}", stops, saved, slowest, len(left), False)


def weights(folder: Path) -> dict[str, Any]:
    return {
        "last": load_checkpoint(folder / "run" / "last.safetensors").weights,
        **load_state(folder / "run/state.pt")["recipe"],
    }


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def main() -> None:
    """Print a row for each signal and number of ranks; end with 1 where one is not right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--signals", nargs="+", default=["SIGTERM", "SIGKILL"])
    options = parser.parse_args()
    steps, wrong = STEPS_A_STOP * (options.stops + 2), False
    for ranks in options.ranks:
        with tempfile.TemporaryDirectory() as whole:
            out, _ = start(config(Path(whole), steps, save=5), ranks, False).communicate(timeout=PATIENCE)
            if not (Path(whole) / "run" / "last.safetensors").is_file():
                sys.exit(out)
            wanted = weights(Path(whole))
        for name in options.signals:
            with tempfile.TemporaryDirectory() as folder:
                path = config(Path(folder), steps, save=5 if name == "SIGKILL" else 10_000)
                row = stopped_run(Path(folder), name, ranks, options.stops, path, steps)
                row = row._replace(equal=same(wanted, weights(Path(folder))))
            wrong |= row.saved < row.stops or row.left > 0 or not row.equal
            print(row.text(), flush=True)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
