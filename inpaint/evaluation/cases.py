"""What is done to a picture before it is restored: named cases, and those that a protocol describes.

baked-hole and baked-mosaic stand for what a dataset has baked in, whatever it is.

A mosaic of square cells lies at a random phase on a box and covers whole cells: a cell is painted if its centre lies
in the box, as censors do, and shows the mean of its pixels, rounded to 8 bits as a file holds it.  A hole is painted
mid grey.  Training may vary all of this; what is measured is the same for everyone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from inpaint.degradation.masks import MASKS

SMALLEST_BLOCK = 2
HOLE_MASKS = tuple(name for name in MASKS if name != "mixture")  # a mixture has no default


class Case(NamedTuple):
    """One kind of damage; `parse_case` makes it from its name, a protocol from its YAML."""

    name: str
    censor: str  # "hole" or "mosaic"
    mask: str  # a name in MASKS, "folder", "named", "centre"; "" where the damage is baked in
    options: dict[str, Any]  # of that mask; the sides of a mosaic's box depend on the picture where they are not named
    block: int | None = None  # side of a mosaic cell, pixels
    phase: tuple[int, int] | None = None  # of the mosaic's grid, (y, x) pixels; None = drawn
    share: tuple[float, float] | None = None  # of the picture that the mask covers, lowest and highest
    border: str = "any"  # whether the mask must be "touching" the border of the picture, or keep "apart" from it
    jpeg: int | None = None  # quality that the damaged picture was saved with
    scale: float | None = None  # by which the damaged picture was resized afterwards

    @property
    def baked(self) -> bool:
        """Whether the damage lies in the dataset instead of being drawn."""
        return not self.mask


def parse_case(name: str) -> Case:
    """Turn mosaic-BLOCK, hole-MASK, hole-irregular-THICKNESS, baked-hole or baked-mosaic into a case.

    Raises ValueError for anything else.
    """
    censor, _, rest = name.partition("-")
    if censor == "baked" and rest in ("hole", "mosaic"):
        return Case(name, rest, "", {})
    if censor == "mosaic" and rest.isdecimal() and int(rest) >= SMALLEST_BLOCK:
        return Case(name, "mosaic", "boxes", {"times": (1, 1), "margin": 0}, int(rest))
    mask, _, thickness = rest.partition("-")
    if censor == "hole" and mask in HOLE_MASKS and (mask == "irregular" or not thickness):
        options = {"thickness": thickness} if thickness else {}
        MASKS[mask](**options)  # refuses a thickness that it does not know
        return Case(name, "hole", mask, options)
    raise ValueError(
        f"case {name!r} is unknown; write mosaic-BLOCK with a block of at least {SMALLEST_BLOCK} px, "
        f"hole-MASK with one of {', '.join(HOLE_MASKS)}, e.g. hole-irregular-thick, or baked"
    )


DEFAULT_CASES = tuple(map(parse_case, ("mosaic-4", "mosaic-8", "mosaic-16", "hole-freeform", "hole-bars")))


def named_masks(folder: str) -> Case:
    """Return the case of holes that a user has drawn: a mask file for each picture, by its name."""
    return Case("own-mask", "hole", "named", {"path": folder})
