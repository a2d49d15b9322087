"""Pixel-wise distances over the mask: PSNR and L1, one number per sample.

Metrics of the whole picture dilute small holes, so every function takes the mask; an all-ones mask gives the usual
whole-picture number.  torchmetrics has neither over a mask.
"""

from __future__ import annotations

import torch
from torch import Tensor


def psnr(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB over the pixels where mask is 1.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,), inf where nothing differs.
    Raises ValueError for a sample whose mask is empty.  Source: 10 log10(1 / MSE), peak 1.0.
    """
    return -10.0 * torch.log10(over_mask((restored.double() - target.double()).square(), mask)).float()


def l1_distance(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference over the pixels where mask is 1.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,).
    Raises ValueError for a sample whose mask is empty.
    """
    return over_mask((restored.double() - target.double()).abs(), mask).float()


def over_mask(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of the values, over channels and the pixels where mask is 1.

    values: (B, C, H, W).  mask: (B, 1, H, W) in {0, 1}.  Returns (B,) in the values' dtype.  What lies outside the
    mask is never read, not even a NaN.  Raises ValueError for a sample whose mask is empty.
    """
    wanted = (values.shape[0], 1, *values.shape[2:])
    if values.ndim != 4 or mask.shape != wanted:
        raise ValueError(f"a mask of shape {tuple(mask.shape)} does not fit a picture of shape {tuple(values.shape)}")
    known = mask < 0.5
    pixels = (~known).flatten(1).sum(1)  # (B,)
    if not pixels.all():
        empty = torch.nonzero(pixels == 0)[0].item()
        raise ValueError(f"the mask of sample {empty} is empty: a metric over the mask needs at least one pixel of 1")
    return values.masked_fill(known, 0).flatten(1).sum(1) / (pixels * values.shape[1])
