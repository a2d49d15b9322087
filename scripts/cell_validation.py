"""Mosaics of validation pictures, and how well a network over cells restores them."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from inpaint.mosaic.grid import Grid, enlarge
from inpaint.restoring.octaves import masked_to, repeat, restore_cells

LARGEST = (352, 480)  # px of a validation picture that are looked at
AROUND = 64  # px that are seen around a small mosaic
BLOCKS = (4, 8, 16)
SMALL = 8  # px, cells of the small mosaics


class Trial(NamedTuple):
    """A mosaic in what is seen of a picture; its grid begins at the window."""

    kind: str
    picture: int
    target: Tensor  # (3, H, W)
    image: Tensor  # (3, H, W)
    mask: Tensor  # (1, H, W)
    own: tuple[slice, slice]  # the mosaic's pixels
    block: int


def trials(groups: dict[str, list[np.ndarray]], device: torch.device) -> list[Trial]:
    """Make large mosaics of 4, 8 and 16 px, a quarter of the picture, and five small ones, of every picture."""
    rng, made = np.random.default_rng(7), []
    for name, pictures in groups.items():
        for number, picture in enumerate(pictures):
            height, width = (min(a, b) for a, b in zip(picture.shape, LARGEST, strict=False))
            top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
            crop = np.ascontiguousarray(picture[top : top + height, left : left + width])
            target = torch.from_numpy(crop).permute(2, 0, 1).to(device).float() / 255
            for block in BLOCKS:
                made.append(large(target, block, f"{name} {block}", number, rng))
            made += small(target, f"{name} small{SMALL}", number, rng)
    return made


def large(target: Tensor, block: int, kind: str, number: int, rng: np.random.Generator) -> Trial:
    sides = [length // 2 // block * block for length in target.shape[1:]]
    y, x = (int(rng.integers(0, length - side + 1)) for length, side in zip(target.shape[1:], sides, strict=True))
    own = slice(y, y + sides[0]), slice(x, x + sides[1])
    image, mask = target.clone(), torch.zeros_like(target[:1])
    paint(image, mask, own, block)
    return Trial(kind, number, target, image, mask, own, block)


def paint(image: Tensor, mask: Tensor, own: tuple[slice, slice], block: int) -> None:
    cells = torch.nn.functional.avg_pool2d(image[(slice(None), *own)][None], block)[0]
    image[(slice(None), *own)] = repeat((cells * 255).round() / 255, block)
    mask[(slice(None), *own)] = 1


def small(target: Tensor, kind: str, number: int, rng: np.random.Generator) -> list[Trial]:
    height, width = target.shape[1:]
    image, mask, places = target.clone(), torch.zeros_like(target[:1]), []
    for _ in range(100):
        h, w = int(rng.integers(4, 9)) * SMALL, int(rng.integers(6, 13)) * SMALL
        if h > height or w > width:
            continue
        y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
        if len(places) < 5 and not mask[:, max(y - 16, 0) : y + h + 16, max(x - 16, 0) : x + w + 16].any():
            places.append((slice(y, y + h), slice(x, x + w)))
            paint(image, mask, places[-1], SMALL)
    made = []
    for rows, columns in places:
        top, left = max(rows.start - AROUND, 0), max(columns.start - AROUND, 0)
        seen = (slice(None), slice(top, rows.stop + AROUND), slice(left, columns.stop + AROUND))
        own = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        made.append(Trial(kind, number, target[seen], image[seen], mask[seen], own, SMALL))
    return made


@torch.no_grad()
def tried(network: nn.Module | None, told: list[Trial]) -> dict[str, float]:
    """Return PSNR in the mosaics, the mean over pictures, of each kind; of bicubic with the means without a network."""
    errors: dict[str, dict[int, list[tuple[Tensor, int]]]] = defaultdict(lambda: defaultdict(list))
    for trial in told:
        error = answer(network, trial)[(slice(None), *trial.own)] - trial.target[(slice(None), *trial.own)]
        errors[trial.kind][trial.picture].append((error.square().sum(), error.numel()))
    scores = {}
    for kind, pictures in errors.items():
        means = [sum(float(it) for it, _ in parts) / sum(it for _, it in parts) for parts in pictures.values()]
        scores[kind] = round(float(np.mean([-10 * np.log10(max(it, 1e-9)) for it in means])), 3)
    return scores


def answer(network: nn.Module | None, trial: Trial) -> Tensor:
    """Return the restored picture in 8 bits."""
    grid = Grid((trial.block, trial.block), (trial.own[0].start % trial.block, trial.own[1].start % trial.block))
    if network is not None:
        restored = restore_cells(network, trial.image, trial.mask, grid)  # pyright: ignore[reportArgumentType]
    else:
        whole = (slice(None), *trial.own)
        cells = trial.image[whole][:, :: trial.block, :: trial.block]
        size = (cells.shape[1] * trial.block, cells.shape[2] * trial.block)
        smooth = enlarge(cells, Grid((trial.block, trial.block), (0, 0)), size, "bicubic")
        restored = trial.image.clone()
        restored[whole] = masked_to(smooth, torch.ones_like(smooth[:1]), cells, (trial.block, trial.block))
    return (restored.clamp(0, 1) * 255).round() / 255
