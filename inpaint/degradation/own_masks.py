"""Masks from files: of a collection, drawn at random, or the one that belongs to each picture.

Files are read as `inpaint decensor` reads masks: white on black, any strong colour on black, or transparency.  NVIDIA's
irregular masks (Liu et al. 2018) are one collection among many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint import images
from inpaint.degradation.painting import span, whole_span
from inpaint.randomness import chance, choose, integer, log_uniform

MASK_TRIES = 50  # pieces of masks, before a share of the picture that none of them has is given up
DECODED_MASKS = 32  # decoded masks for each process


@dataclass(frozen=True)
class MaskFiles:
    """Draws masks from files."""

    folder: str
    paths: tuple[str, ...]
    flip: bool
    turn: bool
    scale: tuple[float, float] | None  # None: the whole mask becomes as large as the picture
    grow: tuple[int, int]
    area: tuple[float, float]

    def __call__(self, size: tuple[int, int], rng: torch.Generator) -> Tensor:
        """Return a mask (1, H, W) that is not empty; another one is drawn instead of a file that cannot be read.

        Raises ValueError where no draw covers the wanted area, and where no file can be read.
        """
        fault, read = None, False
        for _ in range(MASK_TRIES):
            try:
                mask = self.draw(size, rng)
            except (ValueError, OSError) as error:
                fault = fault or error
                continue
            read = True
            if mask.any() and self.area[0] <= mask.mean() <= self.area[1]:
                return torch.from_numpy(mask).float()[None]
        if fault is not None and not read:
            raise fault
        raise ValueError(
            f"{MASK_TRIES} masks drawn from {self.folder} cover none of the wanted area, {self.area[0]:g} to "
            f"{self.area[1]:g} of a picture of {size[0]}x{size[1]} px: choose another area, scale or grow"
        )

    def draw(self, size: tuple[int, int], rng: torch.Generator) -> np.ndarray:
        """Return a mask of this size, mirrored, turned, rescaled, cropped and grown, (H, W) of 0 and 1, maybe empty."""
        mask = mask_file(choose(rng, self.paths))
        if self.turn:
            mask = np.rot90(mask, integer(rng, 0, 3))
        if self.flip and chance(rng, 0.5):
            mask = mask[:, ::-1]
        if self.scale is None:
            mask = resized_mask(mask, size)
        else:
            factor = log_uniform(rng, *self.scale)
            mask = resized_mask(mask, tuple(max(1, round(side * factor)) for side in mask.shape))
            mask = placed_mask(mask, size, rng)
        radius = integer(rng, *self.grow)
        if radius:
            brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
            mask = cv2.dilate(np.ascontiguousarray(mask), brush)
        return mask


@dataclass(frozen=True)
class OwnMask:
    """Stands for the mask of the picture itself, which comes with it."""

    path: str | None  # of the folder with the masks; None: they lie beside the pictures

    def __call__(self, size: tuple[int, int], rng: torch.Generator) -> Tensor:
        raise ValueError(
            "the mask paired belongs to the pictures of a folder: it cannot be drawn for any other picture"
        )


@lru_cache(DECODED_MASKS)
def mask_file(path: str) -> np.ndarray:
    """Read a mask, (H, W) of 0 and 1."""
    return images.read_mask(path)[0].to(torch.uint8).numpy()


def resized_mask(mask: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Return a mask (H, W) in another size, still of 0 and 1."""
    return cv2.resize(np.ascontiguousarray(mask), (size[1], size[0]), interpolation=cv2.INTER_NEAREST_EXACT)


def placed_mask(mask: np.ndarray, size: tuple[int, int], rng: torch.Generator) -> np.ndarray:
    """Return a piece of a mask where it is larger than the size, and the mask somewhere in it where it is smaller."""
    taken: list[Any] = []
    room = np.zeros(size, np.uint8)
    where: list[Any] = []
    for side, wanted in zip(mask.shape, size, strict=True):
        start = integer(rng, 0, abs(side - wanted))
        taken.append(slice(start, start + wanted) if side > wanted else slice(None))
        where.append(slice(None) if side > wanted else slice(start, start + side))
    room[tuple(where)] = mask[tuple(taken)]
    return room


def files(
    *,
    path: str,
    flip: bool = True,
    turn: bool = True,
    scale: Sequence[float] | None = None,
    grow: Sequence[int] = (0, 0),
    area: Sequence[float] = (0.0, 1.0),
) -> MaskFiles:
    """Build masks that are drawn from the files of a folder, white = restore.

    flip: mirror half of them.  turn: by any quarter.  scale: null shows each mask whole, as large as the crop; a span
    such as [0.5, 1] rescales it by a factor and cuts a piece out.  grow: by how many pixels it is grown.  area: the
    smallest and the largest share of the picture that it may cover.
    """
    paths = tuple(str(found) for found in images.find(path))
    if not paths:
        raise ValueError(f"{path} holds no mask; a mask is a picture file, white where to restore")
    low, high = span("area", area, 0)
    if high > 1 or not high:
        raise ValueError(f"area is {list(area)}, but must be two shares of the picture from 0 to 1")
    factors = None if scale is None else span("scale", scale, 0.01)
    return MaskFiles(path, paths, flip, turn, factors, whole_span("grow", grow, 0), (low, high))


def paired(*, path: str | None = None) -> OwnMask:
    """Build the mask of each picture, found by its name: NAME.* or NAME_mask.* in the folder `path`, white = restore.

    Without `path` it lies beside its picture, as NAME_mask.*.
    """
    return OwnMask(path)


OWN_MASKS: dict[str, Callable[..., MaskFiles | OwnMask]] = {"files": files, "paired": paired}
