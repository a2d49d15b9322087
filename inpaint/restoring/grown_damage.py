"""The damage of a window with its holes grown as far as asked, or as far as their paint reaches."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from inpaint.detection.damage import Damage
from inpaint.images import Picture
from inpaint.restoring.coded_parts import CodedPart
from inpaint.restoring.paint_reach import Reached, grown_to_reach
from inpaint.restoring.paint_ringing_removed import CleanedPixels
from inpaint.tiling import grown_mask


def grown_damage(
    piece: Picture, damage: list[Damage], grow: int | None, coded: Callable[[], CodedPart | None] = lambda: None
) -> tuple[list[Damage], Tensor | None, int, CleanedPixels | None, int]:
    """Return holes grown up to what else is in the same window, and the other parts of `Reached`.

    grow: px, None for as far as paint reaches.  damage: of one window, holes being one part of it at most.  coded: as
    of `grown_to_reach`.
    """
    others = [part.mask for part in damage if part.censor != "hole"]
    barred = torch.stack(others).amax(0) if others else torch.zeros(1, *piece.size)
    unseen = barred[0].numpy() > 0
    unseen = unseen if piece.alpha is None else unseen | (piece.alpha == 0)
    result, reached = [], Reached(barred, None, 0)
    for part in damage:
        if part.censor == "hole" and grow is not None:
            part = part._replace(mask=grown_mask(part.mask, grow) * (1 - barred))
        elif part.censor == "hole":
            reached = grown_to_reach(piece.tensor(), part.mask, unseen, lossless=piece.lossless, coded=coded)
            part = part._replace(mask=reached.mask)
        result.append(part)
    return result, *reached[1:]
