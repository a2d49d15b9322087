"""How many real patches have the same cell means, and what lies between them.

A network that is asked for the least squared error answers the mean of all pictures that fit a mosaic, one that is
asked for the least absolute error their median, pixel by pixel.  Both are softer than any picture that fits.
Source: Ledig et al., "Photo-realistic single image super-resolution using a generative adversarial network", 2017, say
so of super-resolution; here the patches themselves are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from inpaint.randomness import integer

QUERIES_AT_ONCE = 16
MOST_FITTING = 200  # patches that are counted for one query
MOST_CANDIDATES = 400  # the nearest, among which those are looked for that do not overlap


class PatchTable(NamedTuple):
    """Patches of pictures and the means of their cells."""

    patches: Tensor  # (N, 3, side, side) uint8
    means: Tensor  # (N, 3 x cells), in levels of 255
    picture: Tensor  # (N,) which picture a patch is of
    place: Tensor  # (N, 2) its corner, (y, x) pixels


class FittingPatches(NamedTuple):
    """The patches that fit the cells of one, itself among them."""

    query: int  # in the table
    found: Tensor  # (n,) in the table, the nearest first


def patch_table(pictures: Sequence[Tensor], *, block: int, cells: int, stride: int) -> PatchTable:
    """Cut every picture, (3, H, W) in [0, 1], into patches of cells x cells cells, a step of stride pixels apart.

    Raises ValueError where no picture is large enough.
    """
    side = block * cells
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    for number, picture in enumerate(pictures):
        levels = (picture * 255).round().to(torch.uint8)
        if min(levels.shape[1:]) < side:
            continue
        windows = levels.unfold(1, side, stride).unfold(2, side, stride)  # (3, rows, columns, side, side)
        rows, columns = windows.shape[1:3]
        patches = windows.permute(1, 2, 0, 3, 4).reshape(-1, 3, side, side)
        place = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), -1).view(-1, 2)
        parts.append((patches, torch.full((len(patches),), number), place * stride))
    if not parts:
        raise ValueError(f"no picture has the {side} x {side} px of {cells} x {cells} cells of {block} px")
    patches, picture, place = (torch.cat(each) for each in zip(*parts, strict=True))
    means = torch.cat([avg_pool2d(part.float(), block).flatten(1) for part in patches.split(4096)])
    return PatchTable(patches, means, picture, place)


def fitting(table: PatchTable, queries: Sequence[int], tolerance: float) -> list[FittingPatches]:
    """Return for each query the patches whose cell means all differ from its by at most so many levels.

    Of patches that overlap each other in one picture only the nearest counts: they are one place, seen twice.
    """
    answers = []
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        chosen = torch.tensor(list(queries[start : start + QUERIES_AT_ONCE]))
        distance = torch.stack([(table.means - table.means[it]).abs().amax(1) for it in chosen])  # (queries, N)
        for query, row in zip(chosen.tolist(), distance, strict=True):
            near = (row <= tolerance).nonzero()[:, 0]
            ordered = near[row[near].argsort(stable=True)][:MOST_CANDIDATES]
            answers.append(FittingPatches(query, _apart(table, ordered, query)))
    return answers


def drawn_queries(table: PatchTable, count: int, rng: torch.Generator) -> list[int]:
    """Draw so many patches at random."""
    return [integer(rng, 0, len(table.means) - 1) for _ in range(count)]


def between(table: PatchTable, fits: FittingPatches) -> tuple[Tensor, Tensor]:
    """Return the mean and the median of the patches that fit, pixel by pixel, each (3, side, side) in levels."""
    patches = table.patches[fits.found].float()
    return patches.mean(0), patches.median(0).values


def patch_roughness(patches: Tensor) -> Tensor:
    """Return the mean absolute step between neighbouring pixels of patches (N, 3, h, w) in levels, (N,)."""
    values = patches.float()
    return values.diff(dim=2).abs().mean((1, 2, 3)) + values.diff(dim=3).abs().mean((1, 2, 3))


def _apart(table: PatchTable, ordered: Tensor, query: int) -> Tensor:
    """Keep of patches, nearest first, those that overlap none that was kept; the query itself comes first."""
    side = table.patches.shape[-1]
    candidates = torch.cat([torch.tensor([query]), ordered])
    picture, place = table.picture[candidates], table.place[candidates]
    near = (picture[:, None] == picture) & ((place[:, None] - place).abs() < side).all(2)
    overlaps, kept = near.numpy(), [0]
    for number in range(1, len(candidates)):
        if not overlaps[number, kept].any():
            kept.append(number)
        if len(kept) > MOST_FITTING:
            break
    return candidates[kept]
