"""Structural similarity over five scales of the whole picture.

Source: Wang, Simoncelli and Bovik, "Multiscale structural similarity for image quality assessment", 2003.  Per colour
channel, then averaged; windows that reach beyond the picture are left out at every scale; scales are halved by the
means of 2 x 2 px, an odd last row or column falls away; a negative term counts as 0.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.metrics.ssim import SSIM_REACH, SSIM_WINDOW, ssim_terms

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al., from the full size to a sixteenth
SMALLEST_OF_FIVE_SCALES = SSIM_WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)  # px


def ms_ssim(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Multi-scale structural similarity of whole pictures; the mask is not read, for a scale has no region.

    restored, target: (B, 3, H, W) in [0, 1].  Returns (B,), NaN for pictures with a side below 176 px.
    """
    if min(target.shape[-2:]) < SMALLEST_OF_FIVE_SCALES:
        return torch.full((len(target),), float("nan"))
    pictures = ([it.permute(1, 2, 0).double().cpu().numpy() for it in batch] for batch in (restored, target))
    return torch.tensor([_of_one(*pair) for pair in zip(*pictures, strict=True)])


def _of_one(restored: np.ndarray, target: np.ndarray) -> float:
    """Return the number of one picture, (H, W, 3) float64."""
    product = np.ones(restored.shape[2])
    for scale, weight in enumerate(SCALE_WEIGHTS, start=1):
        luminance, contrast = ssim_terms(restored, target)
        counted = luminance * contrast if scale == len(SCALE_WEIGHTS) else contrast
        inner = counted[SSIM_REACH:-SSIM_REACH, SSIM_REACH:-SSIM_REACH]
        product *= inner.mean((0, 1)).clip(min=0) ** weight
        restored, target = _halved(restored), _halved(target)
    return float(product.mean())


def _halved(picture: np.ndarray) -> np.ndarray:
    height, width = (side // 2 for side in picture.shape[:2])
    return cv2.resize(picture[: height * 2, : width * 2], (width, height), interpolation=cv2.INTER_AREA)
