"""Learning from the original alone: every term compares the prediction with the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import nn

from inpaint.contracts import Generator, Turn
from inpaint.losses import Weight, check_weights, weighted
from inpaint.losses.scene import Features, Scene, check_error_units
from inpaint.sample import Sample


class Supervised(nn.Module):
    """The generator alone learns, once per batch."""

    def __init__(
        self,
        generator: Generator,
        *,
        weights: Mapping[str, Weight],
        errors_in: str = "unit",
        features: Features | None = None,
    ):
        """Take the network that learns and how much each term counts.

        errors_in: the scale in which pixels are compared: unit, signed ([-1, 1]) or imagenet (by its deviation).
        """
        super().__init__()
        check_weights(weights, features=features)
        check_error_units(errors_in)
        self.generator = generator
        self.weights = dict(weights)
        self.errors_in = errors_in
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"generator": self.generator}

    @property
    def steady(self) -> bool:
        """Whether every step differentiates the same terms of the same networks, once."""
        return all(isinstance(weight, int | float) for weight in self.weights.values())

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the generator's turn."""
        prediction = self.generator(sample.image, sample.mask, **sample.inputs)
        yield Turn("generator", weighted(self.weights, Scene(prediction, sample, self.features, self.errors_in), step))
