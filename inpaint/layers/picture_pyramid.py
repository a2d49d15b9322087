"""A picture at several sizes, from one that shows nothing but its layout to its own.

Source: Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image (2019): sizes in equal
proportions, the coarsest with a shorter side of so many pixels; resized bicubically with antialiasing.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor


def pyramid_sizes(size: tuple[int, int], scales: int, least: int) -> list[tuple[int, int]]:
    """Return so many (height, width), coarsest first, the last one the picture's own.

    least: px of the shorter side of the coarsest; a picture that is no larger is not shrunk.

    >>> pyramid_sizes((250, 250), 10, 25)[:3]
    [(25, 25), (33, 33), (42, 42)]
    """
    ratio = min(1.0, least / min(size)) ** (1 / max(1, scales - 1))
    factors = [ratio ** (scales - 1 - number) for number in range(scales - 1)] + [1.0]
    return [(size_at(size[0], factor), size_at(size[1], factor)) for factor in factors]


def size_at(side: int, factor: float) -> int:
    """Return a side shrunk by a factor, rounded up but for what floating point adds."""
    return max(1, math.ceil(side * factor - 1e-6))


def at_size(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize a picture (B, C, H, W) bicubically, averaging where it shrinks."""
    if picture.shape[-2:] == size:
        return picture
    return F.interpolate(picture, list(size), mode="bicubic", align_corners=False, antialias=True)
