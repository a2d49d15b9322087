"""Tells, region by region, what was done to the pixels under a mask: a mosaic leaves a grid, anything else a hole."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.detection.mosaics.search import rescaled_grid
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, shifted_grid
from inpaint.mosaic.resampling import resampled_mosaic

UNDOUBTED_GRID_SCORE = 0.85  # of an estimated grid of whole pixels, that leaves no doubt
MOST_RESCALED_UNEVENNESS = (
    0.8  # times the unevenness of cells of whole pixels, that cells of a rescaled mosaic may have
)
ONE_COLOUR_DISTANCE = 4 / 255  # mean distance from the median colour; a bar in a JPEG stays well below


class Damage(NamedTuple):
    """All regions of one picture that were censored alike."""

    censor: str  # "hole" or "mosaic"
    grid: Grid | Lattice | None  # None for holes, and for mosaics whose grid was not found
    mask: Tensor  # (1, H, W)


def find_damage(image: Tensor, mask: Tensor, *, censor: str, block: tuple[int, int] | None = None) -> list[Damage]:
    """Return what was done to the masked pixels; the masks of the answer are disjoint and cover the mask.

    image: (3, H, W) in [0, 1].  mask: (1, H, W).  censor: "hole", "mosaic", or "auto", which takes a region for a
    mosaic where its own pixels show a grid, be it of whole pixels or rescaled.  block: the (height, width) of the cells
    where it is known; then only their phase is sought, and "auto" takes every region for a mosaic that is not of one
    colour.  Mosaics come first, in the order of their first pixels, and holes last.
    """
    labels, boxes = labelled_regions(mask)
    if not boxes:
        return []
    if censor == "hole":
        return [Damage("hole", None, mask)]
    kinds = [
        damage_to_region(image[:, box[0], box[1]], labels[box] == number, box, censor, block)
        for number, box in enumerate(boxes, 1)
    ]
    ordered = sorted(dict.fromkeys(kinds), key=lambda kind: kind[0] == "hole")
    which = torch.tensor([-1, *(ordered.index(kind) for kind in kinds)])[torch.from_numpy(labels).long()]  # (H, W)
    return [Damage(*kind, (which == index).to(mask.dtype)[None]) for index, kind in enumerate(ordered)]


def count_regions(mask: Tensor) -> int:
    """Return how many 8-connected parts a mask (1, H, W) has."""
    return len(labelled_regions(mask)[1])


def labelled_regions(mask: Tensor) -> tuple[np.ndarray, list[tuple[slice, slice]]]:
    """Return the 8-connected parts of a mask (1, H, W): their numbers, from 1, in an array (H, W), and their boxes."""
    inside = (mask[0].cpu().numpy() > 0.5).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    boxes = [
        (slice(int(top), int(top + height)), slice(int(left), int(left + width)))
        for left, top, width, height in stats[1:, :4]
    ]
    return labels, boxes


def damage_to_region(
    image: Tensor, inside: np.ndarray, box: tuple[slice, slice], censor: str, block: tuple[int, int] | None
) -> tuple[str, Grid | Lattice | None]:
    """Return how one region was censored, and the grid of a mosaic, as it lies in the whole picture, if it shows one.

    image: (3, h, w), cut to the box.  inside: (h, w).
    """
    region = torch.from_numpy(inside)[None].float()
    corner = box[0].start, box[1].start
    estimate = estimate_grid(image, region, corner=corner, block=block)
    even = one_coloured(image[:, region[0] > 0.5])
    if block is not None:
        return ("hole", None) if censor == "auto" and even else ("mosaic", estimate and estimate.grid)
    grid = estimate.grid if estimate else None
    if not even and (estimate is None or estimate.score < UNDOUBTED_GRID_SCORE):
        other = rescaled_grid(image, inside)
        other = other and shifted_grid(other, *corner)
        if grid is None or (isinstance(other, Lattice) and clearly_more_even(image, region, corner, other, grid)):
            grid = other
    return ("hole", None) if censor == "auto" and grid is None else ("mosaic", grid)


def clearly_more_even(
    image: Tensor, region: Tensor, corner: tuple[int, int], one: Grid | Lattice, other: Grid | Lattice
) -> bool:
    """Tell whether cells of one grid are clearly more even than those of the other.

    image: (3, h, w).  region: (1, h, w).  corner: of both in the picture (y, x), in which the grids lie.
    """
    top, left = corner
    first, second = (resampled_mosaic(image, region, shifted_grid(grid, -top, -left)).uneven for grid in (one, other))
    return first < MOST_RESCALED_UNEVENNESS * second


def one_coloured(pixels: Tensor) -> bool:
    """Tell whether pixels (3, n) have one colour, but for what JPEG makes of it."""
    return bool((pixels - pixels.median(dim=1, keepdim=True).values).abs().mean() < ONE_COLOUR_DISTANCE)
