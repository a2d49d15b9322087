"""Damaging a picture as a case says: a pure function of the seed, the case, and the picture's own name and content.

Neither the other pictures of a run nor their order have a say, so that a part of a set gives the numbers that it has
within the whole.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path, PurePath
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.degradation.fills import mosaic
from inpaint.degradation.masks import MASKS
from inpaint.degradation.realism import compressed
from inpaint.degradation.smooth import GREY
from inpaint.evaluation.cases import Case
from inpaint.evaluation.named_files import file_named
from inpaint.images import find, read_mask
from inpaint.mosaic.grid import Grid
from inpaint.randomness import integer, rng_for
from inpaint.sample import composite

BOX_SIDES = (64, 160)  # pixels, shortest and longest side of the box that a mosaic lies on
FEWEST_CELLS_ACROSS = (2, 3)  # or so many cells, where that is more
MOST_MASK_TRIES = 300  # masks that are drawn until one covers the share that was asked for
APART = 50 / 512  # of a side, that a mask keeps from the border: 50 px of NVIDIA's 512


class Damaged(NamedTuple):
    """What a restorer is given."""

    image: Tensor  # (3, H, W)
    mask: Tensor  # (1, H, W)
    grid: Grid | None  # of the mosaic; None where its cells are no whole pixels
    target: Tensor | None = None  # (3, H, W), where the original was resized with the damage


def picture_key(name: str, target: Tensor) -> str:
    """Return what stands for a picture in every draw: its name, without folder and ending, and its 8-bit pixels."""
    pixels = (target.clamp(0, 1) * 255).round().to(torch.uint8).contiguous()
    digest = hashlib.blake2b(pixels.numpy().tobytes(), digest_size=16, person=str(tuple(target.shape)).encode()[:16])
    return f"{PurePath(name).stem} {digest.hexdigest()}"


def damage(target: Tensor, case: Case, *, seed: int, key: str) -> Damaged:
    """Damage a picture (3, H, W) of this key; see `picture_key`.

    Raises ValueError where no mask of the case covers as much of the picture as it should.
    """
    size = (target.shape[-2], target.shape[-1])
    rng = rng_for(seed, "evaluation", key, case.name)
    mask = _named_mask(case, size, key) if case.mask == "named" else _mask(case, size, rng)
    if case.block is None:
        damaged = Damaged(composite(torch.full_like(target, GREY), target, mask), mask, None)
    else:
        last = case.block - 1
        phase = case.phase or (integer(rng, 0, last), integer(rng, 0, last))
        grid = Grid((case.block, case.block), (phase[0] % case.block, phase[1] % case.block))
        image, painted = mosaic(block=case.block).apply(target, mask, grid)
        damaged = Damaged(image, painted, grid)
    return _after(damaged, target, case)


def _mask(case: Case, size: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Draw the mask of a case, (1, H, W); those of small masks are laid over each other until they cover its share."""
    low, high = case.share or (0.0, 1.0)
    mask = torch.zeros(1, *size)
    for _ in range(MOST_MASK_TRIES):
        grown = torch.maximum(mask, _drawn(case, size, rng))
        if case.border == "apart":
            rows, columns = (round(side * APART) for side in size)
            inner = torch.zeros_like(grown)
            inner[:, rows : size[0] - rows, columns : size[1] - columns] = 1
            grown = grown * inner
        covered = float(grown.mean())
        fits = low <= covered <= high and grown.any()
        if fits and (case.border != "touching" or touches_border(grown)):
            return grown
        mask = grown if covered < low and case.mask != "folder" else torch.zeros(1, *size)
    raise ValueError(
        f"no mask of {case.name} covers {low:.0%} to {high:.0%} of {size[1]} x {size[0]} px, border {case.border}, in "
        f"{MOST_MASK_TRIES} draws: name other masks or another share"
    )


def _named_mask(case: Case, size: tuple[int, int], key: str) -> Tensor:
    """Read the mask that a user has made for a picture, (1, H, W)."""
    folder = Path(case.options["path"])
    mask = read_mask(file_named(key.rpartition(" ")[0], mask_files(folder), folder), size)
    if not mask.any():
        raise ValueError(f"the mask of {key.rpartition(' ')[0]} in {folder} is empty: paint white what is restored")
    return mask


def _drawn(case: Case, size: tuple[int, int], rng: torch.Generator) -> Tensor:
    if case.mask == "folder":
        files = mask_files(Path(case.options["path"]))
        mask = read_mask(files[integer(rng, 0, len(files) - 1)])
        return _resized(mask, size, cv2.INTER_NEAREST)
    if case.mask == "centre":
        side = tuple(round(length * case.options.get("side", 0.5)) for length in size)
        mask = torch.zeros(1, *size)
        top, left = ((length - inner) // 2 for length, inner in zip(size, side, strict=True))
        mask[:, top : top + side[0], left : left + side[1]] = 1
        return mask
    options = case.options
    if case.block is not None and case.mask == "boxes" and "sides" not in options:
        options = options | {"sides": _sides(size, case.block)}
    return MASKS[case.mask](**options)(size, rng)


@cache
def mask_files(folder: Path) -> list[Path]:
    """List the mask files of a folder.  Raises ValueError where there is none."""
    files = find(folder) if folder.is_dir() else []
    if not files:
        raise ValueError(f"{folder} should be a folder of masks (white = restore), but holds no picture")
    return files


def touches_border(mask: Tensor) -> bool:
    """Tell whether a mask, (1, H, W), reaches the border of the picture."""
    return bool(mask[:, [0, -1]].any() or mask[:, :, [0, -1]].any())


def _after(damaged: Damaged, target: Tensor, case: Case) -> Damaged:
    """Do what happened to a picture after it was censored: it was resized, and saved as JPEG."""
    image, mask, grid, _ = damaged
    clean = None
    if case.scale is not None:
        size = (max(1, round(image.shape[1] * case.scale)), max(1, round(image.shape[2] * case.scale)))
        image, clean = (
            _resized(it, size, cv2.INTER_AREA if case.scale < 1 else cv2.INTER_CUBIC) for it in (image, target)
        )
        clean = (clean.clamp(0, 1) * 255).round() / 255
        mask = (_resized(mask, size, cv2.INTER_LINEAR) > 0).float()
        image, grid = composite((image.clamp(0, 1) * 255).round() / 255, clean, mask), None
    if case.jpeg is not None:
        saved = compressed(np.ascontiguousarray(image.permute(1, 2, 0).numpy()), case.jpeg)
        image = torch.from_numpy(saved).permute(2, 0, 1).contiguous()
    return Damaged(image, mask, grid, clean)


def _resized(planes: Tensor, size: tuple[int, int], filtering: int) -> Tensor:
    """Resize (C, H, W) by a filter of OpenCV."""
    pixels = np.ascontiguousarray(planes.permute(1, 2, 0).numpy())
    resized = cv2.resize(pixels, (size[1], size[0]), interpolation=filtering)
    return torch.from_numpy(resized.reshape(*size, -1)).permute(2, 0, 1).contiguous()


def _sides(size: tuple[int, int], block: int) -> tuple[int, int]:
    """Return the shortest and longest side of a mosaic's box: never more than half of the picture's shorter side."""
    half = max(min(size) // 2, 1)
    low, high = (
        min(max(side, cells * block), half) for side, cells in zip(BOX_SIDES, FEWEST_CELLS_ACROSS, strict=True)
    )
    return low, high
