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
    rows = starts((mask > 0.5).any(dim=3)[:, 0], side)  # (B,)
    columns = starts((mask > 0.5).any(dim=2)[:, 0], side)
    reach = torch.arange(side, device=x.device)
    samples = torch.arange(len(x), device=x.device)[:, None, None]
    places = (samples, rows[:, None, None] + reach[:, None], columns[:, None, None] + reach)  # (B, side, side) each
    return x.permute(0, 2, 3, 1)[places].permute(0, 3, 1, 2)


def starts(occupied: Tensor, side: int) -> Tensor:
    """Return where a window of this side starts that is centred on the occupied places and lies inside, (B,).

    occupied: (B, length), bool.
    """
    length = occupied.shape[1]
    first = occupied.int().argmax(dim=1)
    stop = length - occupied.flip(1).int().argmax(dim=1)  # with nothing occupied: all of it
    return ((first + stop - side) // 2).clamp(0, length - side)
