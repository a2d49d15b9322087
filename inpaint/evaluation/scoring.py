"""The numbers of one method on one case: picture by picture, and over all of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from inpaint.metrics import METRICS, Metric


def score(restored: Tensor, target: Tensor, mask: Tensor, metrics: Mapping[str, Metric] = METRICS) -> dict[str, float]:
    """Measure one restored picture, by the metrics that are of one picture.

    restored, target: (3, H, W) in [0, 1].  mask: (1, H, W).
    """
    return {
        name: metric.picture(restored[None], target[None], _counted(metric, mask)).item()
        for name, metric in metrics.items()
        if metric.picture is not None
    }


class Scoring:
    """The scores of a method, which is fed one restored picture after another."""

    def __init__(self, metrics: Mapping[str, Metric] = METRICS) -> None:
        self.metrics = metrics
        self.of_pictures: list[dict[str, float]] = []
        self.of_set = {name: metric.whole_set() for name, metric in metrics.items() if metric.whole_set is not None}
        self.seconds = 0.0

    def add(self, restored: Tensor, target: Tensor, mask: Tensor, seconds: float) -> None:
        """Measure one restored picture.  restored, target: (3, H, W) in [0, 1].  mask: (1, H, W)."""
        self.of_pictures.append(score(restored, target, mask, self.metrics))
        for name, metric in self.of_set.items():
            metric.update(restored[None], target[None], _counted(self.metrics[name], mask))
        self.seconds += seconds

    def scores(self) -> dict[str, float]:
        """Return every number, means over pictures or of the whole set; above a metric's cap a picture counts as it."""
        first = self.of_pictures[0]
        table = torch.tensor([list(each.values()) for each in self.of_pictures], dtype=torch.float64)  # (N, metrics)
        for column, name in enumerate(first):
            cap = self.metrics[name].cap
            if cap is not None:
                table[:, column] = table[:, column].clamp(max=cap)
        numbers = dict(zip(first, table.mean(0).tolist(), strict=True))
        numbers |= {name: metric.compute() for name, metric in self.of_set.items()}
        return {name: numbers[name] for name in self.metrics}


def _counted(metric: Metric, mask: Tensor) -> Tensor:
    """Return the mask of the pixels that a metric counts, (1, 1, H, W), from that of a picture, (1, H, W)."""
    return mask[None] if metric.region == "mask" else torch.ones_like(mask)[None]
