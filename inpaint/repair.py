"""One picture and what is marked in it, repaired: mosaics first, for they hold information, then holes.

Marked places that lie far apart are cut out in windows with their context and worked on like small pictures, so that
neither the time nor the memory that a repair takes grows with the rest of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from inpaint.degradation.mosaic import Grid
from inpaint.degradation.smooth import smooth_fill
from inpaint.detection.regions import Damage, count_regions, find_damage
from inpaint.images import Picture
from inpaint.plan import CONTEXT, Box, windows

LARGEST_CELL = 64  # px that detection looks for
# Variant number -> mirrored (top-bottom, left-right) while restoring, in the order of DeepCreamPy.
FLIPS = ((False, False), (False, True), (True, False), (True, True))


class Restores(Protocol):
    """What a repair needs of a restorer: the call of `inpaint.restorer.Restorer`."""

    def __call__(
        self, image: Tensor, mask: Tensor, *, censor: str, grid: Grid | None, flips: tuple[bool, bool]
    ) -> Tensor: ...


class Window(NamedTuple):
    """A part of a picture that is repaired by itself."""

    box: Box
    regions: int  # 8-connected marked places
    damage: list[Damage]  # masks and grids as seen from the corner of the box

    @property
    def mask(self) -> Tensor:
        """Everything that is restored in the window, (1, h, w)."""
        return torch.stack([part.mask for part in self.damage]).amax(0)


def examine(picture: Picture, mask: Tensor, *, censor: str, block: tuple[int, int] | None = None) -> list[Window]:
    """Return the windows that hold everything marked, and what was done to it.

    mask: (1, H, W), 1 or True = restore.  censor: "auto", "bar" or "mosaic", and block: as `find_damage` takes them.
    """
    margin = max(CONTEXT, LARGEST_CELL, *(block or ()))
    found = []
    for box in windows(mask, margin):
        marked = (box.of(mask) > 0).float()  # (1, h, w)
        damage = find_damage(cut(picture, box).tensor(), marked, censor=censor, block=block)
        found.append(Window(box, count_regions(marked), damage))
    return found


def variations(picture: Picture, found: list[Window], restorer: Restores, count: int) -> Iterator[Picture]:
    """Yield the picture repaired in so many ways (1 to 4), mirrored otherwise in each while it is restored."""
    for flips in FLIPS[:count]:
        colour = picture.colour.copy()
        for window in found:
            piece = cut(picture, window.box)
            restored = restore(piece.tensor(), window.damage, restorer, flips)
            colour[window.box.slices] = piece.restored(restored, window.mask).colour
        yield replace(picture, colour=colour)


def cut(picture: Picture, box: Box) -> Picture:
    """Return the colours of a part of a picture, as a view."""
    return Picture(picture.colour[box.slices])


def restore(image: Tensor, damage: list[Damage], restorer: Restores, flips: tuple[bool, bool]) -> Tensor:
    """Restore mosaics first, then holes with the restored mosaics as their context.

    image: (3, H, W).  Until their turn holes are filled smoothly, so that a mosaic never sees a bar beside it.
    """
    for part in damage:
        if part.censor == "hole" and len(damage) > 1:
            image = smooth_fill(image[None], part.mask[None])[0]
    for part in sorted(damage, key=lambda part: part.censor == "hole"):
        image = restorer(image, part.mask, censor=part.censor, grid=part.grid, flips=flips)
    return image
