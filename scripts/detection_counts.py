"""Counting what the benchmark of detection finds: against the true regions, in all and by the size of the cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import torch
from detection_cases import Truth, overlaps

from inpaint.detection.bars import Bar
from inpaint.detection.censored import Censored
from inpaint.detection.mosaics.search import MosaicRegion

SIZES = ((4, 6), (7, 10), (11, 16), (17, 25), (26, 40))  # blocks, by the mean of their sides
HEAD = f"{'':16} {'regions':>7} {'precision':>9} {'recall':>7} {'F1':>6} {'exact':>6}"


@dataclass(frozen=True)
class Count:
    """How many regions there were and how many were found."""

    true: int = 0
    right: int = 0
    exact: int = 0  # of the right ones, with the true block
    wrong: int = 0  # found where there is none

    def __add__(self, other: Count) -> Count:
        return Count(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    def row(self, name: str) -> str:
        """Write one line of the table."""
        precision, recall = (self.right / max(whole, 1) for whole in (self.right + self.wrong, self.true))
        f1 = 2 * self.right / max(2 * self.right + self.wrong + self.true - self.right, 1)
        exact = self.exact / max(self.right, 1)
        return f"{name:16} {self.true:7} {precision:9.3f} {recall:7.3f} {f1:6.3f} {exact:6.3f}"


def tensor(picture: np.ndarray) -> torch.Tensor:
    """Return a picture (H, W, 3) uint8 as (3, H, W) in [0, 1]."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255


def size_of(block: tuple[float, float]) -> str:
    """Name the class of sizes of a block."""
    mean = sum(block) / 2
    return next((f"block {low} to {high}" for low, high in SIZES if mean < high + 1), "larger")


def compare(found: Sequence[MosaicRegion], truths: Sequence[Truth], verbose: str) -> dict[str, Count]:
    """Count what was found, in all and by the size of the blocks."""
    masks = [mosaic.mask[0].numpy() > 0 for mosaic in found]
    matched = overlaps(masks, truths)
    counts: dict[str, Count] = defaultdict(Count)
    for truth, index in zip(truths, matched, strict=True):
        near = index is not None and all(
            abs(one - two) < 0.02 * two for one, two in zip(found[index].grid.block, truth.block, strict=True)
        )
        count = Count(1, index is not None, near)
        if verbose and not near:
            print(f"  {verbose}: {'missed' if index is None else found[index].grid} {truth.block} {truth.phase}")
        counts["all"] += count
        counts[size_of(truth.block)] += count
    for index, mosaic in enumerate(found):
        if index not in matched:
            counts["all"] += Count(wrong=1)
            counts[size_of(mosaic.grid.block)] += Count(wrong=1)
            if verbose:
                print(f"  {verbose}: wrong {mosaic.grid} {int(mosaic.mask.sum())} px, score {mosaic.score:.2f}")
    return counts


def placed(bar: Bar | Censored, picture: np.ndarray, corner: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Return the mask of what was found in its picture, or in a part of it with this corner."""
    mask = np.zeros(picture.shape[:2], bool)
    top, left = bar.top - corner[0], bar.left - corner[1]
    own = bar.mask[max(-top, 0) :, max(-left, 0) :]
    part = mask[max(top, 0) :, max(left, 0) :][: own.shape[0], : own.shape[1]]
    part[:] = own[: part.shape[0], : part.shape[1]]
    return mask
