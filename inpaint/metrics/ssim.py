"""Structural similarity over the mask.

Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004: Gaussian window,
sigma 1.5 (11 x 11), K1 0.01, K2 0.03, here per colour channel and then averaged.  The map is torchmetrics' own: it
pads by reflection, so its value at (y, x) belongs to the pixel at (y, x).  What differs: the map is averaged over the
mask.  Windows at the rim of the mask see known pixels too, as a viewer does.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.metrics.pixelwise import over_mask

SSIM_WINDOW = 11  # side, pixels: torchmetrics derives it from sigma 1.5


def ssim(restored: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
    """Structural similarity, averaged over the pixels where mask is 1, or over all pixels without a mask.

    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,), 1 where nothing differs.
    Raises ValueError for a sample whose mask is empty and for pictures smaller than half the window.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure  # takes a second to import

    height, width = target.shape[-2:]
    if min(height, width) <= SSIM_WINDOW // 2:
        raise ValueError(
            f"a picture of {height} x {width} is too small for SSIM: its sides must exceed {SSIM_WINDOW // 2}"
        )
    if mask is None:
        mask = torch.ones_like(target[:, :1])
    _, similarity = structural_similarity_index_measure(
        restored.float(), target.float(), data_range=1.0, return_full_image=True
    )  # (B, 3, H, W)
    return over_mask(similarity, mask)
