"""The exponential moving average of a network's weights, which is what is validated, saved and restored with."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Follows a network: weights are averaged, buffers copied.

    The decay is (1 + step) / (10 + step) until that exceeds `decay`, so that the first steps do not linger.
    """

    def __init__(self, network: nn.Module, decay: float):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the average towards the network as it stands after `step` steps."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        get_ema_multi_avg_fn(1 - share)([*self.network.parameters()], [*network.parameters()], 0)
        for mine, theirs in zip(self.network.buffers(), network.buffers(), strict=True):
            mine.copy_(theirs)
