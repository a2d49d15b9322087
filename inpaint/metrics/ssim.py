"""Structural similarity over a region.

Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004: Gaussian window,
sigma 1.5 (11 x 11), K1 0.01, K2 0.03, population covariance, here per colour channel and then averaged.  The map is
scikit-image's (gaussian_weights, use_sample_covariance=False): beyond the border the picture is mirrored, edge pixels
included, so its value at (y, x) belongs to the pixel at (y, x).

Border: over the whole picture the map's outer 5 px, whose windows reach beyond the picture, are left out, as Wang et
al. and scikit-image do; over a mask or a ring every pixel of it counts.  Windows at the rim of a mask see known pixels
too, as a viewer does.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.metrics.pixelwise import over_mask

SSIM_WINDOW = 11  # side, pixels
SSIM_REACH = SSIM_WINDOW // 2  # pixels on either side that a window sees
SSIM_SIGMA = 1.5
LUMINANCE_FLOOR, CONTRAST_FLOOR = 0.01**2, 0.03**2  # K1 and K2 squared, for a peak of 1


def ssim(restored: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Structural similarity, averaged over the pixels where mask is 1, or over the whole picture without its border.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,), 1 where nothing differs.
    Raises ValueError for a sample whose mask is empty, and for pictures smaller than half the window.
    """
    similarity = ssim_map(restored, target)
    return over_mask(similarity, interior(target[:, :1]) if mask is None else mask).float()


def interior(mask: Tensor) -> Tensor:
    """Return which pixels count towards the SSIM of whole pictures, (B, 1, H, W): those whose window fits, else all."""
    if min(mask.shape[-2:]) < SSIM_WINDOW:
        return torch.ones_like(mask)
    inner = torch.zeros_like(mask)
    inner[..., SSIM_REACH:-SSIM_REACH, SSIM_REACH:-SSIM_REACH] = 1
    return inner


def ssim_map(restored: Tensor, target: Tensor) -> Tensor:
    """Return the similarity around every pixel, (B, 3, H, W) float64.

    It is exactly 1 where nothing in the window differs, so only the rest is computed.  Raises ValueError for pictures
    smaller than half the window.
    """
    height, width = target.shape[-2:]
    if min(height, width) <= SSIM_REACH:
        raise ValueError(f"a picture of {height} x {width} is too small for SSIM: its sides must exceed {SSIM_REACH}")
    similarity = torch.ones(target.shape, dtype=torch.float64)
    for number, (ours, theirs) in enumerate(zip(restored.detach().cpu(), target.detach().cpu(), strict=True)):
        differing = (ours != theirs).any(0)  # (H, W)
        if not differing.any():
            continue
        rows, columns = (_reached(differing.any(axis), SSIM_REACH) for axis in (1, 0))
        seen = tuple(
            slice(max(part.start - SSIM_REACH, 0), part.stop + SSIM_REACH) for part in (rows, columns)
        )  # pixels that the windows see
        planes = (it[:, seen[0], seen[1]].permute(1, 2, 0).double().numpy() for it in (ours, theirs))
        found = torch.from_numpy(_similarity(*planes)).permute(2, 0, 1)  # (3, h, w)
        top, left = rows.start - seen[0].start, columns.start - seen[1].start
        found = found[:, top : top + rows.stop - rows.start, left : left + columns.stop - columns.start]
        similarity[number, :, rows, columns] = found
    return similarity.to(target.device)


def _reached(differing: Tensor, reach: int) -> slice:
    """Return the run of rows or columns, from all that differ, (n,) bool, to so many pixels beyond them."""
    first, last = (int(it) for it in differing.nonzero()[[0, -1], 0])
    return slice(max(first - reach, 0), min(last + reach + 1, len(differing)))


def _similarity(restored: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the map of two pictures, (H, W, 3) float64."""
    luminance, contrast = ssim_terms(restored, target)
    return luminance * contrast


def ssim_terms(restored: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two factors of the similarity: of the means, and of contrast and structure; each (H, W, 3) float64."""

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (SSIM_WINDOW, SSIM_WINDOW), SSIM_SIGMA, borderType=cv2.BORDER_REFLECT)

    ours, theirs = mean(restored), mean(target)
    both, squares = ours * theirs, ours * ours + theirs * theirs
    covariance = mean(restored * target) - both
    variances = mean(restored * restored + target * target) - squares
    luminance = (2 * both + LUMINANCE_FLOOR) / (squares + LUMINANCE_FLOOR)
    return luminance, (2 * covariance + CONTRAST_FLOOR) / (variances + CONTRAST_FLOOR)
