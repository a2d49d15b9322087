"""What discriminators and generators learn from each other's scores.

Sources: nonsaturating, Goodfellow et al. (2014); lsgan, Mao et al. (2017); hinge, Lim and Ye (2017), with the factor
1/2 of DeepFill v2; feature matching, Wang et al., pix2pixHD (2018), without its 1 / N as in EdgeConnect (2019). The
factor 1/2 on every discriminator's loss is common practice; the papers sum without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.losses.perceptual import full_precision, mean_l1


class Objective(NamedTuple):
    """The two sides of one game, each a mean over all logits."""

    discriminator: Callable[[Tensor, Tensor], Tensor]  # (real logits, fake logits) -> scalar
    generator: Callable[[Tensor], Tensor]  # fake logits -> scalar


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Push real logits above 1 and fake ones below -1, and care no further."""
    return (F.relu(1 - full_precision(real)).mean() + F.relu(1 + full_precision(fake)).mean()) / 2


def hinge_generator(fake: Tensor) -> Tensor:
    """Raise the fake logits."""
    return -full_precision(fake).mean()


def lsgan_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Pull real logits to 1 and fake ones to 0."""
    return ((full_precision(real) - 1).square().mean() + full_precision(fake).square().mean()) / 2


def lsgan_generator(fake: Tensor) -> Tensor:
    """Pull the fake logits to 1."""
    return (full_precision(fake) - 1).square().mean()


def nonsaturating_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Binary cross-entropy of real logits against 1 and fake ones against 0."""
    return (F.softplus(-full_precision(real)).mean() + F.softplus(full_precision(fake)).mean()) / 2


def nonsaturating_generator(fake: Tensor) -> Tensor:
    """Binary cross-entropy of the fake logits against 1."""
    return F.softplus(-full_precision(fake)).mean()


ADVERSARIAL: dict[str, Objective] = {
    "hinge": Objective(hinge_discriminator, hinge_generator),
    "lsgan": Objective(lsgan_discriminator, lsgan_generator),
    "nonsaturating": Objective(nonsaturating_discriminator, nonsaturating_generator),
}


def feature_matching(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Sum over the discriminator's stages of the mean absolute difference; the real side gets no gradient."""
    assert len(real) == len(fake)
    return torch.stack([mean_l1(one.detach(), other) for one, other in zip(real, fake, strict=True)]).sum()
