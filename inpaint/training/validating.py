"""What the averaged network makes of the validation samples, over all ranks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from statistics import fmean, stdev
from typing import NamedTuple

import torch
from torch import Tensor

from inpaint import distributed
from inpaint.metrics import METRICS
from inpaint.metrics.scoring import MeasuredScene, capped, score
from inpaint.sample import Sample, joined_batches

SHOWN = 8  # rows of a sheet


class Best(NamedTuple):
    """Which network is kept as best.safetensors: a metric by its name in METRICS, or the last one."""

    metric: str | None = "psnr_mask"

    def better(self, score: float, than: float | None) -> bool:
        """Tell whether a score is better than the best so far; one that is no number never is."""
        if self.metric is None or than is None:
            return score == score
        wanted = METRICS[self.metric].better
        return score > than if wanted == "higher" else score < than


def batches_of(samples: Sequence[Sample], size: int) -> list[Sample]:
    """Join samples, each a batch of one, to batches."""
    groups = [samples[start : start + size] for start in range(0, len(samples), size)]
    return [joined_batches(group) for group in groups]


def shared(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Return the samples that this rank looks at."""
    return samples[distributed.rank() :: distributed.world_size()]


def validation_scores(
    names: Sequence[str], samples: Sequence[Sample], restored: Sequence[Tensor]
) -> dict[str, list[float]]:
    """Return each metric of the samples of all ranks, in the order of the samples; these are the ones of this rank.

    restored: the composites, each (1, 3, H, W).
    """
    scores = [
        {name: validation_score(name, image, sample) for name in names}
        for image, sample in zip(restored, samples, strict=True)
    ]
    turns = zip_longest(*distributed.gathered(scores))  # the ranks took one in turn
    everyone = [it for turn in turns for it in turn if it is not None]
    return {name: [it[name] for it in everyone] for name in names}


def gain_of(now: Sequence[float], first: Sequence[float]) -> tuple[float, float] | None:
    """Return the mean of what the same samples have gained, and its standard error; None for other samples.

    >>> gain_of([25.0, 27.0], [24.0, 24.0])
    (2.0, 1.0)
    """
    if len(now) != len(first) or len(now) < 2:
        return None
    gains = [one - other for one, other in zip(now, first, strict=True)]
    return fmean(gains), stdev(gains) / len(gains) ** 0.5


def validation_score(name: str, image: Tensor, sample: Sample) -> float:
    """Return a metric of one composite; a perfect answer (a flat place) counts as 100 dB, not as infinity."""
    metric, scene = METRICS[name], MeasuredScene(sample.target[0], sample.mask[0], sample.image[0], None)
    return float(capped(torch.tensor(score(image[0], scene, {name: metric})[name]), metric))


def spread(samples: Sequence[Sample], count: int = SHOWN) -> list[Sample]:
    """Return so many samples from all over: patches of one picture lie side by side."""
    count = min(count, len(samples))
    return [samples[index * len(samples) // count] for index in range(count)]
