"""What the checks of a graphics card share: the restorers, a line of the table, and how long something takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from inpaint.restoring.restorer import Restorer

APART = {"float32": 0.008, "bfloat16": 0.04}  # between two answers, in [0, 1]; cuDNN convolves float32 as TF32


class Check(NamedTuple):
    """What was found."""

    what: str
    told: str
    passed: bool = True


class Setting(NamedTuple):
    """What is checked."""

    restorers: dict[str, Restorer]  # by precision
    model: str
    tile: int  # px
    seconds: float  # that one speed is measured for

    @property
    def device(self) -> torch.device:
        return self.restorers["float32"].device


def compared(what: str, one: Tensor, other: Tensor, precision: str, more: str = "") -> Check:
    """Check that two answers are no further apart than the precision allows."""
    apart, bound = (one - other).abs().max().item(), APART[precision]
    return Check(what, f"at most {apart:.5f} apart (bound {bound}){more}", apart <= bound)


def finished(setting: Setting, work: Callable[[], object]) -> float:
    """Return how many seconds something takes until the device has done it."""
    started = time.perf_counter()
    work()
    if setting.device.type == "cuda":
        torch.cuda.synchronize(setting.device)
    return time.perf_counter() - started


def rate(setting: Setting, work: Callable[[], object]) -> float:
    """Return how many times a second something can be done, once it is warm."""
    finished(setting, work)
    times = []
    while sum(times) < setting.seconds:
        times.append(finished(setting, work))
    return len(times) / sum(times)
