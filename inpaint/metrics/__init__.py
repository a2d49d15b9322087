"""How near restored pictures come to their originals: one function per metric, and the table of what is measured.

A metric is either a function of one picture, whose numbers are averaged, or an object that is fed picture by picture
and computed at the end, over the whole set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from torch import Tensor

from inpaint.metrics.detail import detail
from inpaint.metrics.pixelwise import l1_distance, psnr
from inpaint.metrics.ssim import ssim

PSNR_CAP = 100.0  # dB, what a perfect picture counts as in a mean

PictureMetric = Callable[[Tensor, Tensor, Tensor], Tensor]  # (restored, target, mask), one number per sample, (B,)


class SetMetric(Protocol):
    """A number that only a whole set of pictures has; a new one is made for every method on every case."""

    def update(self, restored: Tensor, target: Tensor, mask: Tensor) -> None:
        """Take pictures in.  restored, target: (B, 3, H, W) in [0, 1].  mask: (B, 1, H, W) in {0, 1}."""
        ...

    def compute(self) -> float:
        """Return the number over all pictures that were taken in."""
        ...


class Metric(NamedTuple):
    """What is measured, and how it is printed; exactly one of `picture` and `whole_set` says how."""

    heading: str  # of its column
    region: Literal["mask", "whole"]  # which pixels count: it is given the mask, or a mask of ones
    better: Literal["higher", "lower", "near one"]
    digits: int  # after the point, in tables
    picture: PictureMetric | None = None
    whole_set: Callable[[], SetMetric] | None = None
    cap: float | None = None  # what a higher number of one picture counts as in the mean, an infinite one too
    note: str = ""  # its unit and range, for the line below a table


# By name, which is its key in JSON files.  Tables show what is measured over the mask first.
METRICS: dict[str, Metric] = {
    "psnr_mask": Metric(
        "PSNR mask", "mask", "higher", 2, psnr, cap=PSNR_CAP, note=f"PSNR in dB, at most {PSNR_CAP:.0f} per picture"
    ),
    "ssim_mask": Metric("SSIM mask", "mask", "higher", 4, ssim),
    "l1_mask": Metric("L1 mask", "mask", "lower", 4, l1_distance, note="L1 of the range 0 to 1"),
    "psnr_whole": Metric("PSNR whole", "whole", "higher", 2, psnr, cap=PSNR_CAP),
    "ssim_whole": Metric("SSIM whole", "whole", "higher", 4, ssim),
    "l1_whole": Metric("L1 whole", "whole", "lower", 4, l1_distance),
    "detail_mask": Metric("detail mask", "mask", "near one", 2, detail, note="detail 1 = as much as the original has"),
}
