"""A network that draws its answers, and a discriminator that says which it likes, for tests."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from inpaint.contracts import Discriminator, ExtraInput, Generator, Scores
from inpaint.restoring.restorer import Restorer
from inpaint.sample import Prediction


class Whims(Generator):
    """A network that answers with one grey, which it draws."""

    samples = True
    inputs: Mapping[str, ExtraInput] = {"whim": ExtraInput(1, noise=True, every=0)}

    def forward(self, image: Tensor, mask: Tensor, *, whim: Tensor | None = None) -> Prediction:
        grey = 0.8 if whim is None else 0.5 + 0.1 * whim[:, :, None, None]
        return Prediction(torch.zeros_like(image) + grey, {})


class LikesDark(Discriminator):
    """It takes dark pictures for real, and remembers what it saw."""

    def __init__(self, weight: float = 1.0):
        super().__init__()
        self.weight, self.seen = weight, list[Tensor]()

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.seen.append(candidate)
        return Scores(-self.weight * candidate.mean(dim=(1, 2, 3), keepdim=True), [])


def drawing(judges: Mapping[str, Discriminator] | None = None, side: int = 0) -> Restorer:
    return Restorer(Whims(), shows={"hole": "grey"}, device="cpu", judges=judges, side=side)
