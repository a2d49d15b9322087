"""Networks that are asked and do not learn: for a while, or never."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within this context gradients pass through the module, but none reaches its parameters; then all is as before.

    Only the forward pass must run inside it: the backward pass that follows leaves the parameters alone, too.
    """
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


class Teachers(nn.ModuleDict):
    """Generators that a recipe asks and that never learn: they have no gradients and stay in eval mode."""

    def __init__(self, networks: Mapping[str, nn.Module]):
        super().__init__(networks)
        self.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Teachers:
        return self
