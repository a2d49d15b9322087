"""What one step of training is compared by: a hashed scene and discriminator, and a summary of losses and gradient.

`scripts/parity/one_step.py`, `method_step.py` and `tensorflow_step.py` compute the same of the authors' own code.
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
from inpaint.layers.scale_net import ScaleNet
from inpaint.parts import build
from inpaint.recipes.styles import StyleExtractor

CONFIGS = Path(__file__).parents[1] / "configs"
SIDE, LARGER_SIDE = 64, 128  # px; the larger for discriminators whose maps would be a single value
JUDGES = {
    "edge_connect": "painter_discriminator",
    "contextual": "critics",
    "dsi": "critics",
    "cyclegan": "target",
    "structure_flow": "texture_discriminator",
}  # which is asked, where not discriminator
OF_SIDE: dict[str, Any] = {"size": SIDE, "crop": SIDE // 2}
SMALLER = {"contextual": OF_SIDE, "dsi": OF_SIDE}  # options for pictures of SIDE
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


def filled_judge(method: str, name: str) -> Discriminator:
    """Return a discriminator of a method that has several, with hashed weights, learning."""
    network = build(DISCRIMINATORS, run_of(method).discriminators[name], "discriminator")
    fill(network)
    for layer in network.modules():
        if is_parametrized(layer, "weight"):
            settle_spectral_norm(layer)
    return network.train()


def smaller_pictures(count: int) -> list[Tensor]:
    """Return hashed pictures of SIDE, half of it, and so on."""
    return [picture_of(2 + level, SIDE // 2**level) for level in range(count)]


def steps_filled() -> list[tuple[Tensor, Tensor]]:
    """Return two hashed pictures in the place of a network's that fills step by step, and where each is filled."""
    masks = [torch.zeros(1, 1, SIDE, SIDE, dtype=torch.float64) for _ in range(2)]
    for reach, mask in zip((24, 40), masks, strict=True):
        mask[..., :reach, :] = 1
    return [(picture_of(3 + number), mask) for number, mask in enumerate(masks)]


def strip_of(stream: int) -> Tensor:
    """Return a hashed picture twice as wide as LARGER_SIDE, (1, 3, LARGER_SIDE, 2 LARGER_SIDE)."""
    return torch.cat([picture_of(stream + half, LARGER_SIDE) for half in (0, 40)], dim=3)


def box_of_window() -> Tensor:
    """Return a mask whose hole is a box in the middle, half as wide and high as SIDE: just what a window shows."""
    mask = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.float64)
    mask[..., SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4] = 1
    return mask


def noise_of_step() -> Tensor:
    """Return hashed noise, (1, 1, SIDE, SIDE)."""
    return hash_values(SIDE**2, 6).reshape(1, 1, SIDE, SIDE)


def filled_extractor() -> StyleExtractor:
    """Return what reads DSI's codes, for windows of half of SIDE, with hashed weights."""
    extractor = StyleExtractor(64, SIDE // 2)
    fill(extractor)
    return extractor


def styled_answers() -> list[Tensor]:
    """Return hashed pictures in the place of DSI's two answers, to noise and to the original's code: final, coarse."""
    return [picture_of(stream) for stream in (2, 3, 4, 5)]


def path_pictures(name: str) -> list[Tensor]:
    """Return hashed pictures of one of PICNet's paths at four scales, the finest, of 2 SIDE, first."""
    start = 10 if name == "generated" else 20
    return [picture_of(start + level, 2 * SIDE // 2**level) for level in range(4)]


def path_codes() -> list[Tensor]:
    """Return means and deviations of a posterior and a prior, (1, 8, 4, 4) each, which learn."""
    values = [hash_values(128, 30 + number).reshape(1, 8, 4, 4) for number in range(4)]
    return [(it if number % 2 == 0 else 0.75 + it / 2).requires_grad_() for number, it in enumerate(values)]


def scale_pair() -> tuple[ScaleNet, ScaleNet, Tensor, Tensor, Tensor]:
    """Return a scale's network and critic with hashed weights, learning, and a picture, an answer and noise."""
    networks = ScaleNet(8, 3), ScaleNet(8, 1)
    for network in networks:
        fill(network)
        network.train()
    real, before, noise = (2 * picture_of(stream, 32) - 1 for stream in (1, 2, 3))
    return *networks, real, before, 0.1 * noise


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
