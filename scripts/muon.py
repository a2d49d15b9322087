"""Muon: momentum whose update of every matrix has been made orthogonal, so that all directions learn alike.

Sources: Jordan et al., Muon (2024), the Newton-Schulz iteration and its coefficients; Liu et al., Muon is Scalable for
LLM Training (2025), the scale that gives updates the size of Adam's, so that rates carry over.  A convolution's weights
are the matrix (out, in x height x width).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
ADAM_SIZE = 0.2  # root mean square of Adam's usual update, in parts of its rate


class Muon(torch.optim.Optimizer):
    """Steps weights of at least two dimensions; those of one shape together."""

    def __init__(self, parameters: Iterable[Tensor], *, lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for group in self.param_groups:
            alike: dict[tuple[int, int], list[Tensor]] = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    alike[weight.shape[0], weight[0].numel()].append(weight)
            for (rows, columns), weights in alike.items():
                update = orthogonal(torch.stack([self.ahead(it, group["momentum"]).flatten(1) for it in weights]))
                scale = group["lr"] * ADAM_SIZE * max(rows, columns) ** 0.5
                for weight, change in zip(weights, update, strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"]).sub_(scale * change.view(weight.shape))

    def ahead(self, weight: Tensor, momentum: float) -> Tensor:
        """Move the momentum of a weight on and return where it will lead, after Nesterov."""
        assert weight.grad is not None
        if not self.state[weight]:
            self.state[weight]["momentum"] = torch.zeros_like(weight)
        moment = self.state[weight]["momentum"].lerp_(weight.grad, 1 - momentum)
        return weight.grad.lerp(moment, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """Bring the singular values of matrices (N, rows, columns) near one."""
    wide = matrices.shape[1] <= matrices.shape[2]
    x = (matrices if wide else matrices.mT).bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    first, second, third = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = x @ x.mT
        x = first * x + (second * square + third * square @ square) @ x
    return (x if wide else x.mT).to(matrices.dtype)
