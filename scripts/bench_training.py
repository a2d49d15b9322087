"""How fast a step of training is: as anyone would first write it, and as this package does it, in one run.

    python scripts/bench_training.py --configs small/unet small/gated --steps 6

plain: float32, no channels_last, torch's default optimizer, one forward after the other, as the recipe says.  bare: the
same operations as the engine's (precision, layout, fused optimizers, clipping, averaging), without the engine around.
engine: `Trainer.learn` as `inpaint train` calls it.  All three take the same batches, which lie in memory, and take
turns, so that what else the machine does falls on all alike; the median of the rounds counts.  On a CPU the time is
that of its cores, which other work does not lengthen as long as there is one thread (OMP_NUM_THREADS=1: several wait
for each other in busy loops); --wall takes the clock's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.data import default_collate

from inpaint.assemble import recipe_of, samples_of, trainer_of
from inpaint.config import Run, parse_run, read_run, run_to_tree
from inpaint.config.bundled import config_file
from inpaint.sample import Sample
from inpaint.training.progress import memory_used

CONFIGS = ("unet", "pconv", "gated", "edge_connect", "sighted", "cells")


class Row(NamedTuple):
    """Seconds of a step in each way, and images in a step."""

    name: str
    batch: int
    plain: float
    bare: float
    engine: float
    memory: float

    def text(self) -> str:
        return (
            f"{self.name:22} {self.batch / self.plain:8.2f} {self.batch / self.bare:8.2f} "
            f"{self.batch / self.engine:8.2f} {self.plain / self.engine:7.2f} {self.engine / self.bare - 1:8.1%} "
            f"{self.memory:6.1f}"
        )


def made_of(name: str, options: argparse.Namespace) -> Run:
    """Read a config and let it learn from scenes that need no files, in batches that fit the machine."""
    tree = run_to_tree(read_run(config_file(name)))
    tree["data"] |= {"train": "synthetic", "validation": None, "batch": options.batch, "workers": 0}
    if options.crop:
        tree["data"]["crop"] = options.crop
    if options.precision:
        tree["precision"] = options.precision
    tree |= {"device": options.device, "pretrained": None, "output": str(Path(options.output) / name)}
    tree["optim"] = {key: optim | {"warmup": 0} for key, optim in tree["optim"].items()}
    if tree["features"]:
        tree["features"] |= {"weights": options.features}
    return parse_run(tree, name)


def plain_step(run: Run, device: torch.device) -> Callable[[Sample], None]:
    """Return a step as anyone would first write it."""
    recipe: Any = recipe_of(run)
    recipe.to(device=device).train()
    players = recipe.players
    optimizers = {name: torch.optim.Adam(network.parameters(), lr=1e-4) for name, network in players.items()}

    def step(sample: Sample) -> None:
        for turn in recipe.turns(sample.each(lambda part: part.to(device).contiguous()), 0):
            optimizers[turn.player].zero_grad()
            torch.stack(list(turn.terms.values())).sum().backward()
            optimizers[turn.player].step()

    return step


def bare_step(run: Run, device: torch.device) -> Callable[[Sample], None]:
    """Return the engine's operations without the engine."""
    trainer = trainer_of(run)
    trainer.recipe.train()
    mine: list[Any] = [*trainer.average.network.parameters()]
    theirs: list[Any] = [*trainer.recipe.generator.parameters()]

    def step(sample: Sample) -> None:
        turns = iter(trainer.recipe.turns(trainer.to_device(sample), 0))
        while True:
            with trainer.precision.autocast():
                turn: Any = next(turns, None)
            if turn is None:
                break
            optimizer = trainer.players[turn.player].optimizer
            optimizer.zero_grad()
            torch.stack(list(turn.terms.values())).sum().backward()
            if run.clip:
                nn.utils.clip_grad_norm_(trainer.recipe.players[turn.player].parameters(), run.clip)
            optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(mine, theirs, 0.001)  # pyright: ignore[reportPrivateImportUsage]

    return step


def engine_step(run: Run, device: torch.device) -> Callable[[Sample], None]:
    """Return the step of `inpaint train`."""
    trainer = trainer_of(run)
    trainer.recipe.train()

    def step(sample: Sample) -> None:
        trainer.learn(trainer.to_device(sample))
        if device.type == "cpu":
            trainer.watch.read()
        trainer.step += 1

    return step


def measured(run: Run, name: str, rounds: int, *, wall: bool) -> Row:
    """Time the three kinds of step in turns, after one round that is not counted."""
    device = torch.device("cpu" if run.device == "auto" else run.device)
    clock = time.perf_counter if wall or device.type != "cpu" else time.process_time
    samples = samples_of(run)
    sample = default_collate([samples[number] for number in range(run.data.batch)])
    steps = [build(run, device) for build in (plain_step, bare_step, engine_step)]
    times: list[list[float]] = [[], [], []]
    for number in range(rounds + 1):
        for kind, step in enumerate(steps):
            started = clock()
            step(sample)
            if device.type == "cuda":
                torch.cuda.synchronize()
            if number:
                times[kind].append(clock() - started)
    plain, bare, engine = (statistics.median(each) for each in times)
    return Row(name, run.data.batch, plain, bare, engine, memory_used(device))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configs", nargs="+", default=list(CONFIGS))
    parser.add_argument("--steps", type=int, default=5, help="rounds that are counted")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=0, help="px; default: that of the config")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", help="of the engine; default: that of the config")
    parser.add_argument("--features", default="random", help="weights of features networks; random costs the same")
    parser.add_argument("--output", default="runs/bench")
    parser.add_argument("--wall", action="store_true", help="measure by the clock on a CPU, too")
    options = parser.parse_args()
    print(f"{'':22} {'plain':>8} {'bare':>8} {'engine':>8} {'faster':>7} {'overhead':>8} {'GB':>6}   images/s")
    for name in options.configs:
        print(measured(made_of(name, options), name, options.steps, wall=options.wall).text(), flush=True)


if __name__ == "__main__":
    main()
