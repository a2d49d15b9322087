"""A smooth fill: the hole is closed by a membrane that is stretched between the known pixels around it.

Source: the pull-push pyramid of Gortler et al., The Lumigraph (1996).  Pull averages the known pixels into ever coarser
pictures until nothing is unknown; push enlarges the coarse answer into the unknown pixels of the finer level.
Differs: weights are 0 or 1, and on the way back a few Jacobi sweeps of the Laplace equation pull the unknown pixels of
every level towards the harmonic membrane, which removes the blocks that plain pull-push leaves.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SWEEPS = 6  # per level; more only sharpens agreement with the exact membrane
GREY = 0.5  # of a picture without a single known pixel


@torch.no_grad()
def smooth_fill(image: Tensor, mask: Tensor) -> Tensor:
    """Fill the hole with a smooth, nearly harmonic membrane.

    image: (B, 3, H, W).  mask: (B, 1, H, W) in {0, 1}.  Known pixels are untouched, filled ones stay within the range
    of the known pixels of their picture and channel; a picture that is all hole becomes grey.  Without gradient.
    """
    unknown = mask > 0.5
    return _filled(image.masked_fill(unknown, 0.0), unknown)


def _filled(image: Tensor, unknown: Tensor) -> Tensor:
    """Fill one level from the next coarser one.  image: (B, 3, H, W), zero where unknown."""
    if not unknown.any():
        return image
    height, width = image.shape[-2:]
    if height == width == 1:
        return image.masked_fill(unknown, GREY)
    known = functional.avg_pool2d((~unknown).to(image.dtype), 2, ceil_mode=True)
    pulled = functional.avg_pool2d(image, 2, ceil_mode=True) / known.clamp(min=0.125)  # at least 1/4 where any is known
    coarse = _filled(pulled, known == 0)
    pushed = functional.interpolate(coarse, scale_factor=2, mode="bilinear")[..., :height, :width]
    return _relaxed(pushed.where(unknown, image), unknown)


def _relaxed(image: Tensor, unknown: Tensor) -> Tensor:
    """Move the unknown pixels towards the mean of their four neighbours; beyond the border a pixel repeats itself."""
    for _ in range(SWEEPS):
        padded = functional.pad(image, (1, 1, 1, 1), mode="replicate")
        around = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1] + padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:]
        image = (around * 0.25).where(unknown, image)
    return image
