"""Numbers that anyone can recompute: networks filled from an integer hash, and a summary of what they answer.

A network whose layers stand in another order, pad differently or miss a skip gives another summary. Everything is
float64; the expected summaries were made with the original implementations filled by the same hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.parametrize import is_parametrized

IMAGE_STREAM = 1000
LOW_32_BITS = 0xFFFFFFFF


class Summary(NamedTuple):
    """Mean, population deviation and three samples of one answer."""

    mean: float
    std: float
    sample_1: float
    sample_2: float
    sample_3: float


def hash_values(count: int, stream: int) -> Tensor:
    """Return h(0..count-1, stream) in [-1, 1), float64, (count,)."""
    x = torch.arange(1, count + 1, dtype=torch.int64) * 2654435761 + (stream + 1) * 40503 & LOW_32_BITS
    x = x ^ x >> 16
    x = x * 2246822519 & LOW_32_BITS  # int64 wraps at 2^64, which leaves the low 32 bits right
    x = x ^ x >> 13
    return x.double() / 2**31 - 1


def fill(module: nn.Module, gain: float = 1.0, order: Iterable[Tensor] | None = None) -> None:
    """Make the module float64, in eval mode, with hashed parameters; tensor number t is hashed with stream t.

    order: all parameters in forward order; by default the order in which the module lists them.
    """
    module.double().eval()
    scales = {id(norm.weight) for norm in module.modules() if isinstance(norm, _BatchNorm)}
    parameters = list(module.parameters() if order is None else order)
    assert {id(p) for p in parameters} == {id(p) for p in module.parameters()}, "order must name every parameter once"
    for stream, parameter in enumerate(parameters):
        values = hash_values(parameter.numel(), stream).reshape(parameter.shape)
        if parameter.dim() >= 2:
            values = gain * (3 / (parameter.numel() / parameter.shape[0])) ** 0.5 * values
        else:
            values = 1 + 0.1 * values if id(parameter) in scales else 0.05 * values
        parameter.data.copy_(values)


def fill_spectral(module: nn.Module) -> None:
    """Fill a module as `fill` does, each weight before its bias, and give spectral norms hashed vectors.

    The left vector is h(.., 0) of unit length, the right one the weight's rows in its direction, of unit length.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    normed = [is_parametrized(layer, "weight") for layer in layers]
    names = ["parametrizations.weight.original" if spectral else "weight" for spectral in normed]
    weights = [layer.get_parameter(name) for layer, name in zip(layers, names, strict=True)]
    pairs = zip(weights, (layer.bias for layer in layers), strict=True)
    fill(module, order=[parameter for pair in pairs for parameter in pair if parameter is not None])
    for layer, weight, spectral in zip(layers, weights, normed, strict=True):
        if spectral:
            rows = (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).data.flatten(1)
            left = F.normalize(hash_values(len(rows), 0), dim=0)
            layer.get_buffer("parametrizations.weight.0._u").copy_(left)
            layer.get_buffer("parametrizations.weight.0._v").copy_(F.normalize(left @ rows, dim=0))


def image(channels: int, height: int, width: int, unit_range: bool = False) -> Tensor:
    """Return the hashed picture (1, channels, height, width) in [-1, 1), or in [0, 1) where unit_range."""
    values = hash_values(channels * height * width, IMAGE_STREAM).reshape(1, channels, height, width)
    return (values + 1) / 2 if unit_range else values


def hole(size: int = 256) -> Tensor:
    """Return the mask (1, 1, size, size) whose hole is rows 64 to 191 and columns 80 to 159 of 256."""
    mask = torch.zeros(1, 1, size, size, dtype=torch.float64)
    mask[..., size // 4 : 3 * size // 4, 5 * size // 16 : 5 * size // 8] = 1
    return mask


def summary(answer: Tensor) -> Summary:
    """Summarize an answer (1, C, H, W); sample positions are taken modulo its size."""
    _, channels, height, width = answer.shape
    places = ((0, 10, 20), (1, 100, 120), (2, 200, 37))
    samples = [answer[0, c % channels, y % height, x % width].item() for c, y, x in places]
    return Summary(answer.mean().item(), answer.std(correction=0).item(), *samples)
