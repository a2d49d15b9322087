"""Transparency around what is restored: colours that nobody sees never bleed into it, and its own holes are closed."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.degradation.smooth import smooth_fill
from inpaint.tiling import Box


def without_clear_colours(image: Tensor, alpha: np.ndarray | None, mask: Tensor) -> Tensor:
    """Return an image whose fully clear pixels beside the mask go on smoothly from the visible ones.

    image: (3, H, W).  alpha: (H, W).  mask: (1, H, W).  What a file hides under alpha 0 is leftovers of its program.
    """
    if alpha is None or alpha.all():
        return image
    clear = torch.from_numpy(alpha == 0)[None] & (mask < 0.5)  # (1, H, W)
    if not clear.any():
        return image
    unknown = (clear | (mask > 0.5)).to(image.dtype)
    return torch.where(clear, smooth_fill(image[None], unknown[None])[0], image)


def opaque_where_restored(alpha: np.ndarray | None, holes: Sequence[tuple[Box, Tensor]]) -> np.ndarray | None:
    """Return alpha (H, W) opaque in every transparent place that a hole covers whole; elsewhere, the same alpha.

    holes: windows of the picture, and what was restored as holes in each, (1, h, w).  A place that goes on outside of
    them is the picture's own ground, which stays as clear as it was.
    """
    if alpha is None:
        return None
    peak, result = np.iinfo(alpha.dtype).max, alpha
    for box, mask in holes:
        clear = alpha[box.slices] < peak
        count, parts = cv2.connectedComponents(clear.astype(np.uint8), connectivity=8)
        if count == 1:
            continue
        labels, covered = np.asarray(parts, np.int32), np.ones(count, bool)
        covered[labels[mask[0].numpy() < 0.5]] = False
        if (closed := covered[labels] & clear).any():
            result = alpha.copy() if result is alpha else result
            result[box.slices][closed] = peak
    return result
