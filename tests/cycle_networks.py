"""The smallest generators and a batch for one step of CycleGAN, as scripts/parity/cycle_step.py takes them, too."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from checksums import hash_values
from published_step import damaged, picture_of
from torch import Tensor, nn

from inpaint.sample import Sample

WAYS = (20, 21)  # streams of the generator and of its partner


def way(stream: int) -> nn.Conv2d:
    """Return a convolution of pictures in [-1, 1], with hashed numbers, that learns."""
    layer = nn.Conv2d(3, 3, 3, padding=1).double()
    for place, parameter in enumerate(layer.parameters()):
        parameter.data.copy_(hash_values(parameter.numel(), stream + 10 * place).reshape(parameter.shape) / 3)
    return layer


def batch_of_two() -> Sample:
    """Return two damaged pictures."""
    first, mask = damaged()
    target = torch.cat([first, picture_of(2)])
    return Sample(target * (1 - mask) + mask, mask.expand(2, -1, -1, -1), target)


def slope_sizes(layers: Iterable[nn.Module]) -> dict[str, float]:
    """Return the sum of the sizes of each network's gradient."""
    return {
        f"slope_{number}": torch.cat([gradient_of(it).flatten() for it in layer.parameters()]).abs().sum().item()
        for number, layer in enumerate(layers)
    }


def gradient_of(parameter: nn.Parameter) -> Tensor:
    """Return a parameter's gradient, zero where it has none."""
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
