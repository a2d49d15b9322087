"""The error of what continues a picture, which counts less the further it is from what is known.

Source: Yang et al., Very Long Natural Scenery Image Prediction by Outpainting (2019), and the authors' code: half a
cosine over the columns that are new.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inpaint.losses.perceptual import full_precision
from inpaint.losses.scene import Scene


def continued_mse(scene: Scene) -> Tensor:
    """Return the mean squared error, weighed by 1 where pixels are known, and from 1 to 0 along new ones of a row."""
    error = scene.in_units(full_precision(scene.prediction.image) - full_precision(scene.sample.target))
    return (error.square() * fading_weights(full_precision(scene.sample.mask))).mean()


def fading_weights(mask: Tensor) -> Tensor:
    """Return weights (B, 1, H, W) that fall from 1 to 0 along the masked pixels of each row, from left to right."""
    place, count = mask.cumsum(dim=-1) - 1, mask.sum(dim=-1, keepdim=True)
    fading = (1 + (math.pi * place / (count - 1).clamp(min=1)).cos()) / 2
    return torch.where(mask > 0.5, fading, 1.0)
