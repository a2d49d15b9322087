"""Region normalization: the hole and its surroundings are each normalised by their own mean and variance.

Source: Yu et al., Region Normalization for Image Inpainting (2020), as the authors' code computes it: statistics are
taken over the batch and space of a region, and none is kept for later.

What differs: in eval mode, statistics are each picture's own, so that an answer does not depend on the pictures
beside it (for one picture, as the authors test, both are the same); statistics="picture" does so in training too, as
the paper's equations are read. The authors compute two masked batch norms; here it is their closed form.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REGION_NORM_EPSILON = 1e-5  # of the batch norm that the authors apply to a region
ATTENTION = 0.8  # RN-L: where a place belongs to the foreground
STATISTICS = ("batch", "picture")


def region_normalised(x: Tensor, region: Tensor, *, over_batch: bool) -> Tensor:
    """Normalise x (B, C, H, W) inside and outside the region (B, 1, H, W) of exact ones and zeros.

    Within a region of S of the N places, (x - mean) / sqrt(variance + eps N / S).  At least single precision.
    """
    with torch.autocast(x.device.type, enabled=False):
        x = x.to(torch.promote_types(x.dtype, torch.float32))
        inside = region.to(x.dtype)
        sides = torch.cat([inside, 1 - inside], dim=1).flatten(2)  # (B, 2, HW)
        sizes = sides.sum(dim=2)[:, None]  # (B, 1, 2)
        places = x.shape[2] * x.shape[3]
        if over_batch:
            sizes, places = sizes.sum(dim=0, keepdim=True), places * len(x)
        sizes = sizes.where(sizes > 0, torch.ones_like(sizes))  # an empty region has no place to look at
        centred = x - over_regions(means(x, sides, sizes, over_batch=over_batch), inside)
        variances = means(centred.square(), sides, sizes, over_batch=over_batch)
        return centred * over_regions((variances + REGION_NORM_EPSILON * places / sizes).rsqrt(), inside)


def means(x: Tensor, sides: Tensor, sizes: Tensor, *, over_batch: bool) -> Tensor:
    """Return the means of x (B, C, H, W) over both sides (B, 2, HW), (B, C, 2), or (1, C, 2) over the batch."""
    sums = x.flatten(2) @ sides.transpose(1, 2)
    return (sums.sum(dim=0, keepdim=True) if over_batch else sums) / sizes


def over_regions(values: Tensor, inside: Tensor) -> Tensor:
    """Return values (B or 1, C, 2) at every place: the first where inside (B, 1, H, W) is 1, the second elsewhere."""
    within, without = values[..., None, None].unbind(dim=2)  # (B or 1, C, 1, 1)
    return within.where(inside > 0.5, without)


def checked(statistics: str) -> str:
    """Return the name, or raise ValueError for one that does not exist."""
    if statistics not in STATISTICS:
        raise ValueError(f"statistics {statistics!r} are unknown; choose {' or '.join(STATISTICS)}")
    return statistics


class RegionNormB(nn.Module):
    """RN-B: the region is the hole, with a scale and a shift of its own; 4 C parameters.

    shifts: "everywhere" adds both shifts at every place, as the authors' code does; "region" adds each within its
    region, as the paper says.
    """

    def __init__(self, channels: int, *, shifts: str = "everywhere", statistics: str = "batch"):
        super().__init__()
        if shifts not in ("everywhere", "region"):
            raise ValueError(f"shifts {shifts!r} are unknown; choose everywhere or region")
        self.shifts, self.statistics = shifts, checked(statistics)
        self.foreground_gamma = nn.Parameter(torch.zeros(channels))
        self.foreground_beta = nn.Parameter(torch.zeros(channels))
        self.background_gamma = nn.Parameter(torch.zeros(channels))
        self.background_beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Normalise x (B, C, h, w); mask: (B, 1, H, W), 1 = hole, of any larger size."""
        hole = F.interpolate(mask, size=x.shape[-2:], mode="nearest")
        normal = region_normalised(x, hole, over_batch=self.training and self.statistics == "batch")
        scale = over_regions(torch.stack([self.foreground_gamma, self.background_gamma], dim=-1)[None], hole)
        shifts = torch.stack([self.foreground_beta, self.background_beta], dim=-1)[None]  # (1, C, 2)
        shift = over_regions(shifts, hole) if self.shifts == "region" else shifts.sum(dim=-1)[..., None, None]
        return normal * (1 + scale) + shift


class SpatialAttention(nn.Module):
    """Where to look, from the channels' mean and maximum, and what to do there; 198 parameters."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.gamma_conv = nn.Conv2d(1, 1, 7, padding=3)
        self.beta_conv = nn.Conv2d(1, 1, 7, padding=3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the attention in (0, 1), the scale and the shift, each (B, 1, H, W)."""
        seen = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        attention = self.conv1(seen).sigmoid()
        return attention, self.gamma_conv(attention), self.beta_conv(attention)


class RegionNormL(nn.Module):
    """RN-L: the region is found from the features themselves; scale and shift are shared by all channels."""

    def __init__(self, *, statistics: str = "batch"):
        super().__init__()
        self.statistics = checked(statistics)
        self.sa = SpatialAttention()

    def forward(self, x: Tensor) -> Tensor:
        attention, scale, shift = self.sa(x)
        region = (attention.detach() >= ATTENTION).to(x.dtype)
        normal = region_normalised(x, region, over_batch=self.training and self.statistics == "batch")
        return normal * (1 + scale) + shift
