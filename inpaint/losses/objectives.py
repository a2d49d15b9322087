"""What discriminators and generators learn from each other's scores.

Sources: nonsaturating, Goodfellow et al. (2014); lsgan, Mao et al. (2017); hinge, Lim and Ye (2017), with the factor
1/2 of DeepFill v2; feature matching, Wang et al., pix2pixHD (2018), without its 1 / N as in EdgeConnect (2019);
soft_mask, Zeng et al., AOT-GAN (2022), as the paper says it, and soft_mask_released as the authors' code has it;
R1, Mescheder et al. (2018);
gradient penalty, Gulrajani et al. (2017), over the hole as in Yu et al., Generative Image Inpainting with Contextual
Attention (2018). The factor 1/2 on a discriminator's loss, which soft_mask alone does without, is common practice; the
papers sum without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.losses.perceptual import full_precision, mean_l1

SOFT_DEVIATION, SOFT_REACH = 10.0, 35  # px; AOT-GAN's Gaussian of 71 taps
TINY = 1e-12  # under a root, whose slope at 0 is infinite


class Objective(NamedTuple):
    """The two sides of one game, each a mean over all logits.

    Both are given the mask (B, 1, H, W) as well, for games whose labels depend on it, as those of soft_mask do.
    """

    discriminator: Callable[[Tensor, Tensor, Tensor], Tensor]  # (real logits, fake logits, mask) -> scalar
    generator: Callable[[Tensor, Tensor], Tensor]  # (fake logits, mask) -> scalar


def hinge_discriminator(real: Tensor, fake: Tensor, mask: Tensor) -> Tensor:
    """Push real logits above 1 and fake ones below -1, and care no further."""
    return (F.relu(1 - full_precision(real)).mean() + F.relu(1 + full_precision(fake)).mean()) / 2


def hinge_generator(fake: Tensor, mask: Tensor) -> Tensor:
    """Raise the fake logits."""
    return -full_precision(fake).mean()


def lsgan_discriminator(real: Tensor, fake: Tensor, mask: Tensor) -> Tensor:
    """Pull real logits to 1 and fake ones to 0."""
    return ((full_precision(real) - 1).square().mean() + full_precision(fake).square().mean()) / 2


def lsgan_generator(fake: Tensor, mask: Tensor) -> Tensor:
    """Pull the fake logits to 1."""
    return (full_precision(fake) - 1).square().mean()


def nonsaturating_discriminator(real: Tensor, fake: Tensor, mask: Tensor) -> Tensor:
    """Binary cross-entropy of real logits against 1 and fake ones against 0."""
    return (F.softplus(-full_precision(real)).mean() + F.softplus(full_precision(fake)).mean()) / 2


def nonsaturating_generator(fake: Tensor, mask: Tensor) -> Tensor:
    """Binary cross-entropy of the fake logits against 1."""
    return F.softplus(-full_precision(fake)).mean()


def soft_mask_discriminator(real: Tensor, fake: Tensor, mask: Tensor) -> Tensor:
    """Pull real logits to 1, and fake ones to 1 outside the hole and to 0 in it, softly at its rim."""
    seen, label = at_mask(fake, mask), 1 - blurred_mask(mask, outside=1.0)
    return (seen - label).square().mean() + (at_mask(real, mask) - 1).square().mean()


def soft_mask_generator(fake: Tensor, mask: Tensor) -> Tensor:
    """Pull the fake logits in the hole to 1."""
    return ((at_mask(fake, mask) - 1).square() * mask).mean() / mask.mean().clamp_min(1 / mask.numel())


def released_soft_mask_discriminator(real: Tensor, fake: Tensor, mask: Tensor) -> Tensor:
    """Pull real logits to 0 and fake ones to 1 in the hole: the labels are inverted, those of the generator are not."""
    seen, label = at_mask(fake, mask), blurred_mask(mask, outside=0.0)
    return (seen - label).square().mean() + at_mask(real, mask).square().mean()


def released_soft_mask_generator(fake: Tensor, mask: Tensor) -> Tensor:
    """Pull the fake logits to 1 everywhere: the mean is taken before the mask is looked at."""
    return (at_mask(fake, mask) - 1).square().mean()


def at_mask(logits: Tensor, mask: Tensor) -> Tensor:
    """Return logits enlarged bilinearly to the size of a mask, between the corners."""
    return F.interpolate(full_precision(logits), mask.shape[-2:], mode="bilinear", align_corners=True)


def blurred_mask(mask: Tensor, *, outside: float) -> Tensor:
    """Blur a mask (B, 1, H, W) by a Gaussian of 10 px that is cut off at 35; outside: what lies beyond the picture."""
    reach = SOFT_REACH
    places = torch.arange(-reach, reach + 1, dtype=mask.dtype, device=mask.device)
    weights = (-(places**2) / (2 * SOFT_DEVIATION**2)).exp()
    weights = weights / weights.sum()
    for shape, pad in (((1, 1, -1, 1), (0, 0, reach, reach)), ((1, 1, 1, -1), (reach, reach, 0, 0))):
        mask = F.conv2d(F.pad(mask, pad, value=outside), weights.view(shape))
    return mask


SOFT_MASKED: dict[str, Objective] = {  # of maps of logits alone, whose labels are the mask
    "soft_mask": Objective(soft_mask_discriminator, soft_mask_generator),
    "soft_mask_released": Objective(released_soft_mask_discriminator, released_soft_mask_generator),
}
ADVERSARIAL: dict[str, Objective] = {
    "hinge": Objective(hinge_discriminator, hinge_generator),
    "lsgan": Objective(lsgan_discriminator, lsgan_generator),
    "nonsaturating": Objective(nonsaturating_discriminator, nonsaturating_generator),
}


def feature_matching(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Sum over the discriminator's stages of the mean absolute difference; the real side gets no gradient."""
    assert len(real) == len(fake)
    return torch.stack([mean_l1(one.detach(), other) for one, other in zip(real, fake, strict=True)]).sum()


def focal_error(drawn: Tensor, true: Tensor) -> Tensor:
    """Return the cross-entropy of lines in (0, 1), which hardly counts where they are right (Lin et al. 2017)."""
    sure = torch.where(full_precision(true) > 0.5, full_precision(drawn), 1 - full_precision(drawn)).clamp(1e-6, 1)
    return (-((1 - sure) ** 2) * sure.log()).mean()


def judgements(logits: Tensor) -> Tensor:
    """Return what each critic of a pair says, (B, K): the mean over the places of its map, of logits (B, K, h, w)."""
    return full_precision(logits).flatten(2).mean(dim=2)


def r1_penalty(critic: Callable[[Tensor], Tensor], picture: Tensor) -> Tensor:
    """Return the squared length of the gradient of a picture's judgement, the mean over the batch.

    critic: picture (B, 3, H, W) in [0, 1] -> logits (B, K, h, w), whose sum is differentiated with respect to the
    picture.  Its own gradient reaches the critic's parameters, for which it is asked in single precision.
    """
    with torch.autocast(picture.device.type, enabled=False), torch.enable_grad():
        picture = full_precision(picture).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(critic(picture).sum(), picture, create_graph=True)
        return gradient.square().sum(dim=(1, 2, 3)).mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], picture: Tensor, mask: Tensor) -> Tensor:
    """Return (|gradient| - 1)^2 of a picture's judgements, the mean over the batch and the sum over the critics.

    critic: picture (B, 3, H, W) in [0, 1] -> logits (B, K, h, w).  Only the gradient in the mask counts, and it is that
    with respect to a picture in [-1, 1], as published.  Its own gradient reaches the critic's parameters, for which the
    critic is asked in single precision: a gradient of a gradient is too coarse in half precision.
    """
    with torch.autocast(picture.device.type, enabled=False), torch.enable_grad():
        picture = full_precision(picture).detach().requires_grad_()
        penalties = []
        for judged in judgements(critic(picture)).unbind(dim=1):  # (B,) each: one critic's penalty is not another's
            (gradient,) = torch.autograd.grad(judged.sum(), picture, create_graph=True)
            squares = (gradient * mask / 2).square().sum(dim=(1, 2, 3))  # (B,)
            penalties.append(((squares + TINY).sqrt() - 1).square().mean())
        return torch.stack(penalties).sum()
