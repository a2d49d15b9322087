"""Reading a mask from any picture file: painted white on black, in colour on black, or as transparency."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from inpaint.images.reading import read


def read_mask(path: Path | str, size: tuple[int, int] | None = None) -> Tensor:
    """Read a mask (1, H, W) of exactly 0 and 1: 1 where the file is at least half as bright as can be.

    The brightest channel counts, so strokes of any strong colour on black do.  A file of one single colour that is
    not fully opaque says it with its alpha channel instead.  size: the (height, width) that the mask must have.
    Raises ValueError for another size, and for whatever `read` refuses.

    >>> import tempfile, torch
    >>> from inpaint import images
    >>> painted = torch.zeros(3, 40, 60)
    >>> painted[0, 10:20, 10:30] = 1  # a red box on black
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = images.write(images.from_array(painted), f"{folder}/mask.png")
    ...     mask = images.read_mask(f"{folder}/mask.png", (40, 60))
    >>> mask.shape, mask.sum().item()
    (torch.Size([1, 40, 60]), 200.0)
    """
    picture = read(path)
    if size is not None and picture.size != tuple(size):
        raise ValueError(
            f"{path} is a mask of {picture.size[1]} x {picture.size[0]} pixels, but its picture has "
            f"{size[1]} x {size[0]}: a mask must have the size of its picture"
        )
    bright = picture.colour.max(axis=2)  # (H, W)
    single = bool((picture.colour == picture.colour[:1, :1]).all())
    if picture.alpha is not None and single and (picture.alpha < picture.peak).any():
        bright = picture.alpha
    return torch.from_numpy(bright >= picture.peak / 2).float()[None]
