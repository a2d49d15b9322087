"""The exponential moving average of a network's weights, which is what is validated, saved and restored with.

A network that began with learned weights may answer from between those and the average, which keeps what it knew and
evens out what a few pictures teach by chance: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (2022).
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Average:
    """Follows a network: weights are averaged, buffers copied.

    The decay is (1 + step) / (10 + step) until that exceeds `decay`, so that the first steps do not linger.
    """

    def __init__(self, network: nn.Module, decay: float, share: float = 1.0):
        """share: how far what answers lies from the weights that the network has now (0) to the average (1)."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.share = decay, share
        self.start = [] if share == 1.0 else [it.detach().clone() for it in network.parameters()]
        self.between = self.network if share == 1.0 else copy.deepcopy(self.network)

    @torch.no_grad()
    def answering(self) -> nn.Module:
        """Return what is validated, saved and restored with, as it is now."""
        if self.share < 1.0:
            self.between.load_state_dict(self.network.state_dict())
            for mine, began in zip(self.between.parameters(), self.start, strict=True):
                mine.copy_(torch.lerp(began.to(mine), mine, self.share))
        return self.between

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the average towards the network as it stands after `step` steps."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        get_ema_multi_avg_fn(1 - share)([*self.network.parameters()], [*network.parameters()], 0)
        for mine, theirs in zip(self.network.buffers(), network.buffers(), strict=True):
            mine.copy_(theirs)
