"""What every network must beat: restoring without one, cheaply.

Mosaics: the cell means enlarged by bicubic or Lanczos filters, and bicubic projected so that its own cell means are
the given ones.  Nearest enlargement of cell means is the mosaic itself, so it shares a row with doing nothing.
Holes: Telea, "An image inpainting technique based on the fast marching method", 2004, and Bertalmio et al.,
"Navier-Stokes, fluid dynamics, and image and video inpainting", 2001, both OpenCV's, and a smooth membrane.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.degradation.smooth import smooth_fill
from inpaint.mosaic.grid import Grid, cell_means, enlarge
from inpaint.mosaic.projection import project
from inpaint.sample import composite

Baseline = Callable[[Tensor, Tensor, Grid | None], Tensor]

OPENCV_RADIUS = 3  # pixels around a point that OpenCV looks at; its documentation's value
PROJECTION_ROUNDS = 10
DO_NOTHING = "do nothing"
NEAREST = "do nothing = nearest"


def do_nothing(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Return the damaged picture itself."""
    return image


def bicubic_means(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Enlarge the cell means by a bicubic filter."""
    return _enlarged(image, mask, grid, mode="bicubic")


def lanczos(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Enlarge the cell means by a Lanczos filter."""
    return _enlarged(image, mask, grid, mode="lanczos")


def projected_bicubic(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Enlarge the cell means by a bicubic filter, and so what their means still lack, until they are the mosaic's."""
    grid = _known(grid)
    size, wanted = (image.shape[-2], image.shape[-1]), cell_means(image, grid)
    restored = bicubic_means(image, mask, grid)
    for _ in range(PROJECTION_ROUNDS):
        lacking = wanted - cell_means(restored, grid)
        restored = composite((restored + enlarge(lacking, grid, size, mode="bicubic")).clamp(0, 1), image, mask)
    return project(restored, wanted, grid, mask, clamp=True)


def telea(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Fill the hole by OpenCV's fast marching method."""
    return _by_opencv(image, mask, cv2.INPAINT_TELEA)


def navier_stokes(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Fill the hole by OpenCV's fluid dynamics method."""
    return _by_opencv(image, mask, cv2.INPAINT_NS)


def smooth(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Fill the hole by a smooth membrane spanned between its rims."""
    return composite(smooth_fill(image[None], mask[None])[0].clamp(0, 1), image, mask)


# A baseline takes an image (3, H, W), its mask (1, H, W) and its grid; known pixels come back bit for bit.
BASELINES: dict[str, dict[str, Baseline]] = {
    "mosaic": {
        NEAREST: do_nothing,
        "bicubic": bicubic_means,
        "bicubic + projection": projected_bicubic,
        "lanczos": lanczos,
    },
    "hole": {
        DO_NOTHING: do_nothing,
        "telea": telea,
        "navier-stokes": navier_stokes,
        "smooth": smooth,
    },
}


def _known(grid: Grid | None) -> Grid:
    if grid is None:
        raise ValueError("enlarging a mosaic needs its grid, but none was given")
    return grid


def _enlarged(image: Tensor, mask: Tensor, grid: Grid | None, *, mode: str) -> Tensor:
    """Enlarge the cell means of the whole picture, so that known surroundings guide the filter, inside the mask."""
    grid = _known(grid)
    restored = enlarge(cell_means(image, grid), grid, (image.shape[-2], image.shape[-1]), mode=mode)
    return composite(restored.clamp(0, 1), image, mask)


def _by_opencv(image: Tensor, mask: Tensor, method: int) -> Tensor:
    """Run cv2.inpaint on 8-bit pixels; the channels are independent, so RGB serves as well as BGR."""
    pixels = np.ascontiguousarray(to_bytes(image).permute(1, 2, 0).numpy())
    hole = np.ascontiguousarray((mask[0] > 0.5).to(torch.uint8).numpy())
    filled = torch.from_numpy(cv2.inpaint(pixels, hole, OPENCV_RADIUS, method)).permute(2, 0, 1)
    return composite(filled.to(image.dtype) / 255, image, mask)


def to_bytes(image: Tensor) -> Tensor:
    """Round a picture in [0, 1] to the 8-bit values that a file would hold."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)
