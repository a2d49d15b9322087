"""What passes between the rooms: a batch to learn from, a network's answer, and the composite of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Sample(NamedTuple):
    """A batch of damaged pictures and their originals; a single sample is the same without B."""

    image: Tensor  # (B, 3, H, W) in [0, 1], what the network sees
    mask: Tensor  # (B, 1, H, W), exactly 0 or 1; 1 = restore this pixel
    target: Tensor  # (B, 3, H, W) in [0, 1], the clean original
    inputs: dict[str, Tensor] = {}  # noqa: RUF012 - never written to; what else the network is given, by its keywords

    def each(self, change: Callable[[Tensor], Tensor]) -> Sample:
        """Return the sample with every tensor changed alike."""
        image, mask, target = (change(part) for part in self[:3])
        return Sample(image, mask, target, {name: change(part) for name, part in self.inputs.items()})

    def chunks(self, count: int) -> list[Sample]:
        """Cut a batch into so many parts of equal size."""
        parts = zip(*(part.chunk(count) for part in self[:3]), strict=True)
        inputs = {name: part.chunk(count) for name, part in self.inputs.items()}
        return [
            Sample(image, mask, target, {name: pieces[number] for name, pieces in inputs.items()})
            for number, (image, mask, target) in enumerate(parts)
        ]


def joined_batches(samples: Sequence[Sample]) -> Sample:
    """Join batches to one."""
    image, mask, target = (torch.cat(part) for part in zip(*(sample[:3] for sample in samples), strict=True))
    return Sample(
        image, mask, target, {name: torch.cat([it.inputs[name] for it in samples]) for name in samples[0].inputs}
    )


class Prediction(NamedTuple):
    """What a generator answers."""

    image: Tensor  # (B, 3, H, W), raw, before the composite
    extras: dict[str, Tensor]  # "coarse", "edge", ...; {} for one-stage networks


def composite(prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """Take the prediction where mask is 1 and the untouched image elsewhere.

    prediction, image: (B, 3, H, W).  mask: (B, 1, H, W) in {0, 1}.  Known pixels are copied, never blended, so
    they keep their exact bits.
    """
    return prediction.where(mask > 0.5, image)
