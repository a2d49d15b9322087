"""Learning from the original alone: every term compares the prediction with the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import nn

from inpaint.contracts import Generator, Turn
from inpaint.losses import Weight, check_weights, weighted
from inpaint.losses.scene import Features, Scene
from inpaint.sample import Sample


class Supervised(nn.Module):
    """The generator alone learns, once per batch."""

    def __init__(self, generator: Generator, *, weights: Mapping[str, Weight], features: Features | None = None):
        super().__init__()
        check_weights(weights, features=features)
        self.generator = generator
        self.weights = dict(weights)
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator}

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the generator's turn."""
        prediction = self.generator(sample.image, sample.mask)
        yield Turn("generator", weighted(self.weights, Scene(prediction, sample, self.features), step))
