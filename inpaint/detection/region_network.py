"""Judges by a small network what was done to a region whose pixels no rule explains.

What: how high the steps from pixel to pixel are, in four directions and over three distances, and how many there are
none of, tells flat cells, blurs and smears from pictures, in JPEGs too.  A small network sees these everywhere, beside
the colours and the mark; the means of its features over the region and over what lies around it are compared.
Source: our own.  Trained by `scripts/train_regions.py`; `inpaint/weights/regions.md` says on what, and how it errs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = ("hole", "cells", "soft", "other")
JUDGING_FEATURES = 48
POOLED = 4  # px a side, in which steps are summed up
STEP_DISTANCES = 1, 2, 4  # px
STEP_DIRECTIONS = (0, 1), (1, 0), (1, 1), (1, -1)  # (y, x)
SMALLEST_STEP = 0.1  # levels; smaller ones count as it
NO_STEP = 1.5  # levels; smaller ones are rounding
SHOWN_MAPS = len(STEP_DIRECTIONS) * (len(STEP_DISTANCES) + 2) + 3  # maps that the network sees, beside the mark
MIDDLE_LOG_SIDE = 2.0  # logarithm of the side of cells in px, which a network without knowledge answers
WEIGHTS_OF_RGB = (0.299, 0.587, 0.114)  # ITU-R BT.601


class RegionNetwork(nn.Module):
    """Tells the class of a region, and the side of its cells."""

    def __init__(self) -> None:
        """Build the network; see the module."""
        super().__init__()

        def layer(before: int, reach: int) -> nn.Sequential:
            conv = nn.Conv2d(before, JUDGING_FEATURES, 3, padding=reach, dilation=reach, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(JUDGING_FEATURES), nn.SiLU())

        self.norm = nn.BatchNorm2d(SHOWN_MAPS)
        self.first = layer(SHOWN_MAPS + 1, 1)
        self.wider = nn.ModuleList(layer(JUDGING_FEATURES, reach) for reach in (1, 2, 4))
        self.each = nn.Conv2d(JUDGING_FEATURES, len(CLASSES), 1)
        compared = 2 * (JUDGING_FEATURES + len(CLASSES))
        self.judge = nn.Sequential(
            nn.BatchNorm1d(compared), nn.Linear(compared, 64), nn.SiLU(), nn.Linear(64, len(CLASSES) + 1)
        )

    def forward(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logits of the classes (B, 4), the logarithm of the cells' side in px (B,), and logits everywhere.

        image: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W), the region.  H and W divide by 4.  The last is
        (B, 4, H / 4, W / 4), which training alone looks at.
        """
        inside = functional.avg_pool2d(mask, POOLED)
        features = self.first(torch.cat([self.norm(maps_of_steps(image)), 2 * inside - 1], 1))
        for layer in self.wider:
            features = features + layer(features)
        each = self.each(features)
        told = torch.cat([features, each.softmax(1)], 1)
        means = [(told * share).sum((2, 3)) / share.sum((2, 3)).clamp(min=1) for share in (inside, 1 - inside)]
        answer = self.judge(torch.cat(means, 1))
        return answer[:, :-1], answer[:, -1] + MIDDLE_LOG_SIDE, each


def maps_of_steps(image: Tensor) -> Tensor:
    """Return what the network sees of a picture (B, 3, H, W) in [0, 1]: (B, SHOWN_MAPS, H / 4, W / 4)."""
    weights = image.new_tensor(WEIGHTS_OF_RGB)[:, None, None]
    levels = 255 * (image * weights).sum(1, keepdim=True)  # (B, 1, H, W)
    farthest, (height, width) = max(STEP_DISTANCES), levels.shape[2:]
    padded = functional.pad(levels, (farthest,) * 4, mode="replicate")
    maps = []
    for distance in STEP_DISTANCES:
        for down, right in STEP_DIRECTIONS:
            top, left = farthest + down * distance, farthest + right * distance
            steps = (padded[..., top : top + height, left : left + width] - levels).abs()
            maps.append(functional.avg_pool2d(steps, POOLED).clamp(min=SMALLEST_STEP).log())
            if distance == 1:
                maps.append(functional.max_pool2d(steps, POOLED).clamp(min=SMALLEST_STEP).log())
                maps.append(functional.avg_pool2d((steps <= NO_STEP).to(steps.dtype), POOLED))
    return torch.cat([*maps, functional.avg_pool2d(image, POOLED)], 1)
