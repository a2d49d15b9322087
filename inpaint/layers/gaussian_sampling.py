"""Sampling features where a flow points, as the mean of a window weighted by a Gaussian about that place.

Source: Ren et al., StructureFlow (2019), which samples so because a bilinear sample sees too few pixels to learn where
to look.  A window's places beyond the border are the border's.  Here it is plain matrix products: a place's weights are
those of its rows times those of its columns.
"""

from __future__ import annotations

import torch
from torch import Tensor

FLOW_UNEXPORTABLE = "it samples along a flow in pieces whose number depends on the picture's size"
PLACES_TOGETHER = 1024  # whose weights are in memory at once, as many as features have places each


def gaussian_sample(x: Tensor, flow: Tensor, *, kernel: int, deviation: float) -> Tensor:
    """Return features (B, C, h, w) where each place of the flow points, (B, C, h, w).

    flow: (B, 2, h, w), how many px to the right and down.  kernel: side of the window, even.  deviation: px.
    """
    assert kernel % 2 == 0
    height, width = x.shape[-2:]
    with torch.autocast(x.device.type, enabled=False):  # half precision has no fractions of large places
        wide = flow.to(torch.promote_types(flow.dtype, torch.float32))
        rows = torch.arange(height, device=x.device)[:, None] + wide[:, 1]  # (B, h, w)
        columns = torch.arange(width, device=x.device) + wide[:, 0]
        down = axis_weights(rows.flatten(1), height, kernel, deviation)  # (B, h w, h)
        across = axis_weights(columns.flatten(1), width, kernel, deviation)  # (B, h w, w)
        features = x.to(wide.dtype).flatten(2)
        pieces = []
        for some_down, some_across in zip(
            down.split(PLACES_TOGETHER, 1), across.split(PLACES_TOGETHER, 1), strict=True
        ):
            weights = (some_down[..., :, None] * some_across[..., None, :]).flatten(2)  # (B, places, h w)
            pieces.append(features @ weights.transpose(-2, -1))
    return torch.cat(pieces, dim=2).unflatten(2, (height, width)).to(x.dtype)


def axis_weights(places: Tensor, length: int, kernel: int, deviation: float) -> Tensor:
    """Return how much of each index of an axis is in the window about each place, (B, n, length), sums of 1."""
    first = places.detach().floor()
    offsets = torch.arange(1 - kernel // 2, kernel // 2 + 1, device=places.device)
    indices = first[..., None] + offsets  # (B, n, kernel)
    bell = (-((indices - places[..., None]).square()) / (2 * deviation**2)).exp()
    bell = bell / bell.sum(dim=2, keepdim=True)
    empty = bell.new_zeros(*places.shape, length)
    return empty.scatter_add(2, indices.clamp(0, length - 1).long(), bell)
