"""From the cells of a mosaic to what bicubic reduction would have given, by one fixed filter.

Networks of super-resolution learned from pictures reduced by Keys' cubic; a mosaic's cells are means, which are softer.
A filter of 7 x 7 cells turns one into the other but for what neither tells of the other.

Source: our own; `scripts/fit_cell_filter.py` fitted the numbers to 40 photographs with free licences.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FILTER_REACH = 3  # cells on each side
# For each factor, ten numbers: by the distances of a cell from the centre along the two axes, the larger first.
CELL_FILTERS: dict[int, tuple[float, ...]] = {
    2: (0.85395, 0.06605, 0.00321, -0.03387, -0.00405, 0.00194, 0.00769, 0.00007, -0.00045, 0.00037),
    3: (0.88829, 0.05761, 0.00139, -0.03290, -0.00326, 0.00123, 0.00683, 0.00029, -0.00015, 0.00001),
    4: (0.89015, 0.05743, 0.00100, -0.03208, -0.00346, 0.00135, 0.00586, 0.00045, -0.00006, 0.00006),
    8: (0.90617, 0.05431, -0.00030, -0.03448, -0.00226, 0.00133, 0.00625, 0.00106, -0.00047, -0.00032),
}


def filter_places() -> Tensor:
    """Return which of the ten numbers each cell of a filter takes, (7, 7): mirrored and turned cells the same."""
    steps = torch.arange(-FILTER_REACH, FILTER_REACH + 1).abs()
    larger, smaller = torch.maximum(steps[:, None], steps), torch.minimum(steps[:, None], steps)
    return larger * (larger + 1) // 2 + smaller


def cell_filter(factor: int) -> Tensor:
    """Return the filter of a factor, (7, 7); of one that none was fitted for, that of the nearest."""
    nearest = min(CELL_FILTERS, key=lambda it: abs(it - factor))
    return torch.tensor(CELL_FILTERS[nearest])[filter_places()]


def as_reduced(cells: Tensor, factor: int) -> Tensor:
    """Filter cells (B, C, h, w) that are means of factor by factor pixels; the border is repeated."""
    kernel = cell_filter(factor).to(cells)[None, None]
    with torch.autocast(cells.device.type, enabled=False):  # whose eight bits would undo what it sharpens
        rows = F.pad(cells.flatten(0, 1)[:, None], (FILTER_REACH,) * 4, mode="replicate")
        return F.conv2d(rows, kernel).view_as(cells)
