"""Whether a restored mosaic still says what the mosaic said: the means of its cells."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.mosaic.grid import Grid
from inpaint.mosaic.projection import missed_cells


def cell_inconsistency(restored: Tensor, image: Tensor, mask: Tensor, grid: Grid) -> Tensor:
    """Mean absolute difference between the cell means of a restored picture and those that the mosaic shows.

    0 = pixelating the answer gives the mosaic back; rounding to 8 bits alone leaves about a third of a level.
    restored, image: (3, H, W) in [0, 1].  mask: (1, H, W) in {0, 1}.  Returns a scalar in levels of 255, NaN where no
    cell measures anything.
    """
    missed = missed_cells(restored.double(), image.double(), mask.double(), grid)
    return missed.mean() * 255 if len(missed) else torch.tensor(float("nan"), dtype=torch.float64)
