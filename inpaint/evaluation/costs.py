"""What restoring one picture costs a network: parameters, floating-point operations, and memory.

Measured on the first picture of each case, after its time was taken: counting slows a network down.
"""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from inpaint.evaluation.cases import Case
from inpaint.evaluation.damaging import Damaged
from inpaint.evaluation.methods import Restore


class Cost(NamedTuple):
    """What one picture costs; None = cannot be told."""

    parameters: int | None
    gflop: float | None  # 1e9 additions and multiplications of convolutions, matrix products and attention
    megabytes: float | None  # 2^20 bytes of tensors at the peak, without the weights


class TensorPeak(TorchDispatchMode):
    """Follows how many bytes the tensors hold that are made while it is on; library workspaces are not seen."""

    def __init__(self) -> None:
        super().__init__()
        self.held, self.peak = 0, 0
        self.known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        given = {it.untyped_storage().data_ptr() for it in tree_leaves((args, kwargs)) if isinstance(it, torch.Tensor)}
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor):
                storage = leaf.untyped_storage()
                if storage.data_ptr() not in given and storage not in self.known:
                    self.known.add(storage)
                    self.held += storage.nbytes()
                    weakref.finalize(storage, self.free, storage.nbytes())
        self.peak = max(self.peak, self.held)
        return made

    def free(self, count: int) -> None:
        self.held -= count


def cost_of(restore: Restore, case: Case, damaged: Damaged) -> Cost:
    """Restore a picture twice more and count."""
    flops, peak = FlopCounterMode(display=False), TensorPeak()
    for counting in (flops, peak):
        with counting, torch.no_grad():
            restore(damaged.image.clone(), damaged.mask.clone(), censor=case.censor, grid=damaged.grid)
    counted = flops.get_total_flops()
    parameters = parameters_of(restore, case.censor)
    seen = parameters is not None  # what runs outside torch has no parameters, and no tensors of its own
    return Cost(parameters, counted / 1e9 if seen and counted else None, peak.peak / 2**20 if seen else None)


def parameters_of(restore: Any, censor: str) -> int | None:
    """Return how many parameters the network has that restores a censor; None where there is none to be seen."""
    chosen = getattr(restore, "restorers", {}).get(censor, restore)
    network = getattr(chosen, "generator", None)
    count = sum(it.numel() for it in network.parameters()) if isinstance(network, nn.Module) else 0
    return count or None
