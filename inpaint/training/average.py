"""The exponential moving average of a network's weights, which is what is validated, saved and restored with.

A network that began with learned weights may answer from between those and the average, which keeps what it knew and
evens out what a few pictures teach by chance: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (2022).
"""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from inpaint.training.sharded import whole


class Average:
    """Follows a network: weights are averaged, buffers copied.

    The decay is (1 + step) / (10 + step) until that exceeds `decay`, so that the first steps do not linger.
    """

    def __init__(self, network: nn.Module, decay: float, share: float = 1.0):
        """share: how far what answers lies from the weights that the network has now (0) to the average (1)."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.share = decay, share
        self.start = [] if share == 1.0 else [it.detach().clone() for it in network.parameters()]
        self.followed: nn.Module | None = None
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
        if self.followed is not network:  # what a network consists of is found once: looking through it takes time
            self.followed = network
            self.weights, self.buffers = (
                [[*getattr(it, kind)()] for it in (self.network, network)] for kind in ("parameters", "buffers")
            )
        mine, theirs = self.weights
        get_ema_multi_avg_fn(1 - share)(mine, [whole(parameter) for parameter in theirs], 0)
        for one, other in zip(*self.buffers, strict=True):
            one.copy_(other)
