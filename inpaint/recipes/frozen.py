"""Looking through a network without teaching it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Within, gradients pass through the module but none reaches its parameters; afterwards all is as before.

    Only the forward must stand within: what it recorded needs no gradient of the parameters later either.
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
    """Generators that a recipe asks and that never learn: without gradients, and in eval mode whatever happens."""

    def __init__(self, networks: Mapping[str, nn.Module]):
        super().__init__(networks)
        self.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Teachers:
        return self
