"""What every network must beat: restoring without one, cheaply.

Mosaics: the cell means enlarged by bicubic or Lanczos filters, and bicubic with its errors projected back, ten times
(Irani and Peleg, 1991), so that its own cell means are the given ones.  Nearest enlargement of cell means is the mosaic
itself, so it shares a row with doing nothing.
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

# The best settings of `scripts/tune_baselines.py` on pictures that no table is measured on: docs/metrics.md
TELEA_REACH = 0.75  # pixels around a point that OpenCV looks at, as a share of the deepest point's distance to the rim
NAVIER_STOKES_RADIUS = 15  # pixels
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
    wanted = cell_means(image, grid)
    restored, window = bicubic_means(image, mask, grid), _window(mask)
    for _ in range(PROJECTION_ROUNDS):
        lacking = wanted - cell_means(restored, grid)
        more = enlarge(lacking, grid, (image.shape[-2], image.shape[-1]), mode="bicubic", window=window)
        part = (..., *window)
        restored[part] = composite((restored[part] + more).clamp(0, 1), image[part], mask[part])
    return project(restored, wanted, grid, mask, clamp=True)


def _window(mask: Tensor) -> tuple[slice, slice]:
    """Return the rows and columns of a mask, (1, H, W)."""
    rows, columns = (mask[0].amax(axis).nonzero()[[0, -1], 0].tolist() for axis in (1, 0))
    return slice(rows[0], rows[1] + 1), slice(columns[0], columns[1] + 1)


def telea(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Fill the hole by OpenCV's fast marching method."""
    depth = cv2.distanceTransform((mask[0] > 0.5).numpy().astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max()
    return _by_opencv(image, mask, cv2.INPAINT_TELEA, radius=max(2, round(TELEA_REACH * float(depth))))


def navier_stokes(image: Tensor, mask: Tensor, grid: Grid | None) -> Tensor:
    """Fill the hole by OpenCV's fluid dynamics method."""
    return _by_opencv(image, mask, cv2.INPAINT_NS, radius=NAVIER_STOKES_RADIUS)


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


def _by_opencv(image: Tensor, mask: Tensor, method: int, *, radius: int) -> Tensor:
    """Run cv2.inpaint on 8-bit pixels; the channels are independent, so RGB serves as well as BGR."""
    pixels = np.ascontiguousarray(to_bytes(image).permute(1, 2, 0).numpy())
    hole = np.ascontiguousarray((mask[0] > 0.5).to(torch.uint8).numpy())
    filled = torch.from_numpy(cv2.inpaint(pixels, hole, radius, method)).permute(2, 0, 1)
    return composite(filled.to(image.dtype) / 255, image, mask)


def to_bytes(image: Tensor) -> Tensor:
    """Round a picture in [0, 1] to the 8-bit values that a file would hold."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)
