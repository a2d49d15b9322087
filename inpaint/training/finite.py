"""Gradients that are not finite: their step is skipped and counted, several in a row end the run.

Nothing here waits for a graphics card: optimizers skip by a flag on the device, which is read when a line is logged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from inpaint.training.sharded import is_sharded, whole

IN_A_ROW = 5  # steps without a finite gradient: a single one happens, so many do not mend themselves
SCALING_PATIENCE = 30  # of float16, whose factor is halved at each of them, from 2^16 down


class Seen(NamedTuple):
    """A turn, and flags on the device of what in it is finite."""

    step: int
    player: str
    terms: list[str]
    finite: Tensor  # (terms + 1,) bool; the last is of the gradient


class NotFinite(ValueError):
    """A run that cannot go on, for its gradients are no numbers."""


class FiniteWatch:
    """Remembers the turns since it was last read."""

    def __init__(self, recipe: Any, *, scaling: bool = False):
        self.patience = SCALING_PATIENCE if scaling else IN_A_ROW
        self.batch = 1  # samples of a step, over all ranks; known with the first one
        self.buffers = [it for it in recipe.buffers() if it.is_floating_point()]
        self.before: list[Tensor] = []
        self.seen: list[Seen] = []
        self.skipped, self.row, self.first = 0, 0, 0

    def begin(self, batch: int) -> None:
        """Remember the buffers, such as the means of a batch norm, as they are before a step of so many samples."""
        self.batch = batch
        self.before = [buffer.clone() for buffer in self.buffers]

    def spoiled(self, step: int, player: str, terms: Mapping[str, Tensor], values: Tensor, norm: Tensor) -> Tensor:
        """Return 1.0 where the gradient's norm is not finite, else 0.0, on the device; values: (terms,)."""
        finite = torch.cat([values.detach().isfinite(), norm.isfinite()[None]])
        self.seen.append(Seen(step, player, list(terms), finite))
        return 1.0 - finite[-1].float()

    def end(self) -> None:
        """Give the buffers back what they were before a step of which a turn was spoiled."""
        if not self.buffers:
            return
        whole = torch.stack([it.finite[-1] for it in self.seen if it.step == self.seen[-1].step]).all()
        if whole.device.type == "cpu" and whole:
            return
        for buffer, before in zip(self.buffers, self.before, strict=True):
            buffer.copy_(torch.where(whole, buffer, before))

    def read(self) -> list[dict[str, Any]]:
        """Return a line for the journal for each spoiled turn since the last reading.

        Raises NotFinite where there were too many in a row.
        """
        flags = torch.cat([it.finite for it in self.seen]).tolist() if self.seen else []
        lines, at = [], 0
        spoiled: dict[int, bool] = {}
        for turn in self.seen:
            finite, at = flags[at : at + len(turn.terms) + 1], at + len(turn.terms) + 1
            spoiled[turn.step] = spoiled.get(turn.step, False) or not finite[-1]
            if not finite[-1]:
                bad = [name for name, fine in zip(turn.terms, finite, strict=False) if not fine]
                lines.append({"step": turn.step + 1, "skipped": turn.player, "not_finite": bad})
        self.seen = []
        for step, bad in spoiled.items():
            self.skipped += bad
            self.first = step if bad and not self.row else self.first
            self.row = self.row + 1 if bad else 0
            if self.row >= self.patience:
                raise NotFinite(self.reason(lines))
        return lines

    def reason(self, lines: list[dict[str, Any]]) -> str:
        terms = next((line["not_finite"] for line in lines if line["not_finite"]), [])
        what = f"the loss {terms[0]} was no finite number" if terms else "the gradient was not finite"
        first = self.first * self.batch
        samples = f"samples {first} to {first + self.batch - 1}"
        return (
            f"{what} in {self.row} steps in a row, from step {self.first + 1} on ({samples}): "
            "lower the learning rate or clip"
        )


def total_norm(parameters: Iterable[nn.Parameter], clip: float | None) -> Tensor:
    """Return the norm of the gradients, which are scaled down to `clip` where they exceed it."""
    return whole(nn.utils.clip_grad_norm_(parameters, math.inf if clip is None else clip))


def step_unless(optimizer: torch.optim.Optimizer, spoiled: Tensor) -> None:
    """Step an optimizer where `spoiled` is 0; where it is 1, nothing moves, neither weights nor moments."""
    # The flag costs an operation for each parameter, and the kernels for divided ones know none: both can be asked.
    asked = spoiled.device.type == "cpu" or is_sharded(optimizer.param_groups[0]["params"][0])
    if optimizer.defaults.get("fused") and not asked:
        optimizer.found_inf = spoiled  # pyright: ignore[reportAttributeAccessIssue] (what torch's GradScaler sets)
        optimizer.step()
    elif not spoiled.item():
        optimizer.step()
