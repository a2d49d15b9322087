"""Whether the block that somebody gave explains the pixels of a mosaic, and if not, which one does."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from inpaint.detection.damage import labelled_regions
from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.images import Picture
from inpaint.mosaic.grid import Grid, enlarge
from inpaint.mosaic.projection import measured_cells
from inpaint.restoring.repair import RepairWindow, part_of_picture

MOST_UNEXPLAINED = 0.2  # a grid that leaves more of the variance than this within its cells explains nothing


def doubt_block(picture: Picture, found: list[RepairWindow], block: tuple[int, int]) -> str | None:
    """Say where the block that was given does not explain the pixels of a mosaic, and which one does."""
    wrong, count, seen = 0, 0, Counter()
    for window in found:
        image = part_of_picture(picture, window.box).tensor()
        for part in window.damage:
            labels, boxes = labelled_regions(part.mask) if part.censor == "mosaic" else (None, [])
            for number, (rows, columns) in enumerate(boxes, 1):
                assert labels is not None
                inside = torch.from_numpy(labels[rows, columns] == number).float()[None]
                fits, better = block_explains(image[:, rows, columns], inside, block)
                count, wrong = count + 1, wrong + (not fits)
                if better:
                    seen[better] += 1
    if not wrong:
        return None
    doubt = f"the block {block[0]}x{block[1]} does not explain the pixels in {wrong} of {count} mosaics"
    if not seen:
        return f"{doubt}: its cells are not flat"
    (height, width), _ = seen.most_common(1)[0]
    return f"{doubt}: their cells look {height} high and {width} wide (--block {height}x{width}, or leave it out)"


def block_explains(image: Tensor, inside: Tensor, block: tuple[int, int]) -> tuple[bool, tuple[int, int] | None]:
    """Tell whether cells of this block explain the pixels of a mosaic, and if not, which block does.

    image: (3, h, w).  inside: (1, h, w), 1 = of the mosaic.
    """
    given, free = estimate_grid(image, inside, block=block), estimate_grid(image, inside)
    left = unexplained(image, inside, given.grid) if given else 1.0
    if free is None or free.grid.block == block:
        return left < MOST_UNEXPLAINED, None
    coarser = all(larger % side == 0 for larger, side in zip(free.grid.block, block, strict=True))
    other = unexplained(image, inside, free.grid)
    fits = other > left / 2 and not (coarser and other < MOST_UNEXPLAINED / 4)
    return fits, None if fits else free.grid.block


def unexplained(image: Tensor, inside: Tensor, grid: Grid) -> float:
    """Return how much of what varies inside a mask varies within the cells of a grid, 0 to 1."""
    cells = enlarge(measured_cells(image, inside, grid), grid, (image.shape[1], image.shape[2]))
    mean = (image * inside).sum((1, 2), keepdim=True) / inside.sum()
    within, whole = (((image - it) ** 2 * inside).sum() for it in (cells, mean))
    return float(within / whole.clamp(min=1e-9))
