"""Activations that are computed again instead of kept: memory for time.

Source: Chen et al., Training Deep Nets with Sublinear Memory Cost (2016), block by block, by torch's checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint


def recompute_blocks(network: nn.Module) -> int:
    """Let every block of a network keep its input alone, and return how many there are.

    Blocks are the members of sequences that have parts of their own.  Those with buffers, such as batch norms and
    spectral norms, keep their activations: computed twice, they would count a batch twice.
    """
    count = 0
    for block in outermost_blocks(network):
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
        count += 1
    return count


def outermost_blocks(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the outermost blocks of a network."""
    for child in module.children():
        sequence = isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)
        if sequence and any(True for _ in child.children()) and callable_without_buffers(child):
            yield child
        else:
            yield from outermost_blocks(child)


def callable_without_buffers(module: nn.Module) -> bool:
    """Tell whether a module can be computed twice and is not only a list of others."""
    return not isinstance(module, nn.ModuleList | nn.ModuleDict) and not any(True for _ in module.buffers())
