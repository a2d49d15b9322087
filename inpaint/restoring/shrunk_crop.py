"""A picture shown to a network as small as those that it learned from, and its answer enlarged again.

Source: Van Hoorick, Image Outpainting and Harmonization using Generative Adversarial Networks (2019), whose answers are
enlarged and blended into the picture over 8 px of theirs.  What differs: they are blended inside the mask alone.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.restoring.blending import meet_known
from inpaint.restoring.region_crops import RegionCrop
from inpaint.tiling import Box

BLENDED = 8  # px of the small picture
LEAST_KNOWN = 1e-3  # share of a small pixel


def shrunk_crop(crop: RegionCrop, side: int) -> tuple[RegionCrop, Callable[[Tensor], Tensor]]:
    """Return a crop whose longer side is at most this many px, and what brings an answer to the size of the first.

    side: 0 leaves every picture as it is.  A small pixel is the mean of what is known under it, and masked where any of
    it is.  Cells of a mosaic are no longer whole there, so it has no grid.
    """
    size = (crop.image.shape[1], crop.image.shape[2])
    factor = max(size) / side if side else 1.0
    if factor <= 1:
        return crop, lambda answer: answer
    small = (max(1, round(size[0] / factor)), max(1, round(size[1] / factor)))
    known = 1 - crop.mask
    share = averaged_to(known, small)
    image = averaged_to(crop.image * known, small) / share.clamp(min=LEAST_KNOWN)
    image = torch.where(share > LEAST_KNOWN, image, averaged_to(crop.image, small))
    mask = (share < 1 - LEAST_KNOWN).to(image.dtype)

    def enlarged(answer: Tensor) -> Tensor:
        large = F.interpolate(answer[None], size, mode="bicubic", align_corners=False)[0].clamp(0, 1)
        return meet_known(large, crop.image, crop.mask, feather=round(BLENDED * factor))

    inputs = tuple(averaged_to(it, small) for it in crop.inputs)
    shrunk = RegionCrop(image.clamp(0, 1), mask, mask, Box(0, 0, *small), None, None, crop.view, inputs)
    return shrunk, enlarged


def averaged_to(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Average a picture (C, H, W) to a smaller size, each small pixel over just what it covers."""
    return F.interpolate(picture[None], size, mode="area")[0]
