"""How much fine detail a restored region has, whatever it is: what PSNR, which rewards smooth answers, hides.

Source: total variation (Rudin, Osher and Fatemi, 1992), as a ratio to the target's.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.metrics.pixelwise import over_mask

FLAT_TARGET_STEP = 1 / 255 / 4  # mean step of a target that counts as flat: a quarter of an 8-bit level
MOST_DETAIL = 3.0  # what noise in the place of a flat surface counts as, at most


def detail(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Steps between neighbouring pixels where both are masked, as a share of the target's: 1 = as much detail.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.
    Returns (B,), from 0 (smooth) to MOST_DETAIL.  Raises ValueError for a sample whose mask is empty.
    """
    ours, theirs = mean_step(restored, mask), mean_step(target, mask)
    return ((ours + FLAT_TARGET_STEP) / (theirs + FLAT_TARGET_STEP)).clamp(max=MOST_DETAIL).float()


def mean_step(picture: Tensor, mask: Tensor) -> Tensor:
    """Return the mean absolute step to the right plus that downwards, as far as both pixels are masked, (B,)."""
    over_mask(picture, mask)  # refuses what does not fit, and empty masks
    total = torch.zeros(len(picture), dtype=torch.float64, device=picture.device)
    for axis in (2, 3):
        size = picture.shape[axis] - 1
        both = mask.narrow(axis, 0, size) * mask.narrow(axis, 1, size) > 0.5  # (B, 1, h, w)
        step = picture.double().diff(dim=axis).abs().masked_fill(~both, 0)
        total += step.mean(1).flatten(1).sum(1) / both.flatten(1).sum(1).clamp(min=1)
    return total
