"""What train_vivid.py learns from: answers with noise at every octave, two of every mosaic, and terms of its loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from cell_batches import FINER, WINDOW, Batch, Chain, Part, windowed
from torch import Tensor

from inpaint.generators.cells import Cells, repeated, with_means

FIRST = 2  # of the parts of a batch are first steps, which are made for others to start from


class Made(NamedTuple):
    """What was asked for, and the answer with the measured means."""

    part: Part
    answer: Tensor  # (B, 3, H, W)

    @property
    def shown(self) -> Tensor:
        """The answer in the mask and the original elsewhere."""
        return torch.where(self.part.mask > 0.5, self.answer, self.part.target)


def twice(batch: Batch) -> Batch:
    """Repeat every mosaic, so that neighbours differ in the noise alone."""

    def parts(part: Part) -> Part:
        return Part(*(it.repeat_interleave(2, 0) for it in part))

    mid, far = (Chain(parts(it.first), parts(it.last), it.window.repeat_interleave(2, 0)) for it in batch[1:])
    return Batch(parts(batch.near), mid, far)


def answers(network: Cells, batch: Batch, *, vary: bool) -> list[Made]:
    """Return every step's part and answer, first steps before last ones, which start from the first ones'."""
    made, last = [], [(batch.near, 4)]
    for chain, step, block in ((batch.mid, 2, 8), (batch.far, 4, 16)):
        varied = noise_for(network, chain.first, step, vary=vary)
        answer = network(chain.first.image, chain.first.mask, block=step, **varied).image.float()
        made.append(Made(chain.first, answer))
        started = repeated(windowed(answer.detach(), chain.window, WINDOW), FINER)
        shown = torch.where(chain.last.mask > 0.5, started, chain.last.image)
        last.append((chain.last._replace(image=shown), block))
    sizes = [len(part.image) for part, _ in last]
    guessed = torch.cat([torch.full((size, 1, 1, 1), float(it > 0)) for it, size in enumerate(sizes)])
    image, mask, target = (torch.cat([part[it] for part, _ in last]) for it in range(3))
    whole = Part(image, mask, target, batch.near.cells)
    varied = noise_for(network, whole, FINER, vary=vary)
    raw = network(image, mask, block=FINER, guessed=guessed.to(image), **varied).extras["raw"].float()
    for (part, block), answer in zip(last, raw.split(sizes), strict=True):
        made.append(Made(part, with_means(answer, part.mask, part.cells, block)))
    return made


def noise_for(network: Cells, part: Part, step: int, *, vary: bool) -> dict[str, Tensor]:
    """Draw noise for the cells of a part."""
    if not vary:
        return {}
    size = part.image.shape[2] // step, part.image.shape[3] // step
    return {"noise": torch.randn(len(part.image), network.noise_channels, *size, device=part.image.device)}


def judged(scores: Tensor, part: Part) -> Tensor:
    """Return the mean of scores per patch, over the patches that lie in the mask."""
    share = F.adaptive_avg_pool2d(part.mask, (scores.shape[2], scores.shape[3]))
    return (scores.float() * share).sum() / share.sum().clamp(min=1)


def mean_missed(made: Made) -> Tensor:
    """Return the absolute error of the mean of every mosaic's two answers.

    The mean of all that noise can make should be the faithful answer; a single one may be further away.
    Source: Ohayon et al., "High Perceptual Quality Image Denoising with a Posterior Sampling CGAN" (2021), eq. 7.
    """
    pairs = made.answer.unflatten(0, (-1, 2)).mean(1)
    target, mask = made.part.target[::2], made.part.mask[::2]
    return ((pairs - target).abs() * mask).sum() / (3 * mask.sum().clamp(min=1))


def absolute(made: Made) -> Tensor:
    part = made.part
    return ((made.answer - part.target).abs() * part.mask).sum() / (3 * part.mask.sum().clamp(min=1))


def squared(made: Made) -> Tensor:
    part = made.part
    return ((made.answer - part.target).square() * part.mask).sum() / (3 * part.mask.sum().clamp(min=1))
