"""What one step of training is compared by: a hashed scene and discriminator, and a summary of losses and gradient.

`scripts/parity/one_step.py` computes the same of the authors' own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from checksums import fill, hash_values, hole
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from inpaint.config import Run, read_run
from inpaint.contracts import Discriminator
from inpaint.discriminators import DISCRIMINATORS
from inpaint.parts import build

CONFIGS = Path(__file__).parents[1] / "configs"
SIDE = 64
JUDGES = {"edge_connect": "painter_discriminator"}  # which of two is asked


def run_of(name: str) -> Run:
    """Return the published run of a method."""
    return read_run(CONFIGS / f"{name}.yaml")


def picture_of(stream: int) -> Tensor:
    """Return a hashed picture in [0, 1], (1, 3, SIDE, SIDE), float64."""
    return (hash_values(3 * SIDE * SIDE, stream).reshape(1, 3, SIDE, SIDE) + 1) / 2


def damaged() -> tuple[Tensor, Tensor]:
    """Return a target (1, 3, SIDE, SIDE) and the mask of its hole."""
    return picture_of(1), hole(SIDE)


def filled_discriminator(name: str) -> Discriminator:
    """Return a method's discriminator with hashed weights, learning."""
    part = run_of(name).discriminators[JUDGES.get(name, "discriminator")]
    network = build(DISCRIMINATORS, part, "discriminator")
    fill(network)
    for layer in network.modules():
        if is_parametrized(layer, "weight"):
            settle_spectral_norm(layer)
    return network.train()


def settle_spectral_norm(layer: nn.Module) -> None:
    """Give a spectral norm its final vectors: PyTorch's two implementations differ by half an iteration on the way."""
    rows = layer.get_parameter("parametrizations.weight.original").data.flatten(1)
    left = torch.linalg.eigh(rows @ rows.T).eigenvectors[:, -1]
    layer.get_buffer("parametrizations.weight.0._u").copy_(left)
    layer.get_buffer("parametrizations.weight.0._v").copy_(F.normalize(left @ rows, dim=0))


def step_summary(terms: Mapping[str, Tensor], answer: Tensor) -> dict[str, float]:
    """Return every term, and of the gradient that reaches the answer its mean, mean size, and two of its values."""
    assert answer.grad is not None
    gradient = answer.grad
    values = {name: term.item() for name, term in terms.items()}
    return values | {
        "gradient": gradient.mean().item(),
        "gradient_size": gradient.abs().mean().item(),
        "gradient_in_hole": gradient[0, 0, 30, 25].item(),
        "gradient_outside": gradient[0, 2, 5, 50].item(),
    }
