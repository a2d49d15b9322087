"""What batches tell the batch norms of a network, averaged for as long as its weights are.

The means and variances that a learning network keeps are of its last ten batches or so, and one odd batch moves them by
a tenth.  An average over hundreds of steps answers with other weights, to which they do not belong: Izmailov et al.,
Averaging Weights Leads to Wider Optima (2018), run it over all of the data again.  Here what each batch told is found
from how the running values moved, and averaged as the weights are, which costs no batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

RUNNING_VALUES = ("running_mean", "running_var")


class BatchStatistics:
    """Follows the batch norms of a network, which are there in the same order in the average."""

    def __init__(self, average: nn.Module, network: nn.Module):
        self.averaged, self.followed = norms_of(average), norms_of(network)
        self.look()

    @torch.no_grad()
    def look(self) -> None:
        """Note where the network stands: by how much it has moved since then is what batches tell."""
        self.seen = [
            (norm.get_buffer("num_batches_tracked").clone(), [norm.get_buffer(it).clone() for it in RUNNING_VALUES])
            for norm in self.followed
        ]

    @torch.no_grad()
    def update(self, decay: float, lasting: float) -> None:
        """Move the average towards what the batches since the last look told, and look.

        decay: of this step, which is less in the first ones, so that the values that norms begin with are soon gone.
        lasting: the decay that it comes to; where running values last longer than that, they are copied.
        """
        for own, norm, (count, before) in zip(self.averaged, self.followed, self.seen, strict=True):
            left = share_left(norm, count)
            for name, past in zip(RUNNING_VALUES, before, strict=True):
                mine, now = own.get_buffer(name), norm.get_buffer(name)
                told = (now - left * past) / (1 - left)
                if name == "running_var":
                    told = told.clamp(min=0.0)  # which rounding can spoil
                moved = torch.where(left >= lasting, now, mine.lerp(told, 1 - decay))
                mine.copy_(torch.where(left < 1, moved, mine))
        self.look()


def share_left(norm: nn.Module, count: Tensor) -> Tensor:
    """Return how much the running values hold of what they were after so many batches, from 0 to 1."""
    now, momentum = norm.get_buffer("num_batches_tracked"), getattr(norm, "momentum", None)
    return count / now.clamp(min=1) if momentum is None else (1 - momentum) ** (now - count)


def norms_of(network: nn.Module) -> list[nn.Module]:
    """Return the batch norms that keep running values."""
    return [it for it in network.modules() if isinstance(it, _BatchNorm) and it.running_mean is not None]
