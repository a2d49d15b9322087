"""Adam as TensorFlow computes it: epsilon is added to the second moment's root before its start from 0 is corrected.

Source: Kingma and Ba, Adam (2015), the last lines of section 2, whose epsilon is TensorFlow's; PyTorch adds it after
the correction, as the paper's algorithm does.  In the first steps TensorFlow's is up to 30 times as large.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch


class TensorflowAdam(torch.optim.Adam):
    """PyTorch's Adam, whose epsilon is so large at each step that it equals TensorFlow's; its options are the same."""

    def __init__(self, params: Iterable[Any], *, eps: float = 1e-8, **options: Any):
        super().__init__(params, eps=eps, **options)
        self.epsilon = eps

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take a step."""
        for group in self.param_groups:
            group["taken"] = group.get("taken", self.known_steps(group)) + 1
            group["eps"] = self.epsilon / math.sqrt(1 - group["betas"][1] ** group["taken"])
        return super().step(closure)

    def known_steps(self, group: dict[str, Any]) -> int:
        """Return how many steps the moments have seen, of a run that was taken up again."""
        return int(next((self.state[it]["step"] for it in group["params"] if self.state.get(it)), 0))
