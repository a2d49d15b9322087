"""A picture in the levels 0..255 that detection counts in."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def as_levels(image: Tensor) -> np.ndarray:
    """Return a picture (3, H, W) as (H, W, 3) uint8."""
    if image.dtype != torch.uint8:
        image = (image.clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())


def luma_of(image: Tensor) -> np.ndarray:
    """Return the luma of a picture (3, H, W), uint8 or in [0, 1], as (H, W) float32 in levels 0..255."""
    red, green, blue = (channel.float().cpu().numpy() for channel in image)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return np.ascontiguousarray(luma if image.dtype == torch.uint8 else luma * 255, np.float32)
