"""The numbers of one restored picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor

from inpaint.metrics import METRICS, Metric, PixelMap
from inpaint.metrics.picture_regions import PictureRegion, region_of
from inpaint.metrics.ssim import SSIM_REACH, interior, ssim_map
from inpaint.mosaic.grid import Grid

MAP_REACH = 2 * SSIM_REACH  # pixels around what differs: so far SSIM differs, and so far again its windows see


class MeasuredScene:
    """An original and its mask, with the regions that are measured, which are the same for every method.

    target: (3, H, W) in [0, 1].  mask: (1, H, W).  image, grid: the mosaic that was restored, if it was one.
    """

    def __init__(self, target: Tensor, mask: Tensor, image: Tensor, grid: Grid | None) -> None:
        self.target, self.mask = target[None], mask[None]
        self.image, self.grid = image, grid
        self.regions: dict[PictureRegion, Tensor] = {}

    def region(self, name: PictureRegion) -> Tensor:
        """Return a region, (1, 1, H, W); it may be empty."""
        if name not in self.regions:
            self.regions[name] = region_of(self.mask, name)
        return self.regions[name]

    @cached_property
    def inner(self) -> Tensor:
        """The pixels of the whole picture whose SSIM counts."""
        return interior(self.mask)


def score(restored: Tensor, scene: MeasuredScene, metrics: Mapping[str, Metric] = METRICS) -> dict[str, float]:
    """Measure one restored picture, (3, H, W) in [0, 1], by the metrics that are of one picture.

    What a picture has no number for, such as a ring around a mask that leaves nothing out, is NaN.
    """
    differing = _window((restored != scene.target[0]).any(0), MAP_REACH)
    maps: dict[PixelMap, Tensor] = {}
    numbers = {}
    for name, metric in metrics.items():
        if metric.whole_set is not None:
            continue
        region = scene.region(metric.region)
        if metric.pixel_map is ssim_map and metric.region == "whole":
            region = scene.inner
        numbers[name] = math.nan
        if not region.any():
            continue
        if metric.pixel_map is not None:
            value = _map_mean(metric.pixel_map, maps, restored, scene, region, differing)
            numbers[name] = float(value if metric.finish is None else metric.finish(value))
        elif metric.picture is not None:
            numbers[name] = float(metric.picture(*_near(restored, scene, region, metric.reach)))
        elif metric.of_mosaic is not None and scene.grid is not None:
            numbers[name] = float(metric.of_mosaic(restored, scene.image, scene.mask[0], scene.grid))
    return numbers


def _map_mean(
    pixel_map: PixelMap,
    maps: dict[PixelMap, Tensor],
    restored: Tensor,
    scene: MeasuredScene,
    region: Tensor,
    window: tuple[slice, slice] | None,
) -> Tensor:
    """Average a map over a region; it is computed once, and only in the window where anything differs."""
    unchanged = float(pixel_map is ssim_map)  # what every map says of equal pixels: full similarity, or no error
    if window is None:
        return torch.tensor(unchanged, dtype=torch.float64)
    if pixel_map not in maps:
        maps[pixel_map] = pixel_map(restored[None][..., window[0], window[1]], scene.target[..., window[0], window[1]])
    values, counted = maps[pixel_map], region[..., window[0], window[1]]
    inside = (values.mean(1, keepdim=True) * counted).sum()
    total = region.sum(dtype=torch.float64)
    return (inside + unchanged * (total - counted.sum(dtype=torch.float64))) / total


def _near(restored: Tensor, scene: MeasuredScene, region: Tensor, reach: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pictures and the region, cut to what a metric looks at."""
    window = None if reach is None else _window(region[0, 0] > 0, reach)
    if window is None:
        return restored[None], scene.target, region
    cut = (..., window[0], window[1])
    return restored[None][cut], scene.target[cut], region[cut]


def _window(chosen: Tensor, reach: int) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold all chosen pixels, (H, W) bool, and so many more; None for no pixels."""
    if not chosen.any():
        return None
    spans = []
    for axis in (1, 0):
        first, last = chosen.any(axis).nonzero()[[0, -1], 0].tolist()
        spans.append(slice(max(first - reach, 0), last + reach + 1))
    return spans[0], spans[1]


def observe(restored: Tensor, scene: MeasuredScene, metrics: Mapping[str, Metric]) -> dict[str, list[float]]:
    """Return what the metrics of whole sets note of one restored picture, (3, H, W)."""
    noted = {}
    for name, metric in metrics.items():
        if metric.whole_set is not None:
            region = scene.region(metric.region)
            if region.any():
                noted[name] = metric.whole_set.observe(restored[None], scene.target, region).tolist()
    return noted


def mean_of(numbers: list[float], metric: Metric) -> float:
    """Average the numbers of pictures; above a metric's cap a picture counts as it, and NaN does not count."""
    values = torch.tensor(numbers, dtype=torch.float64)
    values = values[~values.isnan()]
    return float(capped(values, metric).mean()) if len(values) else math.nan


def capped(values: Tensor, metric: Metric) -> Tensor:
    """Return numbers of pictures as they count in means, where an infinite one would swallow all others."""
    return values if metric.cap is None else values.clamp(max=metric.cap)
