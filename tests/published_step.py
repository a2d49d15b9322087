"""What one step of training is compared by: a hashed scene and discriminator, and a summary of losses and gradient.

`scripts/parity/one_step.py` and `tensorflow_step.py` compute the same of the authors' own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
SIDE, LARGER_SIDE = 64, 128  # px; the larger for discriminators whose maps would be a single value
JUDGES = {
    "edge_connect": "painter_discriminator",
    "contextual": "critics",
    "cyclegan": "target",
}  # which is asked, where not discriminator
SMALLER: dict[str, dict[str, Any]] = {"contextual": {"size": SIDE, "crop": SIDE // 2}}  # options for pictures of SIDE
WINDOW = (16, 14, 32, 32)  # around the hole of SIDE: top, left, height, width, as `hole_window` lays it
SHARE_BETWEEN = 0.3  # of the restored picture in that between it and the original


def run_of(name: str) -> Run:
    """Return the published run of a method."""
    return read_run(CONFIGS / f"{name}.yaml")


def picture_of(stream: int, side: int = SIDE) -> Tensor:
    """Return a hashed picture in [0, 1], (1, 3, side, side), float64."""
    return (hash_values(3 * side * side, stream).reshape(1, 3, side, side) + 1) / 2


def damaged(side: int = SIDE) -> tuple[Tensor, Tensor]:
    """Return a target (1, 3, side, side) and the mask of its hole."""
    return picture_of(1, side), hole(side)


def filled_discriminator(name: str) -> Discriminator:
    """Return a method's discriminator with hashed weights, learning."""
    part = run_of(name).discriminators[JUDGES.get(name, "discriminator")]
    part = part.model_copy(update=SMALLER.get(name, {}))
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
    return {name: term.item() for name, term in terms.items()} | gradient_summary(answer.grad)


def gradient_summary(gradient: Any) -> dict[str, float]:
    """Return the mean of a gradient (1, 3, H, W), its mean size, a value in the hole, and one outside."""
    scale = gradient.shape[-1] // SIDE
    return {
        "gradient": gradient.mean().item(),
        "gradient_size": abs(gradient).mean().item(),
        "gradient_in_hole": gradient[0, 0, 30 * scale, 25 * scale].item(),
        "gradient_outside": gradient[0, 2, 5 * scale, 50 * scale].item(),
    }
