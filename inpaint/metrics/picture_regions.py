"""Which pixels of a picture are measured: those of the mask, those around it, or all."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import torch
from torch import Tensor

PictureRegion = Literal["mask", "ring", "whole"]
MEASURED_RING = 8  # pixels


def region_of(mask: Tensor, region: PictureRegion) -> Tensor:
    """Return the pixels of a region, (B, 1, H, W), from the mask, (B, 1, H, W) in {0, 1}.

    "ring": the pixels outside the mask that lie at most MEASURED_RING px from it, in a straight line; there seams show.
    """
    if region == "mask":
        return mask
    if region == "whole":
        return torch.ones_like(mask)
    return torch.stack([_ring(one) for one in mask])


def _ring(mask: Tensor) -> Tensor:
    known = np.ascontiguousarray((mask[0] < 0.5).cpu().numpy().astype(np.uint8))
    distance = cv2.distanceTransform(known, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return torch.from_numpy((known > 0) & (distance <= MEASURED_RING)).to(mask)[None]
