"""A network that learns, as the trainer sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from inpaint.training.plateau import Plateau


class Player(NamedTuple):
    """An optimizer, its learning rate as a function of the step, and how far that has fallen on a plateau."""

    optimizer: torch.optim.Optimizer
    rate: Callable[[int], float]
    plateau: Plateau | None = None

    def set_rate(self, step: int) -> None:
        """Set the rate of each group for a step."""
        rate = self.rate(step) * (self.plateau.factor if self.plateau else 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
