"""What passes between the rooms: a batch to learn from, a network's answer, and the composite of both."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Sample(NamedTuple):
    """A batch of damaged pictures and their originals; a single sample is the same without B."""

    image: Tensor  # (B, 3, H, W) in [0, 1], what the network sees
    mask: Tensor  # (B, 1, H, W), exactly 0 or 1; 1 = restore this pixel
    target: Tensor  # (B, 3, H, W) in [0, 1], the clean original


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
