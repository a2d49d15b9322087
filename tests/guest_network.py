"""A network as somebody outside the package would write it: one file that ends with build."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.sample import Prediction


class Guest(Generator):
    """Two convolutions that correct what they are shown."""

    multiple = 2
    exportable: str | None = None

    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(4, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(image + self.layers(torch.cat([image, mask], dim=1)), {})


def build(*, width: int = 4) -> Generator:
    """Build the guest."""
    return Guest(width)
