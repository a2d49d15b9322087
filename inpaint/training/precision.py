"""The precision in which a run computes, and the factor that keeps gradients from vanishing in float16.

Source: Micikevicius et al., Mixed Precision Training (2018).  Differs from torch's class: the trainer decides what
was not finite, for all precisions alike, and nothing waits for a graphics card.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

HALVES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
FIRST_SCALE = 2.0**16
PATIENCE_STEPS = 2000  # finite steps after which twice as much is tried


class LossScale:
    """The factor of one player's loss."""

    def __init__(self, device: torch.device):
        self.scale = torch.tensor(FIRST_SCALE, device=device)
        self.finite_steps = torch.tensor(0.0, device=device)

    def unscale(self, parameters: Iterable[nn.Parameter]) -> None:
        """Divide the gradients by the factor; those of a loss that was too much stay no numbers."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if gradients:
            torch._foreach_div_(gradients, self.scale)  # pyright: ignore[reportPrivateImportUsage]

    def update(self, spoiled: Tensor) -> None:
        """Halve the factor after a step that was spoiled (1.0), double it after many that were not (0.0)."""
        spoiled = spoiled > 0
        counted = torch.where(spoiled, 0.0, self.finite_steps + 1)
        grown = torch.where(counted >= PATIENCE_STEPS, self.scale * 2, self.scale)
        self.scale = torch.where(spoiled, self.scale / 2, grown)
        self.finite_steps = torch.where(counted >= PATIENCE_STEPS, 0.0, counted)

    def state(self) -> dict[str, float]:
        """Return what changes while training."""
        return {"scale": self.scale.item(), "finite_steps": self.finite_steps.item()}

    def take(self, state: dict[str, float]) -> None:
        """Take up a state."""
        self.scale.fill_(state["scale"])
        self.finite_steps.fill_(state["finite_steps"])


class Precision:
    """How a run computes: autocast, and in float16 a factor for each player's loss."""

    def __init__(self, name: str, device: torch.device, players: Iterable[str]):
        """name: float32, bfloat16 or float16."""
        self.dtype, self.device = HALVES.get(name), device
        self.scales = {player: LossScale(device) for player in players} if name == "float16" else {}

    def autocast(self) -> Any:
        """Return the context in which networks are asked."""
        return torch.autocast(self.device.type, self.dtype or torch.bfloat16, enabled=self.dtype is not None)

    def scaled(self, player: str, loss: Tensor) -> Tensor:
        """Return what is differentiated instead of a player's loss."""
        return loss * self.scales[player].scale if player in self.scales else loss

    def unscale(self, player: str, parameters: Iterable[nn.Parameter]) -> None:
        """Bring the gradients of a player back to those of its loss."""
        if player in self.scales:
            self.scales[player].unscale(parameters)

    def stepped(self, player: str, spoiled: Tensor) -> None:
        """Take note of a step, which was spoiled (1.0) or not (0.0)."""
        if player in self.scales:
            self.scales[player].update(spoiled)

    def state(self) -> dict[str, dict[str, float]]:
        """Return what changes while training."""
        return {name: scale.state() for name, scale in self.scales.items()}

    def take(self, state: Mapping[str, dict[str, float]]) -> None:
        """Take up a state, as far as it has the same players."""
        for name, scale in self.scales.items():
            if name in state:
                scale.take(state[name])
