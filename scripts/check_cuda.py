"""Check on a graphics card what no test without one can: the same answers as the CPU, memory, batches, training, jobs.

Prints a line for every check and exits with 1 where one failed; about a minute.  Figures without a bound are only told.
    python scripts/check_cuda.py [--parts demo batches memory speed training data jobs] [--device cuda] [--quick]
On a CPU (--device cpu --quick) everything runs too, to test the script itself; memory is then counted in pixels.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cuda_data import data
from cuda_memory import memory
from cuda_setting import APART, Check, Setting, compared, rate
from torch import Tensor

from inpaint import images
from inpaint.assemble import load_network, trainer_of
from inpaint.config import read_run
from inpaint.data.synthetic import render
from inpaint.detection.colour import GREEN, painted
from inpaint.folder import decensor
from inpaint.randomness import rng_for
from inpaint.restoring.network_answers import TILES_TOGETHER
from inpaint.restoring.restorer import Restorer
from inpaint.tiling import LEAST_CONTEXT

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "data" / "demo"
SIDE = 256  # px, of the crops whose speed is told


def main() -> None:
    """Run the parts, print a line for every check, and exit with 1 where one failed."""
    parts = {it.__name__: it for it in (demo, batches, memory, speed, training, data, jobs)}
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="texture")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--parts", nargs="+", default=list(parts), choices=list(parts))
    parser.add_argument("--quick", action="store_true", help="smaller tiles and shorter measurements")
    options = parser.parse_args()
    try:
        restorers = {name: load_network(options.model, device=options.device, precision=name) for name in APART}
    except ValueError as error:
        sys.exit(str(error))
    setting = Setting(restorers, options.model, 128 if options.quick else 512, 0.02 if options.quick else 0.3)
    card = torch.cuda.get_device_name(setting.device) if setting.device.type == "cuda" else "no graphics card"
    print(f"{options.model} on {setting.device} ({card}), torch {torch.__version__}")
    failed = 0
    for name in options.parts:
        started = time.perf_counter()
        print(f"\n{name}")
        for check in told(parts[name], setting):
            failed += not check.passed
            print(f"  {'ok  ' if check.passed else 'FAIL'}  {check.what:44}  {check.told}", flush=True)
        print(f"  {time.perf_counter() - started:.1f} s")
    print(f"\n{failed} checks failed" if failed else "\nall checks passed")
    sys.exit(bool(failed))


def told(part: Callable[[Setting], Iterator[Check]], setting: Setting) -> Iterator[Check]:
    """Yield the checks of a part; an error is one that failed, and the other parts go on."""
    try:
        yield from part(setting)
    except Exception as error:
        traceback.print_exc()
        yield Check("runs to its end", f"{type(error).__name__}: {error}", False)


def demo(setting: Setting) -> Iterator[Check]:
    """Restore the demo's pictures on the CPU and on the device."""
    with tempfile.TemporaryDirectory() as made:
        on_cpu = load_network(setting.model, device="cpu")
        on_cpu.together = TILES_TOGETHER  # so that it pads what the network sees as a card does
        reference = restored_demo(on_cpu, Path(made, "cpu"))
        for precision, restorer in setting.restorers.items():
            answers = restored_demo(restorer, Path(made, precision))
            known, apart, squares = True, 0, []
            for name, answer in answers.items():
                marked = painted(images.read(DEMO / "input" / name).colour, GREEN)
                original = images.read(DEMO / "original" / name).colour
                known &= np.array_equal(answer[~marked], original[~marked])
                away = answer[marked].astype(np.int64) - reference[name][marked]
                apart, squares = max(apart, int(np.abs(away).max())), [*squares, float(np.square(away).mean())]
            yield Check(f"{precision}, known pixels", f"of {len(answers)} pictures come back bit for bit", known)
            decibels = 10 * math.log10(255**2 / max(sum(squares) / len(squares), 1e-9))
            bound = round(APART[precision] * 255)
            said = f"at most {apart} of 255 from the CPU's float32 (bound {bound}), {decibels:.1f} dB"
            yield Check(f"{precision}, restored pixels", said, apart <= bound)


def restored_demo(restorer: Restorer, output: Path, **how: Any) -> dict[str, np.ndarray]:
    """Restore the demo and return its pictures by name, (H, W, 3) uint8."""
    outcomes = decensor(DEMO / "input", output, restorer=restorer, original=DEMO / "original", **how)
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if errors:
        raise ValueError("; ".join(errors))
    return {outcome.path.name: images.read(outcome.outputs[0]).colour for outcome in outcomes}


def batches(setting: Setting) -> Iterator[Check]:
    """Restore eight regions together and one by one."""
    image = render((2 * SIDE, 4 * SIDE), rng_for("check"))
    mask = torch.zeros_like(image[:1])
    side = SIDE - 2 * LEAST_CONTEXT
    for top in (LEAST_CONTEXT, SIDE + LEAST_CONTEXT):
        for left in range(LEAST_CONTEXT, 4 * SIDE, SIDE):
            mask[:, top : top + side, left : left + side] = 1
    views = [view for row in torch.cat([image, mask]).split(SIDE, 1) for view in row.split(SIDE, 2)]
    for precision, restorer in setting.restorers.items():
        answers = []
        for together in (TILES_TOGETHER, 1):
            restorer.together, restorer.tile = together, setting.tile
            answers.append(restorer(image, mask))
        yield compared(f"{precision}, {TILES_TOGETHER} regions together and alone", answers[0], answers[1], precision)
        with torch.no_grad():
            many = rate(setting, lambda: restorer.ask(views, (SIDE, SIDE), (False, False)))  # noqa: B023
            one = rate(setting, lambda: restorer.ask(views[:1], (SIDE, SIDE), (False, False)))  # noqa: B023
        said = f"{many * TILES_TOGETHER:.0f} crops/s together, {one:.0f} alone: {many * TILES_TOGETHER / one:.2f} times"
        yield Check(f"{precision}, crops of {SIDE} px, there and back", said)


def speed(setting: Setting) -> Iterator[Check]:
    """Tell how many crops a second the network alone restores on the device."""
    for precision, restorer in setting.restorers.items():
        for layout in (torch.contiguous_format, torch.channels_last):
            restorer.generator.to(memory_format=layout)  # pyright: ignore[reportCallIssue]
            rates = []
            for count in (1, 2, 4, 8, 16)[: 2 if setting.device.type == "cpu" else None]:
                given = torch.rand(count, 4, SIDE, SIDE, device=setting.device).contiguous(memory_format=layout)
                work = lambda: network_alone(restorer, given)  # noqa: B023, E731
                rates.append(f"{count}: {count * rate(setting, work):.0f}")
            name = str(layout).removeprefix("torch.")
            yield Check(f"{precision}, {name}", "crops/s by batch of  " + ",  ".join(rates))


@torch.no_grad()
def network_alone(restorer: Restorer, given: Tensor) -> Tensor:
    """Run the network in the restorer's precision, without the way to the device and back."""
    with torch.autocast(restorer.device.type, torch.bfloat16, enabled=restorer.bfloat16):
        return restorer.generator(given[:, :3], given[:, 3:]).image


def training(setting: Setting) -> Iterator[Check]:
    """Train configs/quick.yaml for a few steps on drawn pictures in bfloat16, at once and in two halves."""
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True  # or else two runs of the same steps are not the same
    with tempfile.TemporaryDirectory() as made:
        try:
            first, _, _ = trained(Path(made, "cpu"), "cpu", [1], "float32")
            here, weights, speed_of = trained(Path(made, "whole"), str(setting.device), [6], "bfloat16")
            _, resumed, _ = trained(Path(made, "halves"), str(setting.device), [3, 6], "bfloat16")
        finally:
            torch.backends.cudnn.deterministic = before
    finite = all(map(math.isfinite, here)) and bool(weights.isfinite().all())
    losses = ", ".join(f"{loss:.4f}" for loss in here)
    yield Check("six steps in bfloat16", f"losses {losses}; {speed_of:.0f} pictures/s with their drawing", finite)
    off = abs(here[0] / first[0] - 1)
    yield Check("the first loss", f"{off:.2%} from the CPU's float32 (bound 2 %)", off < 0.02)
    moved = float((weights - resumed).norm() / weights.norm())
    said = f"weights {moved:.1e} of their length apart (bound 1e-5)"
    yield Check("three steps, resumed for three more", said, moved < 1e-5)


def trained(folder: Path, device: str, stops: list[int], precision: str) -> tuple[list[float], Tensor, float]:
    """Train up to each of the stops, resuming in between; returns the losses, all weights, and pictures a second."""
    values = {"output": folder, "steps": 6, "device": device, "precision": precision, "every.log": 1}
    values |= {"data.train": "synthetic", "data.validation": "null", "data.workers": 0, "seed": 5}
    values |= {"optim.generator.warmup": 0}
    run = read_run(ROOT / "configs" / "quick.yaml", [f"{key}={value}" for key, value in values.items()])
    trainer = trainer_of(run)
    for number, stop in enumerate(stops):
        if number:
            trainer = trainer_of(run)
            trainer.resume()
        trainer.steps = stop
        trainer.fit()
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    losses = [line["losses"]["hole_charbonnier"] for line in lines if "losses" in line]
    weights = torch.cat([it.detach().flatten().cpu() for it in trainer.recipe.generator.parameters()])
    return losses, weights, lines[-1]["images_per_second"]


def jobs(setting: Setting) -> Iterator[Check]:
    """Restore a folder with one and with several jobs on one card."""
    restorer, copies = setting.restorers["bfloat16"], 4
    restorer.together, restorer.tile = TILES_TOGETHER, setting.tile
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        for kind in ("input", "original"):
            (base / kind).mkdir()
            for file in (DEMO / kind).glob("*.png"):
                for number in range(copies):
                    shutil.copy(file, base / kind / f"{file.stem}{number}.png")
        answers, rates = {}, {}
        for count in (1, 4):
            started = time.perf_counter()
            outcomes = decensor(
                base / "input", base / str(count), restorer=restorer, original=base / "original", jobs=count
            )
            rates[count] = len(outcomes) / (time.perf_counter() - started)
            paths = [path for outcome in outcomes for path in outcome.outputs]
            answers[count] = torch.cat([torch.from_numpy(images.read(path).colour).flatten() for path in paths]) / 255
    said = f"; {rates[1]:.1f} pictures/s with one, {rates[4]:.1f} with four"
    yield compared(f"{len(paths)} pictures with one job and with four", answers[1], answers[4], "bfloat16", said)


if __name__ == "__main__":
    main()
