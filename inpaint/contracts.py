"""What rooms promise each other: a generator restores, a discriminator judges, a recipe says who learns from what.

The classes hold facts and types, nothing else: a network sets what differs from the defaults and writes its forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, Protocol, get_args

import torch
from torch import Tensor, nn

from inpaint.sample import Prediction, Sample

View = Literal["crop", "square", "whole", "small"]
VIEWS: tuple[View, ...] = get_args(View)


class ExtraInput(NamedTuple):
    """An input beside the picture and its mask: a keyword of the generator's forward whose default is None.

    None means what the network takes when nobody gives anything; no caller needs to know that the input exists.
    """

    channels: int
    noise: bool = False  # drawn anew from the normal distribution for every other answer, or given by somebody
    drawn: bool = False  # whether the samples of training bring it
    every: int = 1  # px of the picture for each value along an axis; 0 = one vector for the whole picture

    def draw(self, image: Tensor, rng: torch.Generator) -> Tensor:
        """Draw noise for pictures (B, 3, H, W): (B, channels, H / every, W / every); (B, channels) where every is 0."""
        batch, _, height, width = image.shape
        size = (-(-height // self.every), -(-width // self.every)) if self.every else ()
        return torch.randn(batch, self.channels, *size, generator=rng).to(image)


class Generator(nn.Module):
    """A network that restores: forward(image, mask) -> Prediction, and what it says of itself.

    image: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}, 1 = restore.  Extra inputs are further keywords.
    """

    multiple: int = 1  # px; H and W must divide by it
    view: View = (
        "crop"  # what it must see around a hole: a crop with context, a square of its training size, all, or all shrunk
    )
    samples: bool = False  # whether other noise gives another answer to the same picture
    exportable: str | None = None  # why it cannot be written as ONNX
    mean_is_nearer: bool = False  # whether the mean of its answers to a turned picture is as good to look at as each
    cell_steps: tuple[int, ...] = ()  # px along a cell that it makes at once, if it restores mosaics from their cells
    channels_last: bool = True  # whether it also computes with the channels of a pixel beside each other in memory
    faster_channels_last: bool = True  # and whether it trains faster so (`scripts/bench_training.py`)
    shows: Mapping[str, str] = {}  # how it wants each censor shown, where it leaves the run no choice
    inputs: Mapping[str, ExtraInput] = {}  # beside picture and mask, by the keyword of its forward

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        raise NotImplementedError


class Scores(NamedTuple):
    """How real a picture looks, patch by patch, and what was seen on the way."""

    logits: Tensor  # (B, 1, h, w), high = real
    features: list[Tensor]  # what each stage answers, (B, C, h, w), from the first to the logits


class Discriminator(nn.Module):
    """A network that judges: forward(candidate, image, mask) -> Scores; its options say which of the three it looks at.

    candidate: (B, C, H, W) in [0, 1], the original or what a generator made of it.  image: (B, 3, H, W), the damaged
    picture that the generator saw.  mask: (B, 1, H, W).
    """

    part: Mapping[str, Any] = {}  # its name and options, where a recipe builds it that no YAML names

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        raise NotImplementedError


class Turn(NamedTuple):
    """One step of one player; the trainer sums the terms, differentiates and logs them."""

    player: str  # whose optimizer steps now
    terms: dict[str, Tensor]  # named, weighted scalars


class Recipe(Protocol):
    """How networks learn from a batch: an nn.Module that owns them."""

    @property
    def generator(self) -> Generator:
        """What is restored with, and averaged."""
        ...

    @property
    def players(self) -> Mapping[str, nn.Module]:
        """The networks that learn, one optimizer each, by the names that the YAML's optimizers have."""
        ...

    # A recipe whose generator samples may have `judges`, a mapping by name: its checkpoints carry these discriminators,
    # so that the best of several answers can be told.

    def turns(self, sample: Sample, step: int) -> Iterable[Turn]:
        """Yield who learns now and from what; the order of learning is the order of lines."""
        ...

    def train(self, mode: bool = True) -> Any: ...
    def to(self, *args: Any, **kwargs: Any) -> Any: ...
    def parameters(self) -> Iterable[nn.Parameter]: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any: ...
