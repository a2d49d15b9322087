"""One marked region of a picture: its pixels, and those around it."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.blurs import surroundings
from inpaint.detection.levels import as_levels, luma_of
from inpaint.detection.mosaics.cells_of_any_shape import placed_cells
from inpaint.mosaic.free_cells import FreeCells


class Neighbourhood(NamedTuple):
    """A region with what lies around it; (h, w) each."""

    image: Tensor  # (3, h, w)
    inside: np.ndarray  # bool
    marked: np.ndarray  # bool, this region or another
    corner: tuple[int, int]  # (y, x) of it in the picture

    @property
    def around(self) -> np.ndarray:
        """The unmarked pixels that lie around the region."""
        return surroundings(self.inside, self.marked)

    @property
    def pixels(self) -> np.ndarray:
        """Its colours, (h, w, 3) in [0, 1]."""
        return self.image.permute(1, 2, 0).cpu().double().numpy()


class MarkedRegion:
    """One region of a picture, cut to its box."""

    def __init__(self, image: Tensor, labels: np.ndarray, number: int, box: tuple[slice, slice]) -> None:
        """image: (3, H, W) in [0, 1].  labels: (H, W), the number of each marked pixel's region, 0 = unmarked.

        number, box: of this region.
        """
        self.image, self.labels, self.number, self.box = image, labels, number, box
        self.corner = box[0].start, box[1].start  # (y, x)
        self.part = image[:, box[0], box[1]]  # (3, h, w)
        self.inside = labels[box] == number  # (h, w)
        self.mask = torch.from_numpy(self.inside)[None].float()  # (1, h, w)

    @property
    def own(self) -> Tensor:
        """Its pixels, (3, n)."""
        return self.part[:, self.mask[0] > 0.5]

    @cached_property
    def levels(self) -> np.ndarray:
        """Its part of the picture, (h, w, 3) uint8."""
        return as_levels(self.part)

    @cached_property
    def luma(self) -> np.ndarray:
        """The luma of its part of the picture in levels, (h, w)."""
        return luma_of(self.part)

    @cached_property
    def thickness(self) -> float:
        """How thick it is where it is thickest, px."""
        padded = np.pad(self.inside.astype(np.uint8), 1)
        return 2 * float(cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())

    def with_margin(self, pixels: int) -> Neighbourhood:
        """Return the region with so many px around it."""
        rows, columns = (slice(max(side.start - pixels, 0), side.stop + pixels) for side in self.box)
        near = self.labels[rows, columns]
        return Neighbourhood(self.image[:, rows, columns], near == self.number, near > 0, (rows.start, columns.start))

    def placed(self, cells: FreeCells) -> FreeCells:
        """Return cells of its part as they lie in the whole picture."""
        return placed_cells(cells, self.labels.shape, *self.corner)
