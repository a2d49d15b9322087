"""Samples that are drawn but not yet damaged: what the processes that prepare pictures leave for the device to do.

A draft is the original and its mask in bytes, and the numbers of what is to be done, so that it is a seventh of the
finished sample on its way.  All that is random has been drawn: damaging it is arithmetic alone (`batches`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import default_collate

WAYS = ("coloured", "mean", "smooth", "cells", "enlarged", "feathered", "finished")


class DamagePlan(NamedTuple):
    """What is to be done in a mask."""

    way: str  # of WAYS
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    block: tuple[int, int] = (1, 1)  # px, as of Grid
    phase: tuple[int, int] = (0, 0)  # px
    centre: bool = False  # whether a cell shows its middle pixel instead of its mean
    radius: int = 0  # px, of a feathered edge
    rounding: bool = False  # to the 256 levels of a file

    def numbers(self) -> Tensor:
        """Return all but the way, (10,), as `Drafts.numbers` has them."""
        return torch.tensor([*self.colour, *self.block, *self.phase, self.centre, self.radius, self.rounding]).float()


class Draft(NamedTuple):
    """One sample."""

    target: Tensor  # (3, H, W) uint8
    mask: Tensor  # (1, H, W) uint8, of 0 and 1: whole cells, where whole cells are painted
    plan: DamagePlan
    image: Tensor | None = None  # (3, H, W) uint8, where it is finished
    inputs: dict[str, Tensor] = {}  # noqa: RUF012 - never written to


class Drafts(NamedTuple):
    """A batch of samples."""

    target: Tensor  # (B, 3, H, W) uint8
    mask: Tensor  # (B, 1, H, W) uint8
    numbers: Tensor  # (B, 10), as of DamagePlan
    places: dict[str, Tensor]  # by way, which samples go it, (n,); ways that none goes are not there
    finished: Tensor | None  # (n, 3, H, W) uint8, what those look like that are finished
    inputs: dict[str, Tensor]

    def each(self, change: Callable[[Tensor], Tensor]) -> Drafts:
        """Return the drafts with every tensor changed alike."""
        places, inputs = ({name: change(part) for name, part in it.items()} for it in (self.places, self.inputs))
        finished = None if self.finished is None else change(self.finished)
        return Drafts(change(self.target), change(self.mask), change(self.numbers), places, finished, inputs)


def in_bytes(picture: Tensor) -> Tensor:
    """Round a picture in [0, 1] to the 256 levels of a file.

    >>> in_bytes(torch.tensor([0.0, 0.5, 1.0])).tolist()
    [0, 128, 255]
    """
    return (picture * 255).round_().to(torch.uint8)


def joined_drafts(drafts: Sequence[Draft]) -> Drafts:
    """Join samples to a batch."""
    ways = [draft.plan.way for draft in drafts]
    places = {way: torch.tensor([number for number, it in enumerate(ways) if it == way]) for way in WAYS if way in ways}
    images = [draft.image for draft in drafts if draft.image is not None]
    return Drafts(
        torch.stack([draft.target for draft in drafts]),
        torch.stack([draft.mask for draft in drafts]),
        torch.stack([draft.plan.numbers() for draft in drafts]),
        places,
        torch.stack(images) if images else None,
        default_collate([draft.inputs for draft in drafts]),
    )
