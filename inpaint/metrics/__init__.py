"""How near restored pictures come to their originals: one function per metric, and the table of what is measured.

A metric is either a map of the picture that is averaged over a region, or a function of one picture, or of a mosaic and
its grid, whose numbers are averaged over pictures, or an object that sees every picture and says one number for all.
docs/metrics.md has the conventions of all of them in one table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from torch import Tensor

from inpaint.metrics.cell_consistency import cell_inconsistency
from inpaint.metrics.detail import detail
from inpaint.metrics.edge_agreement import edge_agreement
from inpaint.metrics.ms_ssim import ms_ssim
from inpaint.metrics.picture_regions import PictureRegion
from inpaint.metrics.pixelwise import absolute_error, luma_error, squared_error, to_decibels
from inpaint.metrics.pooled import PooledPsnr
from inpaint.metrics.ssim import ssim_map
from inpaint.mosaic.grid import Grid

PSNR_CAP = 100.0  # dB, what a perfect picture counts as in a mean

PictureMetric = Callable[[Tensor, Tensor, Tensor], Tensor]  # (restored, target, mask), one number per sample, (B,)
MosaicMetric = Callable[[Tensor, Tensor, Tensor, Grid], Tensor]  # (restored, image, mask, grid) of one picture
PixelMap = Callable[[Tensor, Tensor], Tensor]  # (restored, target) -> (B, C, H, W)


class SetMetric(Protocol):
    """A number that only a whole set of pictures has: what is noted of each, and how the notes become the number."""

    def observe(self, restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Return what is noted of one picture, (n,).  Pictures: (1, 3, H, W) in [0, 1].  mask: (1, 1, H, W)."""
        ...

    def combine(self, statistics: Tensor) -> float:
        """Return the number over all pictures.  statistics: (N, n)."""
        ...


class Metric(NamedTuple):
    """What is measured, and how it is printed; exactly one of the four ways of measuring is not None."""

    heading: str  # of its column
    region: PictureRegion  # which pixels count
    better: Literal["higher", "lower", "near one"]
    digits: int  # after the point, in tables, at most: what is noise is not printed
    picture: PictureMetric | None = None
    whole_set: SetMetric | None = None
    pixel_map: PixelMap | None = None
    of_mosaic: MosaicMetric | None = None  # has no number for holes
    finish: Callable[[Tensor], Tensor] | None = None  # what becomes of the mean of a map
    reach: int | None = None  # px around its region that a `picture` metric looks at; None = all of the picture
    cap: float | None = None  # what a higher number of one picture counts as in the mean, an infinite one too
    note: str = ""  # its unit and range, for the line below a table


CAPPED = f"PSNR in dB, at most {PSNR_CAP:.0f} per picture"
MEASURED_REGIONS: tuple[PictureRegion, ...] = ("mask", "ring", "whole")


def _regional(kind: str, region: PictureRegion) -> Metric:
    """Return one of the metrics that exist over every region."""
    heading = {"psnr": "PSNR", "psnr_luma": "PSNR Y", "ssim": "SSIM", "l1": "L1", "psnr_pooled": "PSNR pooled"}
    name = f"{heading.get(kind, kind)} {region}"
    metrics = {
        "psnr": Metric(
            name, region, "higher", 2, pixel_map=squared_error, finish=to_decibels, cap=PSNR_CAP, note=CAPPED
        ),
        "psnr_luma": Metric(
            name, region, "higher", 2, pixel_map=luma_error, finish=to_decibels, cap=PSNR_CAP, note=CAPPED
        ),
        "psnr_pooled": Metric(name, region, "higher", 2, whole_set=PooledPsnr(), note="pooled = over all pixels"),
        "ssim": Metric(name, region, "higher", 4, pixel_map=ssim_map),
        "l1": Metric(name, region, "lower", 4, pixel_map=absolute_error, note="L1 of the range 0 to 1"),
        "edges": Metric(name, region, "higher", 3, edge_agreement, reach=2, note="edges 1 = all in their place"),
        "detail": Metric(name, region, "near one", 2, detail, reach=0, note="detail 1 = as much as the original has"),
    }
    return metrics[kind]


# By name, which is its key in JSON files.  All that need no weights; `weighted.py` has the others.
ALL_METRICS: dict[str, Metric] = {
    f"{kind}_{region}": _regional(kind, region)
    for kind in ("psnr", "psnr_luma", "psnr_pooled", "ssim", "l1", "edges", "detail")
    for region in MEASURED_REGIONS
} | {
    "ms_ssim_whole": Metric("MS-SSIM whole", "whole", "higher", 4, ms_ssim),
    "cells_mask": Metric(
        "cells mask", "mask", "lower", 2, of_mosaic=cell_inconsistency, note="cells = error of cell means in levels"
    ),
}
MEASURED_BY_DEFAULT = ("psnr_mask", "ssim_mask", "l1_mask", "psnr_whole", "ssim_whole", "l1_whole", "detail_mask")
METRICS: dict[str, Metric] = {name: ALL_METRICS[name] for name in MEASURED_BY_DEFAULT}
