"""How well the edges of a restored region lie where the original has them.

Source: none; it is the cosine between the two fields of Sobel gradients, as edge-based registration uses it.  PSNR
hardly tells a blurred edge from one that is sharp and in its place.
"""

from __future__ import annotations

import cv2
import torch
from torch import Tensor

from inpaint.metrics.pixelwise import luma, over_mask

LEAST_GRADIENT = 1e-9  # length of all gradients together, in levels, that counts as none


def edge_agreement(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Cosine of the angle between the gradients of both pictures' luma, as two long vectors over the masked pixels.

    1 = every edge in its place, direction and relative strength; 0 = no edge in common; below 0 = dark for bright.
    restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}.  Returns (B,); where one has no gradient
    at all it is 0, where both have none 1.  Raises ValueError for a sample whose mask is empty.
    """
    ours, theirs = gradients_of(restored), gradients_of(target)  # (B, 2, H, W)
    together = over_mask(ours * theirs, mask)
    lengths = [over_mask(field.square(), mask).sqrt() for field in (ours, theirs)]
    flat = [length <= LEAST_GRADIENT for length in lengths]
    cosine = together / (lengths[0] * lengths[1]).clamp(min=LEAST_GRADIENT**2)
    return torch.where(flat[0] & flat[1], 1.0, torch.where(flat[0] | flat[1], 0.0, cosine)).float()


def gradients_of(picture: Tensor) -> Tensor:
    """Return the Sobel gradient of the luma, across and down, (B, 2, H, W) float64; the border is mirrored."""
    planes = luma(picture.detach().cpu())[:, 0].numpy()
    fields = [
        torch.stack(
            [
                torch.from_numpy(cv2.Sobel(plane, cv2.CV_64F, *order, borderType=cv2.BORDER_REFLECT))
                for order in ((1, 0), (0, 1))
            ]
        )
        for plane in planes
    ]
    return torch.stack(fields).to(picture.device)
