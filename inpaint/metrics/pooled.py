"""PSNR of the errors of all pictures together, as some papers print it, beside the mean of the pictures' PSNR."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.metrics.pixelwise import squared_error, to_decibels


class PooledPsnr:
    """10 log10(1 / MSE) with the MSE over the masked pixels of a whole set; a large mask counts for more."""

    def observe(self, restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Return the sum of the squared errors and how many samples they are of, (2,); pictures as of `psnr`."""
        chosen = mask > 0.5
        total = squared_error(restored, target).masked_fill(~chosen, 0).sum()
        return torch.stack([total, chosen.sum().double() * restored.shape[1]])

    def combine(self, statistics: Tensor) -> float:
        """Return the number over all pictures, dB.  statistics: (N, 2)."""
        total, samples = statistics.double().sum(0)
        return to_decibels(total / samples).item()
