"""Crops of pictures, with the mask of the picture where it has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.images import Picture, read_mask_for
from inpaint.randomness import chance, integer, log_uniform

FindMask = Callable[[Path], Path]  # the file of a picture -> the file of its mask


def random_crop(
    colour: np.ndarray, size: tuple[int, int], rng: torch.Generator, *, flip: bool, shrink: float, name: str
) -> Tensor:
    """Cut a crop from a random place of a picture (H, W, 1 or 3); see Folder.  Returns (3, height, width) in [0, 1].

    Raises ValueError, which calls the picture by its name, where it is smaller than the crop.
    """
    window = random_window(colour.shape[:2], size, rng, shrink)
    top, left = (integer(rng, 0, spare) for spare in spare_room(colour.shape[:2], window, name))
    patch = colour[top : top + window[0], left : left + window[1]]
    if window != size:
        patch = cv2.resize(patch, (size[1], size[0]), interpolation=cv2.INTER_AREA).reshape(*size, -1)
    return as_image(cv2.flip(patch, 1).reshape(patch.shape) if flip and chance(rng, 0.5) else patch)


def random_window(
    picture: Sequence[int], size: tuple[int, int], rng: torch.Generator, shrink: float
) -> tuple[int, int]:
    """Draw how much of a picture becomes a crop of this size: as much, or more, in the same proportions."""
    if shrink == 1.0:
        return size
    room = min(picture[0] / size[0], picture[1] / size[1])
    larger = max(1.0, min(room, 1 / log_uniform(rng, shrink, 1.0)))
    return int(size[0] * larger), int(size[1] * larger)


def spare_room(picture: Sequence[int], size: tuple[int, int], path: str) -> tuple[int, int]:
    """Return by how many pixels the picture exceeds the size, (y, x); ValueError where it is smaller."""
    if picture[0] < size[0] or picture[1] < size[1]:
        raise ValueError(
            f"{path} is {picture[0]}x{picture[1]} px, smaller than the crop of {size[0]}x{size[1]}; "
            "build a dataset from the folder first, or lower data.crop"
        )
    return picture[0] - size[0], picture[1] - size[1]


def as_image(colour: np.ndarray) -> Tensor:
    """Turn (H, W, 1 or 3) integers into (3, H, W) in [0, 1]."""
    planes = torch.from_numpy(np.stack(cv2.split(colour)).astype(np.float32))  # (1 or 3, H, W)
    return planes.div_(np.iinfo(colour.dtype).max).expand(3, -1, -1).contiguous()


def with_mask(colour: np.ndarray, name: str, mask_of: FindMask) -> np.ndarray:
    """Return a picture (H, W, 1 or 3) with its mask as a fourth plane, (H, W, 4), 0 or the highest level.

    The mask is read as `inpaint decensor` reads it: a copy of the picture marks where it is clear or painted.

    Raises ValueError where there is no mask, where it has another size, and where it marks nothing.
    """
    file = mask_of(Path(name))
    mask = read_mask_for(Picture(colour), file).mask[0].numpy()  # (H, W)
    if not mask.any():
        raise ValueError(f"{file} marks nothing of {name}")
    colours = np.broadcast_to(colour, (*colour.shape[:2], 3))
    return np.dstack([colours, (mask * np.iinfo(colour.dtype).max).astype(colour.dtype)])


def marked_crop(
    planes: np.ndarray, size: tuple[int, int], rng: torch.Generator | None, *, flip: bool, shrink: float
) -> Tensor:
    """Cut a crop that shows some of what is marked from a picture with its mask (H, W, 4).

    Returns (4, height, width) in [0, 1], the last plane exactly 0 or 1.  rng: None cuts it around the middle of what is
    marked.  flip, shrink: as of Folder.
    """
    picture = (planes.shape[0], planes.shape[1])
    window = size if rng is None else random_window(picture, size, rng, shrink)
    rows, columns = np.nonzero(planes[..., 3])
    chosen = len(rows) // 2 if rng is None else integer(rng, 0, len(rows) - 1)
    place = []
    for at, spare, side in zip(
        (rows[chosen], columns[chosen]), spare_room(picture, window, "a picture"), window, strict=True
    ):
        low, high = max(0, int(at) - side + 1), min(spare, int(at))
        place.append(min(max(0, int(at) - side // 2), spare) if rng is None else integer(rng, low, high))
    patch = planes[place[0] : place[0] + window[0], place[1] : place[1] + window[1]]
    if window != size:
        patch = cv2.resize(patch, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    if rng is not None and flip and chance(rng, 0.5):
        patch = np.ascontiguousarray(patch[:, ::-1])
    crop = torch.from_numpy(patch.transpose(2, 0, 1).astype(np.float32)).div_(np.iinfo(planes.dtype).max)
    crop[3] = (crop[3] > 0).float()  # a thin stroke must not be shrunk away
    return crop
