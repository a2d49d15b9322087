"""What is looked at to restore a region: a crop of the picture, its mask, and the cells of its mosaic."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from inpaint.contracts import View
from inpaint.mosaic.grid import Grid, cells_of
from inpaint.mosaic.projection import CellMeasures, measure_cells
from inpaint.restoring.turns import QuarterTurn
from inpaint.tiling import Box, Region


class RegionCrop(NamedTuple):
    """What is looked at to restore a region."""

    image: Tensor  # (3, h, w)
    mask: Tensor  # (1, h, w), of every region
    own: Tensor  # (1, h, w), of this region
    region: Box  # tight around its pixels
    grid: Grid | None  # as seen from the corner of the crop
    measures: CellMeasures | None  # of the grid's cells
    view: View = "crop"  # which must not be cut where it is more
    inputs: tuple[Tensor, ...] = ()  # (channels, h, w) each, what else the network is given here

    @property
    def planes(self) -> tuple[Tensor, ...]:
        """What a network is shown beside the picture: the mask, and what was given."""
        return (self.mask, *self.inputs)


class TileTask(NamedTuple):
    """What is asked of the network at once."""

    number: int  # of the crop
    core: Box  # what is wanted
    view: Box  # what the network sees


def crop_of(
    image: Tensor, mask: Tensor, region: Region, box: Box, grid: Grid | None, known: dict[Box, CellMeasures]
) -> RegionCrop:
    """Cut out what is looked at to restore a region; what its cells measure is looked up, or else added to `known`."""
    own, inner = torch.zeros_like(box.of(mask)), region.box.within(box)
    inner.of(own).copy_(region.own)
    seen = None if grid is None else grid_in_box(grid, box)
    if seen is not None and box not in known:
        known[box] = measure_cells(box.of(image), box.of(mask), seen)
    return RegionCrop(box.of(image), box.of(mask), own, inner, seen, known.get(box))


def grid_in_box(grid: Grid, box: Box) -> Grid:
    """Return the grid as seen from the corner of a box."""
    (bh, bw), (y, x) = grid
    return Grid((bh, bw), ((y - box.top) % bh, (x - box.left) % bw))


def turned_grid(grid: Grid, size: tuple[int, int], way: QuarterTurn) -> Grid:
    """Return the grid of a picture of this (height, width) when that is turned."""
    sides, block, phase = ((it[1], it[0]) if way.swapped else (it[0], it[1]) for it in (size, grid.block, grid.phase))
    y, x = (
        (side - line) % cell if axis in way.axes else line
        for axis, side, cell, line in zip((-2, -1), sides, block, phase, strict=True)
    )
    return Grid(block, (y, x))


def cells_in_box(cells: Tensor, grid: Grid, box: Box) -> Tensor:
    """Return those cells (3, rows, columns) of a grid that a box touches."""
    (bh, bw), (y, x) = grid
    top, bottom = cells_of(slice(box.top, box.bottom), bh, -y % bh)
    left, right = cells_of(slice(box.left, box.right), bw, -x % bw)
    return cells[:, top:bottom, left:right]
