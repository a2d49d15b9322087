"""Makes a restored region meet the known pixels around it, by changes inside the region alone.

A network also answers for the known pixels around a hole, where the truth is at hand.  What it misses there is carried
into the hole by a membrane and added: everywhere, so that colours match, or only near the rim, so that no seam shows.
Source: the membrane of seamless cloning (Perez et al., Poisson Image Editing, 2003), whose boundary values are the
differences along the rim; Farbman et al. (2009) write it as we do, as a correction that is added.  What differs: the
differences are averaged over a ring of RING px, because those of single pixels are mostly texture.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inpaint.degradation.smooth import smooth_fill

RING_WIDTH = 4  # px of known pixels beside the rim that are compared


def meet_known(answer: Tensor, image: Tensor, mask: Tensor, *, feather: int | None = None) -> Tensor:
    """Correct the masked pixels of an answer so that it continues the known ones, (3, h, w).

    answer: (3, h, w), the network's, on known pixels too.  image: (3, h, w), read outside the mask.  mask: (1, h, w) in
    {0, 1}.  feather: px from the rim within which the correction fades out; None carries it through the whole region.
    """
    known = 1 - mask
    window = 2 * RING_WIDTH + 1
    near = functional.max_pool2d(mask[None], window, 1, RING_WIDTH)[0] * known  # the ring, (1, h, w)
    share = functional.avg_pool2d(near[None], window, 1, RING_WIDTH)[0]
    missed = functional.avg_pool2d((near * (image - answer))[None], window, 1, RING_WIDTH)[0] / share.clamp(min=1e-6)
    gap = smooth_fill((missed * near)[None], (1 - near)[None])[0]  # (3, h, w)
    if feather is not None:
        distance = torch.from_numpy(depth_in_mask(mask))[None]  # 1 beside known pixels
        gap = gap * (1 - (distance - 0.5) / feather).clamp(0, 1) if feather else torch.zeros_like(gap)
    return answer + gap * mask


def depth_in_mask(mask: Tensor) -> np.ndarray:
    """Return how far every masked pixel is from the nearest known one, px, (h, w); 0 outside the mask."""
    return cv2.distanceTransform((mask[0].numpy() > 0.5).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
