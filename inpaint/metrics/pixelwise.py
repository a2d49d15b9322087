"""Pixel-wise distances over a region: PSNR and L1, one number per sample, and the maps that they average.

Metrics of the whole picture dilute small holes, so every function takes a mask of the pixels that count; an all-ones
mask gives the usual whole-picture number.  torchmetrics has neither over a mask.
"""

from __future__ import annotations

import torch
from torch import Tensor

LUMA_SHARES = (65.481, 128.553, 24.966)  # of red, green and blue, in levels; ITU-R BT.601, as MATLAB's rgb2ycbcr


def psnr(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB over the pixels where mask is 1.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,), inf where nothing differs.
    Raises ValueError for a sample whose mask is empty.  Source: 10 log10(1 / MSE), peak 1.0.
    """
    return to_decibels(over_mask(squared_error(restored, target), mask)).float()


def psnr_luma(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """PSNR in dB of the luma alone, as super-resolution is measured: Y from 16 to 235, peak 255; arguments as of psnr.

    Source: ITU-R BT.601 as MATLAB's and scikit-image's rgb2ycbcr have it, not rounded.
    """
    return to_decibels(over_mask(luma_error(restored, target), mask)).float()


def l1_distance(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference over the pixels where mask is 1.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,).
    Raises ValueError for a sample whose mask is empty.
    """
    return over_mask(absolute_error(restored, target), mask).float()


def squared_error(restored: Tensor, target: Tensor) -> Tensor:
    """Return the squared differences, (B, 3, H, W) float64."""
    return (restored.double() - target.double()).square()


def absolute_error(restored: Tensor, target: Tensor) -> Tensor:
    """Return the absolute differences, (B, 3, H, W) float64."""
    return (restored.double() - target.double()).abs()


def luma_error(restored: Tensor, target: Tensor) -> Tensor:
    """Return the squared differences of the luma as shares of its peak, 255: (B, 1, H, W) float64."""
    return (luma(restored) - luma(target)).square() / 255**2


def luma(picture: Tensor) -> Tensor:
    """Return Y of RGB pictures (B, 3, H, W) in [0, 1]: (B, 1, H, W) float64, from 16 to 235."""
    shares = torch.tensor(LUMA_SHARES, dtype=torch.float64, device=picture.device).view(1, 3, 1, 1)
    return 16 + (picture.double() * shares).sum(1, keepdim=True)


def to_decibels(error: Tensor) -> Tensor:
    """Turn mean squared errors of pictures with the peak 1 into dB; inf for 0."""
    return -10.0 * torch.log10(error)


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
