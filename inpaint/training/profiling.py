"""Where the time of a step goes: data, each network's forward, each loss, backward, optimizer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile, record_function

from inpaint.files import atomically
from inpaint.training.trainer import Trainer

PROFILED = ("data", "forward ", "loss ", "backward ", "optimizer ", "average")


class Share(NamedTuple):
    """What a part of a step took, s: on the processor, and on the graphics card where there is one."""

    name: str
    processor: float
    card: float


def profiled(trainer: Trainer, *, steps: int, trace: Path) -> list[Share]:
    """Return what each part of a step takes, and the whole step: the mean over some steps, after one that warms up.

    trace: gets the trace of the steps as JSON, for https://ui.perfetto.dev and for Chrome.  Nothing else is written,
    but the networks of the trainer are changed.  A loss holds the forward of the features that it compares first.
    """
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if trainer.device.type == "cuda" else [])]
    trainer.recipe.train()
    batches = iter(trainer.batches(0, steps + 1))
    with forwards_recorded(trainer.recipe):
        step(trainer, next(batches))
        with profile(activities=activities) as profiler:
            for _ in range(steps):
                with record_function("step"):
                    with record_function("data"):
                        sample = next(batches)
                    step(trainer, sample)
    getattr(batches, "close", lambda: None)()
    with atomically(trace) as temporary:
        profiler.export_chrome_trace(str(temporary))
    found = [
        Share(event.key, event.cpu_time_total / 1e6 / steps, event.device_time_total / 1e6 / steps)
        for event in profiler.key_averages()
        if event.key == "step" or event.key.startswith(PROFILED)
    ]
    return sorted(found, key=lambda it: [it.name.startswith(kind) for kind in PROFILED], reverse=True)


def step(trainer: Trainer, sample: Any) -> None:
    """Take a step and wait for its end."""
    trainer.learn(trainer.to_device(sample))
    trainer.watch.read()
    trainer.step += 1
    if trainer.device.type == "cuda":
        torch.cuda.synchronize(trainer.device)


@contextmanager
def forwards_recorded(recipe: Any) -> Iterator[None]:
    """Within this context the forward of each player of a recipe has its own name in a profile."""
    hooks = []
    for name, network in recipe.players.items():
        open_ranges: list[record_function] = []

        def begin(_: nn.Module, __: Any, name: str = name, ranges: list[record_function] = open_ranges) -> None:
            ranges.append(record_function(f"forward {name}"))
            ranges[-1].__enter__()

        def end(_: nn.Module, __: Any, ___: Any, ranges: list[record_function] = open_ranges) -> None:
            ranges.pop().__exit__(None, None, None)

        hooks += [network.register_forward_pre_hook(begin), network.register_forward_hook(end)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
