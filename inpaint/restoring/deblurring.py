"""Undoes a blur as far as that is safe: the picture whose blurred copy is what is seen, and which is smooth elsewhere.

What: the squared difference between the blurred answer and the blurred pixels, plus a share of the answer's squared
gradient, is made least, with the known pixels around the region as they are.
Source: Tikhonov's regularisation; conjugate gradients (Hestenes and Stiefel, 1952).  The share is far more than the
noise of 8 bits asks for, so that blurs that are no Gaussian gain too, as a box or an enlarged or blurred mosaic: with
`scripts/bench_shapes.py` a Gaussian of 4 px gains 1.0 dB, those 0.6 dB; a share of 0.03 would gain 1.7 dB, but cost
them as much.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.blurs import Blur

SMOOTHNESS = 0.25  # share of the squared gradient
DEBLURRING_STEPS = 30  # of conjugate gradients; more change a picture by less than 0.02 dB


def deblurred(image: Tensor, mask: Tensor, blur: Blur) -> Tensor:
    """Return a picture (3, H, W) in [0, 1] without the blur under a mask (1, H, W); other pixels are the image's."""
    seen = np.ascontiguousarray(image.permute(1, 2, 0).float().numpy())
    inside = (mask[0].numpy() > 0.5).astype(np.float32)[..., None]

    def smeared(picture: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(picture, (0, 0), blur.sigma, borderType=cv2.BORDER_REFLECT)

    def changed(picture: np.ndarray) -> np.ndarray:
        return inside * (smeared(inside * smeared(picture)) + SMOOTHNESS * roughness(picture))

    answer = seen.copy()
    left = inside * smeared(inside * seen) - changed(answer)
    way, length = left.copy(), (left**2).sum((0, 1))
    for _ in range(DEBLURRING_STEPS):
        turned = changed(way)
        pace = length / np.maximum((way * turned).sum((0, 1)), 1e-12)
        answer, left = answer + pace * way, left - pace * turned
        longer = (left**2).sum((0, 1))
        way, length = left + longer / np.maximum(length, 1e-12) * way, longer
    restored = torch.from_numpy(answer).permute(2, 0, 1).clamp(0, 1).to(image.dtype)
    return restored.where(mask > 0.5, image)


def roughness(picture: np.ndarray) -> np.ndarray:
    """Return by how much every pixel differs from its neighbours, in sum; beyond the border a pixel is its own."""
    around = np.pad(picture, ((1, 1), (1, 1), (0, 0)), "edge")
    return 4 * picture - around[:-2, 1:-1] - around[2:, 1:-1] - around[1:-1, :-2] - around[1:-1, 2:]
