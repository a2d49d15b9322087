"""The exponential moving average of a network's weights, which is what is validated, saved and restored with.

A network that began with learned weights may answer from between those and the average, which keeps what it knew and
evens out what a few pictures teach by chance: Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (2022).
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from inpaint.training.batch_statistics import RUNNING_VALUES, BatchStatistics, norms_of
from inpaint.training.sharded import whole


class Average:
    """Follows a network: weights are averaged, and what batches tell batch norms; other buffers are copied.

    The decay is (1 + step) / (10 + step) until that exceeds `decay`, so that the first steps do not linger.
    """

    def __init__(self, network: nn.Module, decay: float, share: float = 1.0):
        """share: how far what answers lies from the weights that the network has now (0) to the average (1)."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.share = decay, share
        self.start = [] if share == 1.0 else [it.detach().clone() for it in mixed_tensors(network)]
        self.follow(network)
        self.between = self.network if share == 1.0 else copy.deepcopy(self.network)

    @torch.no_grad()
    def answering(self) -> nn.Module:
        """Return what is validated, saved and restored with, as it is now."""
        if self.share < 1.0:
            self.between.load_state_dict(self.network.state_dict())
            for mine, began in zip(mixed_tensors(self.between), self.start, strict=True):
                mine.copy_(torch.lerp(began.to(mine), mine, self.share))
        return self.between

    def follow(self, network: nn.Module) -> None:
        """Follow a network from where it stands now, as after other values were loaded into it."""
        self.followed = network
        norms = {id(norm.get_buffer(name)) for norm in norms_of(self.network) for name in RUNNING_VALUES}
        pairs = zip(self.network.buffers(), network.buffers(), strict=True)
        self.buffers = [(one, other) for one, other in pairs if id(one) not in norms]
        self.weights: list[list[Tensor]] = [[*it.parameters()] for it in (self.network, network)]
        self.statistics = BatchStatistics(self.network, network)

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the average towards the network as it stands after `step` steps."""
        if self.followed is not network:
            self.follow(network)
        decay = min(self.decay, (1 + step) / (10 + step))
        mine, theirs = self.weights  # found once: looking through a network takes time
        get_ema_multi_avg_fn(decay)(mine, [whole(parameter) for parameter in theirs], 0)
        for one, other in self.buffers:
            one.copy_(other)
        self.statistics.update(decay, self.decay)


def mixed_tensors(network: nn.Module) -> list[Tensor]:
    """Return what of a network is mixed with where it began: its weights, and what its batch norms have seen."""
    return [*network.parameters(), *(norm.get_buffer(name) for norm in norms_of(network) for name in RUNNING_VALUES)]
