"""Batches that the network over cells learns from, made on the device, and the loss of a batch.

Mosaics of 4 px are one step of the network.  Those of 8 and 16 px are two: the first is made on all cells, the last,
from the first one's answer, in a window, so that all last steps of a batch are one call.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from device_pictures import Mosaics, Pictures, mosaics
from torch import Tensor, nn

from inpaint.generators.cells import repeated, with_means

FINER = 4  # px that one cell of a last step has a side
WINDOW = 32  # cells a side that a last step is trained on
MID, FAR = 32, 20  # cells a side of the mosaics of 8 and of 16 px
SQUARED = 0.04  # brings the logarithm of the squared error to the size of the absolute one
STILL = 1e-3  # of squared error, 30 dB: mosaics that are nearer than this hardly count for more than others


class Part(NamedTuple):
    """Mosaics as the network is shown them, and what is wanted."""

    image: Tensor
    mask: Tensor
    target: Tensor
    cells: Tensor


class Chain(NamedTuple):
    """Mosaics whose first step is made on all cells and whose last one in a window."""

    first: Part
    last: Part
    window: Tensor  # (B, 2), first row and column, in cells of the last step


class Batch(NamedTuple):
    near: Part
    mid: Chain
    far: Chain


def drawn(pictures: Pictures, size: int) -> Batch:
    """Make a batch: so many mosaics of 4 px, half as many of 8 px, a third as many of 16 px."""
    near = mosaics(pictures.crops(size, FINER * WINDOW), FINER, cut=True)
    mid = mosaics(pictures.crops(size // 2, 8 * MID), 8)
    far = mosaics(pictures.crops(size // 3, 16 * FAR), 16)
    return Batch(Part(near.image, near.mask, near.target, near.cells), chained(mid, 2), chained(far, 4))


def chained(given: Mosaics, step: int) -> Chain:
    """Prepare the first step on all cells, and the last one in a window of whole cells."""
    image, mask, target = (F.avg_pool2d(it, FINER) for it in (given.image, given.mask, given.target))
    first = Part(torch.where(mask > 0.5, repeated(given.cells, step), image), mask, target, given.cells)
    cells = WINDOW // step  # a side
    at = torch.randint(given.cells.shape[-1] - cells + 1, (len(image), 2), device=image.device)
    pixels = (windowed(it, at * FINER * step, FINER * WINDOW) for it in (given.image, given.mask, given.target))
    image, mask, target = pixels
    return Chain(first, Part(image, mask, target, windowed(given.cells, at, cells)), at * step)


def windowed(pictures: Tensor, at: Tensor, side: int) -> Tensor:
    """Cut a square out of each picture, (B, C, H, W) at (B, 2) -> (B, C, side, side)."""
    along = torch.arange(side, device=at.device)
    rows, columns = (at[:, axis, None] + along for axis in range(2))
    number = torch.arange(len(at), device=at.device)[:, None, None]
    return pictures.permute(0, 2, 3, 1)[number, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)


def losses(network: nn.Module, batch: Batch, squared: Tensor | float, chained_share: float) -> Tensor:
    """Return the loss of both first steps and of all last ones."""
    total, parts, guessed = torch.zeros((), device=batch.near.image.device), [batch.near], []
    for chain, step in ((batch.mid, 2), (batch.far, 4)):
        prediction = network(chain.first.image, chain.first.mask, block=step)
        answer = windowed(prediction.image.detach().float(), chain.window, WINDOW)
        shown = torch.where(chain.last.mask > 0.5, repeated(answer, FINER), chain.last.image)
        parts.append(chain.last._replace(image=shown))
        total = total + 0.5 * chained_share * missed(prediction.extras["raw"], chain.first, step, squared)
    for value, part in enumerate(parts):
        guessed.append(torch.full((len(part.image), 1, 1, 1), float(value > 0), device=total.device))
    image, mask = (torch.cat([part[it] for part in parts]) for it in range(2))
    raw = network(image, mask, block=FINER, guessed=torch.cat(guessed)).extras["raw"]
    shares = (1.0, 0.5 * chained_share, 0.5 * chained_share)
    answers = raw.split([len(part.image) for part in parts])
    for part, answer, block, share in zip(parts, answers, (4, 8, 16), shares, strict=True):
        total = total + share * missed(answer, part, block, squared)
    return total


def missed(raw: Tensor, part: Part, block: int, squared: Tensor | float) -> Tensor:
    """Return the error in the mask of an answer, and of the same with the measured means, on average.

    `squared`: 1 for the logarithm of every mosaic's squared error, as in PSNR, 0 for the absolute error.
    """
    raw, sizes = raw.float(), 3 * part.mask.sum((1, 2, 3))
    total = torch.zeros((), device=raw.device)
    for answer in (raw, with_means(raw, part.mask, part.cells, block)):
        error = (answer - part.target) * part.mask
        decibels = (error.square().sum((1, 2, 3)) / sizes.clamp(min=1) / STILL).log1p()
        total = total + (1 - squared) * error.abs().sum() + squared * SQUARED * (sizes * decibels).sum()
    return total / (2 * sizes.sum().clamp(min=1))
