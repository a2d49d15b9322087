"""The structure of a picture: its flat parts and edges, without its texture.

Source: Xu et al., Structure Extraction from Texture via Relative Total Variation (2012), with the settings of Ren et
al., StructureFlow (2019).  Gradients of texture cancel within a window, those of edges do not; where they cancel,
smoothing is strong.  Differs: the linear systems are solved by a fixed number of steps of preconditioned conjugate
gradients, for a whole batch at once, where the authors' program solves them exactly.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

STRENGTH = 0.015
WINDOW_DEVIATION = 3.0  # px, halved from one round to the next
LEAST_DEVIATION = 0.5
SHARPNESS = 0.001  # least length of a gradient
LEAST_VARIATION = 0.001
ROUNDS = 3
SOLVER_STEPS = 30


@torch.no_grad()
def structure_of(image: Tensor) -> Tensor:
    """Return the structure of pictures, (B, 3, H, W) in [0, 1] in and out, without gradient."""
    with torch.autocast(image.device.type, enabled=False):
        target = image.to(torch.promote_types(image.dtype, torch.float32))
        answer, deviation = target, WINDOW_DEVIATION
        for _ in range(ROUNDS):
            answer = smoothed(target, answer, *texture_weights(answer, deviation))
            deviation = max(deviation / 2, LEAST_DEVIATION)
    return answer.clamp(0, 1).to(image.dtype)


def texture_weights(x: Tensor, deviation: float) -> tuple[Tensor, Tensor]:
    """Return how strongly neighbours across and down are tied, (B, 1, H, W) each; 0 beside the last."""
    across, down = forward_differences(x)
    plain = 1 / (across.square() + down.square()).sqrt().mean(dim=1, keepdim=True).clamp_min(SHARPNESS)
    windowed = [
        it.abs().mean(dim=1, keepdim=True).clamp_min(LEAST_VARIATION)
        for it in forward_differences(gaussian_blurred(x, deviation))
    ]
    wide, tall = plain / windowed[0], plain / windowed[1]
    wide[..., -1], tall[..., -1, :] = 0, 0
    return wide, tall


def forward_differences(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the next column and the next row less this one, 0 in the last."""
    return F.pad(x[..., 1:] - x[..., :-1], (0, 1)), F.pad(x[..., 1:, :] - x[..., :-1, :], (0, 0, 0, 1))


def gaussian_blurred(x: Tensor, deviation: float) -> Tensor:
    """Convolve with a Gaussian of five deviations' width, dark beyond the border."""
    side = round(5 * deviation) | 1
    places = torch.arange(side, device=x.device, dtype=x.dtype) - side // 2
    bell = (-(places**2) / (2 * deviation**2)).exp()
    kernel = (bell / bell.sum()).expand(x.shape[1], 1, 1, side)
    x = F.conv2d(x, kernel, padding=(0, side // 2), groups=x.shape[1])
    return F.conv2d(x, kernel.transpose(2, 3), padding=(side // 2, 0), groups=x.shape[1])


def smoothed(target: Tensor, start: Tensor, wide: Tensor, tall: Tensor) -> Tensor:
    """Solve (1 + strength times the weighted Laplacian) x = target, from a start."""
    wide, tall = STRENGTH / 2 * wide, STRENGTH / 2 * tall
    diagonal = 1 + wide + tall + F.pad(wide, (1, 0))[..., :-1] + F.pad(tall, (0, 0, 1, 0))[..., :-1, :]

    def applied(x: Tensor) -> Tensor:
        across, down = forward_differences(x)
        across, down = across * wide, down * tall
        return x - across + F.pad(across, (1, 0))[..., :-1] - down + F.pad(down, (0, 0, 1, 0))[..., :-1, :]

    def along(one: Tensor, other: Tensor) -> Tensor:
        return (one * other).sum(dim=(2, 3), keepdim=True)

    x, residual = start, target - applied(start)
    direction = scaled = residual / diagonal
    length = along(residual, scaled)
    for _ in range(SOLVER_STEPS):
        bent = applied(direction)
        step = length / along(direction, bent).clamp_min(torch.finfo(x.dtype).tiny)
        x, residual = x + step * direction, residual - step * bent
        scaled = residual / diagonal
        longer = along(residual, scaled)
        direction = scaled + longer / length.clamp_min(torch.finfo(x.dtype).tiny) * direction
        length = longer
    return x
