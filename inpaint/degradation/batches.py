"""Damaging batches on the device that learns, from drafts: the same pictures as one by one, in a few operations.

Sums over cells are whole numbers, so they are exact on every device, and nothing here waits for a graphics card.  What
differs from one by one is the last bit of a mean, and with it rarely one level of 255.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from inpaint.degradation.drafts import Drafts
from inpaint.degradation.smooth import GREY, smooth_fill
from inpaint.mosaic.grid import ENLARGEMENT_KERNELS
from inpaint.sample import Sample


class CellsAlong(NamedTuple):
    """In which cell every row (or column) of the pictures lies, and where that begins and ends in the picture, px."""

    number: Tensor  # (B, length)
    first: Tensor  # (B, length)
    last: Tensor  # (B, length), the one after it


@torch.no_grad()
def damaged_batch(drafts: Drafts) -> Sample:
    """Do what a batch of drafts says, where they lie; returns (B, 3, H, W) and (B, 1, H, W) of floats."""
    target, mask = drafts.target.float() / 255, drafts.mask.float()
    image = target.clone()
    for way, places in drafts.places.items():
        some = [it.index_select(0, places) for it in (drafts.target, target, mask, drafts.numbers)]
        shown = (
            drafts.finished.float() / 255
            if way == "finished" and drafts.finished is not None
            else damaged_in_way(way, *some)
        )
        image.index_copy_(0, places, shown)
    return Sample(image, mask, target, drafts.inputs)


def damaged_in_way(way: str, levels: Tensor, target: Tensor, mask: Tensor, numbers: Tensor) -> Tensor:
    """Return pictures with one thing done in their masks, (n, 3, H, W); levels: the originals as bytes."""
    if way == "smooth":
        return smooth_fill(target, mask, everywhere=target.device.type != "cpu")
    if way == "coloured":
        shown = numbers[:, :3, None, None]
    elif way == "mean":
        known = 1 - mask
        shown = (target * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp(min=1)
        shown = torch.where(mask.amin((2, 3), keepdim=True) > 0, GREY, shown)  # nothing is known
    else:
        shown = mosaics_of(way, levels, target, mask, numbers)
    return torch.where(mask > 0, shown, target)


def mosaics_of(way: str, levels: Tensor, target: Tensor, mask: Tensor, numbers: Tensor) -> Tensor:
    """Return what every pixel would show in a mosaic of the whole picture, (n, 3, H, W)."""
    rows, columns = (cells_along(target.shape[2 + axis], numbers[:, 3 + axis], numbers[:, 5 + axis]) for axis in (0, 1))
    rounding = numbers[:, 9, None, None, None] > 0
    values = cell_means_of(levels, rows, columns) / 255
    centre = lines_taken(lines_taken(target, 2, middle_of(rows)), 3, middle_of(columns))
    shown = torch.where(numbers[:, 7, None, None, None] > 0, centre, values)
    shown = torch.where(rounding, (shown * 255).round() / 255, shown)
    if way == "enlarged":
        for axis, cells in ((2, rows), (3, columns)):
            shown = enlarged_cells(shown, axis, cells, numbers[:, 1 + axis], numbers[:, 3 + axis])
        return shown.clamp(0.0, 1.0)
    if way == "feathered":
        around = [within_radius(it, target.shape[2 + axis], numbers[:, 8]) for axis, it in enumerate((rows, columns))]
        shown = target + cell_means_of(mask.to(torch.uint8), *around) * (shown - target)
        shown = torch.where(rounding, (shown * 255).round() / 255, shown)
    return shown


def cells_along(length: int, block: Tensor, phase: Tensor) -> CellsAlong:
    """Say for every pixel of an axis in which cell it lies; block, phase: (B,) px."""
    block, phase = block.long()[:, None], phase.long()[:, None]
    before = (block - phase) % block  # px of the first cell that lie beyond the border
    number = (torch.arange(length, device=block.device) + before) // block
    first = number * block - before
    return CellsAlong(number, first.clamp(min=0), (first + block).clamp(max=length))


def within_radius(cells: CellsAlong, length: int, radius: Tensor) -> CellsAlong:
    """Say for every pixel of an axis what lies no further from it than a radius, (B,) px."""
    place, radius = torch.arange(length, device=radius.device), radius.long()[:, None]
    return CellsAlong(cells.number, (place - radius).clamp(min=0), (place + radius + 1).clamp(max=length))


def middle_of(cells: CellsAlong) -> Tensor:
    return cells.first + (cells.last - cells.first) // 2


def cell_means_of(levels: Tensor, rows: CellsAlong, columns: CellsAlong) -> Tensor:
    """Return for every pixel the mean of the pixels between its first and last row and column, (B, C, H, W)."""
    sums = levels.to(torch.int32)
    for axis, cells in ((2, rows), (3, columns)):
        running = sums.cumsum(axis, dtype=torch.int32)
        running = torch.cat([torch.zeros_like(running.narrow(axis, 0, 1)), running], axis)
        sums = lines_taken(running, axis, cells.last) - lines_taken(running, axis, cells.first)
    counts = [(cells.last - cells.first).float() for cells in (rows, columns)]
    return sums.float() / (counts[0][:, None, :, None] * counts[1][:, None, None, :])


def lines_taken(pictures: Tensor, axis: int, place: Tensor) -> Tensor:
    """Take rows (axis 2) or columns (axis 3) of each picture, (B, C, H, W) by (B, n)."""
    shape = [len(place), 1, 1, 1]
    shape[axis] = place.shape[1]
    wanted = list(pictures.shape)
    wanted[axis] = place.shape[1]
    return pictures.gather(axis, place.reshape(shape).expand(wanted))


def enlarged_cells(cells: Tensor, axis: int, along: CellsAlong, block: Tensor, phase: Tensor) -> Tensor:
    """Interpolate along an axis between cells that are shown as flat squares, as `mosaic.enlarge` with "bicubic"."""
    kernel, radius = ENLARGEMENT_KERNELS["bicubic"]
    length = cells.shape[axis]
    block, phase = block.long()[:, None], phase.long()[:, None]
    before = (block - phase) % block
    place = (torch.arange(length, device=cells.device) + before + 0.5) / block - 0.5
    taps = place.floor()[..., None] + torch.arange(1 - radius, radius + 1, device=cells.device)  # (B, length, 4)
    weights = kernel(taps - place[..., None])
    weights = (weights / weights.sum(2, keepdim=True)).to(cells.dtype)
    total = torch.zeros_like(cells)
    for tap in range(2 * radius):
        pixel = (taps[..., tap].long() * block - before).clamp(0, length - 1)  # one of that cell; the last repeat
        shape = [len(pixel), 1, 1, 1]
        shape[axis] = length
        total = total + lines_taken(cells, axis, pixel) * weights[..., tap].reshape(shape)
    return total
