"""Where clean pictures come from: folders of pictures or of tar shards, and scenes that are drawn on the spot.

A source is called with the size wanted and an rng and returns one clean picture of that size.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inpaint.data import synthetic
from inpaint.data.decode import colour_of
from inpaint.data.shards import Shards, shards_in
from inpaint.images import find
from inpaint.randomness import chance, integer, log_uniform, rng_for

PictureSource = Callable[[tuple[int, int], torch.Generator], Tensor]


class Folder:
    """Random crops of the pictures or tar shards of a folder, mirrored half of the time and shrunk at random."""

    def __init__(self, folder: Path | str, *, flip: bool = True, shrink: float = 1.0):
        """List the pictures once; shrink: the smallest factor that a crop is shrunk by, which makes it sharper.

        Raises ValueError where there is no folder or no picture in it.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder; training data is a folder of pictures or the word synthetic")
        if (folder / "dataset.json").is_file():
            raise ValueError(f"{folder} is a whole dataset; name one of its splits, such as {folder / 'train'}")
        self.shards = Shards(folder) if shards_in(folder) else None
        pictures = [] if self.shards else find(folder)
        self.paths = [str(path) for path in pictures if path.suffix.lower() != ".gif"]  # few colours, mostly animated
        if not len(self):
            raise ValueError(f"{folder} holds no picture that can be read")
        self.flip = flip
        self.shrink = shrink

    def __len__(self) -> int:
        return len(self.shards or self.paths)

    def colour(self, number: int) -> tuple[str, np.ndarray]:
        """Return the name and the pixels (H, W, 1 or 3) of a picture."""
        if self.shards:
            name, data = self.shards.file(number)
        else:
            name, data = self.paths[number], Path(self.paths[number]).read_bytes()
        return name, colour_of(data, name)

    def __call__(self, size: tuple[int, int], rng: torch.Generator) -> Tensor:
        name, colour = self.colour(integer(rng, 0, len(self) - 1))
        return random_crop(colour, size, rng, flip=self.flip, shrink=self.shrink, name=name)


def leave_out_faulty(folder: Folder, crop: int, share: float) -> list[str]:
    """Leave out of a folder what cannot give a crop, by its header, and return why, a sentence for each.

    Raises ValueError where these are more than a share of the folder.  Shards are not looked through: what they hold
    was checked when they were packed.
    """
    with ThreadPoolExecutor(8) as pool:
        faults = list(pool.map(partial(header_fault, crop=crop), folder.paths))
    told = [fault for fault in faults if fault]
    if len(told) > share * len(faults):
        raise ValueError(
            f"{told[0]}; {len(told)} of {len(faults)} pictures of the folder cannot be learned from, and data.skip "
            f"allows {share:g} of them"
        )
    folder.paths = [path for path, fault in zip(folder.paths, faults, strict=True) if not fault]
    return told


def header_fault(path: str, crop: int) -> str | None:
    """Say why a crop cannot be cut from a picture, as far as its header tells."""
    try:
        with warnings.catch_warnings(), Image.open(path) as picture:
            width, height = picture.size
    except Image.DecompressionBombError:
        return None  # huge, not faulty
    except Exception as error:  # decoders raise anything
        return f"{path} cannot be read: {' '.join(str(error).split())}"
    try:
        spare_room((height, width), (crop, crop), path)
    except ValueError as error:
        return str(error)
    return None


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


def centre_crops(folder: Path | str, crop: int, count: int) -> list[Tensor]:
    """Return the centres of `count` pictures spread evenly over a folder (all, if it holds fewer), (3, crop, crop).

    For the word synthetic, return `count` scenes, the same ones in every run.
    """
    if str(folder) == "synthetic":
        return [synthetic.render((crop, crop), rng_for("validation scene", number)) for number in range(count)]
    pictures = Folder(folder)
    count = min(count, len(pictures))
    crops = []
    for index in range(count):
        name, colour = pictures.colour(index * len(pictures) // count)
        top, left = (spare // 2 for spare in spare_room(colour.shape[:2], (crop, crop), name))
        crops.append(as_image(colour[top : top + crop, left : left + crop]))
    return crops


def picture_source(path: str, *, flip: bool = True, shrink: float = 1.0) -> PictureSource:
    """Return the source that a run names: "synthetic", or else a folder."""
    return synthetic.render if path == "synthetic" else Folder(path, flip=flip, shrink=shrink)
