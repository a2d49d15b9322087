"""Tells, region by region, what was done to the pixels under a mask: a layer, a mosaic, a blur or a hole."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.detection.region_kinds import ONE_COLOUR_DISTANCE, RegionKind, Trace, kind_of_region
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice

ORDER_OF_CENSORS = ("layer", "mosaic", "blur", "hole")  # the first hold most information


class Damage(NamedTuple):
    """All regions of one picture that were censored alike."""

    censor: str  # one of ORDER_OF_CENSORS
    grid: Grid | Lattice | None  # None for all but mosaics, and for mosaics that lie on no grid
    mask: Tensor  # (1, H, W)
    trace: Trace | None = None  # what else is known of the pixels: the cells' outlines or size, the blur


def find_damage(image: Tensor, mask: Tensor, *, censor: str, block: tuple[int, int] | None = None) -> list[Damage]:
    """Return what was done to the masked pixels; the masks of the answer are disjoint and cover the mask.

    image: (3, H, W) in [0, 1].  mask: (1, H, W).  censor: "hole", "mosaic", or "auto", which decides by the pixels of
    each region and those around it, as `region_kinds` does.  block: the (height, width) of the cells where it is
    known; then only their phase is sought, and "auto" takes every region for a mosaic that is not of one colour.
    Layers come first, then mosaics, in the order of their first pixels, then blurs, and holes last.
    """
    labels, boxes = labelled_regions(mask)
    if not boxes:
        return []
    if censor == "hole":
        return [Damage("hole", None, mask)]
    kinds = [kind_of_region(image, labels, number, box, censor, block) for number, box in enumerate(boxes, 1)]
    ordered = sorted(dict.fromkeys(kinds), key=lambda kind: ORDER_OF_CENSORS.index(kind.censor))
    places: dict[RegionKind, int] = {kind: index for index, kind in enumerate(ordered)}
    which = torch.tensor([-1, *(places[kind] for kind in kinds)])[torch.from_numpy(labels).long()]  # (H, W)
    return [
        Damage(kind.censor, kind.grid, (which == index).to(mask.dtype)[None], kind.trace)
        for index, kind in enumerate(ordered)
    ]


def many_coloured_holes(image: Tensor, damage: list[Damage]) -> int:
    """Count the regions that were taken for holes although their pixels (3, H, W) have many colours.

    One that is mostly of one colour is paint that was marked with some room around it.
    """
    count = 0
    for part in damage:
        if part.censor == "hole":
            labels, boxes = labelled_regions(part.mask)
            for number, (rows, columns) in enumerate(boxes, 1):
                own = torch.from_numpy(labels[rows, columns] == number)
                count += not mostly_one_coloured(image[:, rows, columns][:, own])
    return count


def mostly_one_coloured(pixels: Tensor) -> bool:
    """Tell whether half of some pixels (3, n) and more have one colour, but for what JPEG makes of it."""
    far = (pixels - pixels.median(dim=1, keepdim=True).values).abs().mean(dim=0)
    return bool(far.median() < ONE_COLOUR_DISTANCE)


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
