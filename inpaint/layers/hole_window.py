"""The window around a hole: a square of one side, as local critics and losses look at.

Source: Yu et al., Generative Image Inpainting with Contextual Attention (2018), as in the authors' code, whose window
is the box that the hole is drawn in before its sides are drawn in alike.  What differs: here it is found from the mask,
so that any hole has one.
"""

from __future__ import annotations

import torch
from torch import Tensor


def cropped(x: Tensor, mask: Tensor, side: int) -> Tensor:
    """Cut the square around the middle of each sample's hole, (B, C, side, side); empty masks take the middle."""
    return x.permute(0, 2, 3, 1)[window_places(mask, side)].permute(0, 3, 1, 2)


def window_places(mask: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the samples, rows and columns of each sample's window, which broadcast to (B, side, side)."""
    rows = starts((mask > 0.5).any(dim=3)[:, 0], side)  # (B,)
    columns = starts((mask > 0.5).any(dim=2)[:, 0], side)
    reach = torch.arange(side, device=mask.device)
    samples = torch.arange(len(mask), device=mask.device)[:, None, None]
    return samples, rows[:, None, None] + reach[:, None], columns[:, None, None] + reach


def starts(occupied: Tensor, side: int) -> Tensor:
    """Return where a window of this side starts that is centred on the occupied places and lies inside, (B,).

    occupied: (B, length), bool.
    """
    length = occupied.shape[1]
    first = occupied.int().argmax(dim=1)
    stop = length - occupied.flip(1).int().argmax(dim=1)  # with nothing occupied: all of it
    return ((first + stop - side) // 2).clamp(0, length - side)


def laid_back(patch: Tensor, mask: Tensor) -> Tensor:
    """Lay a patch (B, C, side, side) where `cropped` would cut it from a picture, 0 elsewhere: (B, C, H, W)."""
    side = patch.shape[-1]
    blank = patch.new_zeros(len(patch), mask.shape[-2], mask.shape[-1], patch.shape[1])
    return blank.index_put(window_places(mask, side), patch.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
