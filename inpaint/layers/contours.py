"""The contours of what stands out in a picture, as far as its known pixels tell.

What stands out differs in colour from the picture's border, the usual prior of saliency (Wei et al., Geodesic Saliency
Using Background Priors, 2012): the distance is Mahalanobis's from the colours along the border, smoothed and cut in two
by Otsu's threshold.  No network is needed, and a drawing's figures are found as well as a photograph's objects.
Nothing here is differentiable; it works through OpenCV on the CPU, for tensors of any device.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

BORDER_SHARE = 0.06  # of the shorter side, that tells the colours of the ground
SALIENCY_BLUR = 0.01  # of the shorter side, standard deviation
LEAST_OBJECT = 0.005  # of the picture; less is taken for noise
COLOUR_NOISE = 4.0  # levels, by which colours of one ground differ at least
LEAST_APART = 3.0  # standard deviations of the ground, nearer than which nothing stands out


@torch.no_grad()
def salient_contours(image: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the contours of what stands out in pictures (B, 3, H, W), exact zeros and ones, (B, 1, H, W).

    mask: (B, 1, H, W), 1 = unknown: pixels there are not read, and neither they nor their neighbours are contours.
    """
    known = torch.ones_like(image[:, :1]) if mask is None else 1 - mask
    pairs = zip(image.float().cpu(), known.float().cpu(), strict=True)
    contours = [contours_of(picture.permute(1, 2, 0).numpy() * 255, sure[0].numpy() > 0.5) for picture, sure in pairs]
    return torch.from_numpy(np.stack(contours))[:, None].to(image)


def contours_of(levels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the contours of one picture, (H, W) of 0 and 1.  levels: (H, W, 3).  known: (H, W) bool."""
    figure = standing_out(levels, known)
    inner = cv2.erode(figure, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    far = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return ((figure > 0) & (inner == 0) & (far > 0)).astype(np.float32)


def standing_out(levels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return what differs from the picture's border, (H, W) uint8 of 0 and 1, 0 where nothing is known."""
    height, width = known.shape
    wide = max(1, round(BORDER_SHARE * min(height, width)))
    border = known.copy()
    border[wide : height - wide, wide : width - wide] = False
    ground = levels[border] if border.sum() > 3 else levels[known]
    if not len(ground):
        return np.zeros(known.shape, np.uint8)
    spread = np.cov(ground.T) + COLOUR_NOISE**2 * np.eye(3) if len(ground) > 1 else COLOUR_NOISE**2 * np.eye(3)
    apart = levels.reshape(-1, 3) - np.median(ground, axis=0)
    distance = np.sqrt(np.einsum("ij,jk,ik->i", apart, np.linalg.inv(spread), apart)).reshape(known.shape)
    sigma = max(0.5, SALIENCY_BLUR * min(height, width))
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
    smooth = cv2.GaussianBlur((distance * known).astype(np.float32), (0, 0), sigma) / np.maximum(weight, 1e-6)
    scaled = np.clip(smooth * 8, 0, 255).astype(np.uint8)
    least, _ = cv2.threshold(scaled[known].reshape(-1, 1), 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    figure = ((scaled > max(least, 8 * LEAST_APART)) & known).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(figure, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= LEAST_OBJECT * known.size
    large[0] = False
    return large[np.asarray(labels, np.int32)].astype(np.uint8)
