"""What is done to a picture before it is restored: named cases, each a pure function of (seed, picture index, name).

baked-hole and baked-mosaic stand for what a dataset has baked in, whatever it is.

A mosaic of square cells lies at a random phase on a box and covers whole cells: a cell is painted if its centre lies
in the box, as censors do, and shows the mean of its pixels, rounded to 8 bits as a file holds it.  A hole is painted
mid grey.  Training may vary all of this; what is measured is the same for everyone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from inpaint.degradation.fills import mosaic
from inpaint.degradation.masks import MASKS
from inpaint.degradation.smooth import GREY
from inpaint.mosaic.grid import Grid
from inpaint.randomness import integer, rng_for
from inpaint.sample import composite

SMALLEST_BLOCK = 2
BOX_SIDES = (64, 160)  # pixels, shortest and longest side of the box that a mosaic lies on
FEWEST_CELLS_ACROSS = (2, 3)  # or so many cells, where that is more
HOLE_MASKS = tuple(name for name in MASKS if name != "mixture")  # a mixture has no default


class Case(NamedTuple):
    """One kind of damage; `parse_case` makes it from its name."""

    name: str
    censor: str  # "hole" or "mosaic"
    mask: str  # a name in MASKS; "" where the damage is baked in
    options: dict[str, Any]  # of that mask; the sides of a mosaic's box depend on the picture
    block: int | None  # side of a mosaic cell, pixels

    @property
    def baked(self) -> bool:
        """Whether the damage lies in the dataset instead of being drawn."""
        return not self.mask


class Damaged(NamedTuple):
    """What a restorer is given."""

    image: Tensor  # (3, H, W)
    mask: Tensor  # (1, H, W)
    grid: Grid | None  # of the mosaic


def parse_case(name: str) -> Case:
    """Turn mosaic-BLOCK, hole-MASK, hole-irregular-THICKNESS, baked-hole or baked-mosaic into a case.

    Raises ValueError for anything else.
    """
    censor, _, rest = name.partition("-")
    if censor == "baked" and rest in ("hole", "mosaic"):
        return Case(name, rest, "", {}, None)
    if censor == "mosaic" and rest.isdecimal() and int(rest) >= SMALLEST_BLOCK:
        return Case(name, "mosaic", "boxes", {"times": (1, 1), "margin": 0}, int(rest))
    mask, _, thickness = rest.partition("-")
    if censor == "hole" and mask in HOLE_MASKS and (mask == "irregular" or not thickness):
        options = {"thickness": thickness} if thickness else {}
        MASKS[mask](**options)  # refuses a thickness that it does not know
        return Case(name, "hole", mask, options, None)
    raise ValueError(
        f"case {name!r} is unknown; write mosaic-BLOCK with a block of at least {SMALLEST_BLOCK} px, "
        f"hole-MASK with one of {', '.join(HOLE_MASKS)}, e.g. hole-irregular-thick, or baked"
    )


DEFAULT_CASES = tuple(map(parse_case, ("mosaic-4", "mosaic-8", "mosaic-16", "hole-freeform", "hole-bars")))


def damage(target: Tensor, case: Case, *, seed: int, index: int) -> Damaged:
    """Damage the picture (3, H, W) of this index."""
    size = (target.shape[-2], target.shape[-1])
    rng = rng_for(seed, "evaluation", index, case.name)
    if case.block is None:
        mask = MASKS[case.mask](**case.options)(size, rng)
        return Damaged(composite(torch.full_like(target, GREY), target, mask), mask, None)
    mask = MASKS[case.mask](**case.options, sides=_sides(size, case.block))(size, rng)
    last = case.block - 1
    grid = Grid((case.block, case.block), (integer(rng, 0, last), integer(rng, 0, last)))
    image, painted = mosaic(block=case.block).apply(target, mask, grid)
    return Damaged(image, painted, grid)


def _sides(size: tuple[int, int], block: int) -> tuple[int, int]:
    """Return the shortest and longest side of a mosaic's box: never more than half of the picture's shorter side."""
    half = max(min(size) // 2, 1)
    low, high = (
        min(max(side, cells * block), half) for side, cells in zip(BOX_SIDES, FEWEST_CELLS_ACROSS, strict=True)
    )
    return low, high
