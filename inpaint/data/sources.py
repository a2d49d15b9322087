"""Where clean pictures come from: folders of pictures or of tar shards, and scenes that are drawn on the spot.

A source is called with the size wanted and an rng and returns one clean picture of that size.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inpaint.data import synthetic
from inpaint.data.crops import FindMask, as_image, marked_crop, random_crop, spare_room, with_mask
from inpaint.data.decode import colour_of
from inpaint.data.shards import Shards, shards_in
from inpaint.data.skipped import sample_fault, some_of
from inpaint.images import find
from inpaint.images.mask_names import masks_among
from inpaint.randomness import integer, rng_for

PictureSource = Callable[[tuple[int, int], torch.Generator], Tensor]


class Folder:
    """Random crops of the pictures or tar shards of a folder, mirrored half of the time and shrunk at random."""

    def __init__(self, folder: Path | str, *, flip: bool = True, shrink: float = 1.0, mask_of: FindMask | None = None):
        """List the pictures once; shrink: the smallest factor that a crop is shrunk by, which makes it sharper.

        mask_of: finds the mask of a picture, which then comes as a fourth plane of its crops; none misses the mask.
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
        if mask_of is not None:
            if self.shards:
                raise ValueError(f"{folder} holds tar shards, whose pictures have no masks of their own; choose files")
            masks = masks_among([Path(path) for path in self.paths])
            self.paths = [path for path in self.paths if Path(path) not in masks]
        if not len(self):
            raise ValueError(f"{folder} holds no picture that can be read")
        self.folder = folder
        self.mask_of = mask_of
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
        if self.mask_of is not None:
            return marked_crop(with_mask(colour, name, self.mask_of), size, rng, flip=self.flip, shrink=self.shrink)
        return random_crop(colour, size, rng, flip=self.flip, shrink=self.shrink, name=name)


def centre_crops(
    folder: Path | str, size: tuple[int, int], count: int, *, mask_of: FindMask | None = None, skip: float = 0.0
) -> list[Tensor]:
    """Return the centres of `count` pictures spread evenly over a folder (all, if it holds fewer), (3, *size).

    Of a single picture, return all of it; for the word synthetic, `count` scenes, the same ones in every run.
    mask_of: as of Folder; crops lie around the middle of what is marked.  skip: the share of them that may be left out,
    with a word, as they cannot be read or are too small.  Raises ValueError above it, and where none is left.
    """
    if str(folder) == "synthetic":
        return [synthetic.render(size, rng_for("validation scene", number)) for number in range(count)]
    if Path(folder).is_file():
        return [OneFile(folder, mask_of=mask_of)(size, rng_for("validation picture"))]
    pictures = Folder(folder, mask_of=mask_of)
    count = min(count, len(pictures))
    crops, faults = list[Tensor](), list[str]()
    for index in range(count):
        try:
            crops.append(centre_crop(pictures, index * len(pictures) // count, size))
        except (ValueError, OSError) as error:
            faults.append(sample_fault(error))
            if len(faults) > skip * count:
                raise
    if faults:
        warnings.warn(f"left out of the validation: {some_of(faults)}", stacklevel=2)
    return crops


def centre_crop(pictures: Folder, number: int, size: tuple[int, int]) -> Tensor:
    """Return the centre of a picture of a folder, or the part around what its mask marks; see centre_crops."""
    name, colour = pictures.colour(number)
    if pictures.mask_of is not None:
        return marked_crop(with_mask(colour, name, pictures.mask_of), size, None, flip=False, shrink=1.0)
    top, left = (spare // 2 for spare in spare_room(colour.shape[:2], size, name))
    return as_image(colour[top : top + size[0], left : left + size[1]])


def picture_source(
    path: str, *, flip: bool = True, shrink: float = 1.0, mask_of: FindMask | None = None
) -> PictureSource:
    """Return the source that a run names: "synthetic", a single picture, or else a folder."""
    if path == "synthetic":
        if mask_of is not None:
            raise ValueError("synthetic pictures have no masks of their own: choose another mask than paired")
        return synthetic.render
    if Path(path).is_file():
        return OneFile(path, mask_of=mask_of)
    return Folder(path, flip=flip, shrink=shrink, mask_of=mask_of)


class OneFile:
    """All of one picture, in every sample, shrunk to what is asked for."""

    def __init__(self, path: Path | str, *, mask_of: FindMask | None = None):
        """Read the picture; ValueError where it is none.  mask_of: as of Folder."""
        colour = colour_of(Path(path).read_bytes(), str(path))
        planes = colour if mask_of is None else with_mask(colour, str(path), mask_of)
        self.planes = torch.from_numpy(planes.astype(np.float32)).permute(2, 0, 1) / np.iinfo(colour.dtype).max
        self.planes = self.planes.expand(3, -1, -1) if len(self.planes) == 1 else self.planes

    def __call__(self, size: tuple[int, int], rng: torch.Generator) -> Tensor:
        """Return the picture (3 or 4, h, w), whose longer side is at most that of the size."""
        planes, sides = self.planes, self.planes.shape[1:]
        factor = max(1.0, max(sides) / max(size))
        small = [max(1, round(side / factor)) for side in sides]
        planes = planes if factor == 1 else torch.nn.functional.interpolate(planes[None], small, mode="area")[0]
        return torch.cat([planes[:3], (planes[3:] > 0).float()]).contiguous()
