"""A degradation: where the picture is censored and what is done there, two independent draws, then how it was kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from inpaint.degradation.drafts import DamagePlan, Draft, in_bytes
from inpaint.degradation.fills import Fill, Hole, Mosaic, Record
from inpaint.degradation.own_masks import OwnMask
from inpaint.degradation.realism import Realism
from inpaint.randomness import choose

DrawMask = Callable[[tuple[int, int], torch.Generator], Tensor]
Spoil = Callable[..., Tensor]  # (degraded, mask, rng), and record where one is wanted
Drawable = TypeVar("Drawable")


class Degradation:
    """Censor a picture: draw a mask, fill it, and age the result.

    masks, fills: one callable each, or a list of (share, callable) of which one is drawn per picture.
    realism: what happens to the censored picture afterwards (JPEG, noise, ...), or None.
    """

    def __init__(
        self,
        masks: DrawMask | Sequence[tuple[float, DrawMask]],
        fills: Fill | Sequence[tuple[float, Fill]],
        realism: Spoil | None = None,
    ) -> None:
        self.masks = _with_shares(masks, "mask")
        self.fills = _with_shares(fills, "fill")
        self.realism = realism

    def __call__(
        self, target: Tensor, rng: torch.Generator, record: Record | None = None, *, own: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the degraded picture (3, H, W) and its mask (1, H, W); the target (3, H, W) stays as it is.

        own: the mask (1, H, W) that the picture came with, which the mask paired takes.
        record: a dict that gets what was drawn, as numbers, words and lists: which of the masks and fills, by
        their position, and the parameters of the fill and of the realism.  It changes no draw.
        """
        chosen_mask, mask = self.mask_of((target.shape[-2], target.shape[-1]), rng, own)
        chosen_fill, fill = _drawn(self.fills, rng)
        records: list[Record] = [] if record is None else [{}, {}]  # of the fill and of the realism
        degraded, mask = fill(target, mask, rng, *records[:1])
        if self.realism is not None:
            degraded = self.realism(degraded, mask, rng, *records[1:])
        if record is not None:
            record |= {"mask": chosen_mask, "fill": chosen_fill, "drawn": records[0], "realism": records[1]}
        return degraded, mask

    def draft(self, target: Tensor, rng: torch.Generator, *, own: Tensor | None = None) -> Draft:
        """Draw as a call does, and leave what is to be done with a picture to `batches.damaged_batch`.

        What cannot be done there (realism that happens, cells of random pixels, fills of others) is done here.
        """
        before = rng.get_state()
        _, mask = self.mask_of((target.shape[-2], target.shape[-1]), rng, own)
        _, fill = _drawn(self.fills, rng)
        planned = fill.plan(mask, rng) if isinstance(fill, Hole | Mosaic) else None
        spoil = self.realism
        spoilt = spoil is not None and not (isinstance(spoil, Realism) and not spoil.next_happens(rng))
        if planned is not None and not spoilt:
            return Draft(in_bytes(target), planned[1].to(torch.uint8), planned[0])
        rng.set_state(before)
        image, mask = self(target, rng, own=own)
        return Draft(in_bytes(target), mask.to(torch.uint8), DamagePlan("finished"), in_bytes(image))

    def mask_of(self, size: tuple[int, int], rng: torch.Generator, own: Tensor | None) -> tuple[int, Tensor]:
        """Draw a mask (1, H, W), or take the picture's own; return the position of what it came from, too."""
        chosen, draw = _drawn(self.masks, rng)
        return chosen, own if own is not None and isinstance(draw, OwnMask) else draw(size, rng)


def _with_shares(parts: Drawable | Sequence[tuple[float, Drawable]], kind: str) -> list[tuple[float, Drawable]]:
    """Bring one part or a list of parts to the list form and refuse shares that cannot be drawn from."""
    listed = list(parts) if isinstance(parts, Sequence) else [(1.0, parts)]
    if not listed or any(share <= 0.0 for share, _ in listed):
        shares = [share for share, _ in listed]
        raise ValueError(f"the shares {shares} of {kind}s must be one or more positive numbers")
    return listed


def _drawn(parts: list[tuple[float, Drawable]], rng: torch.Generator) -> tuple[int, Drawable]:
    """Draw one part and its position in proportion to its share; a single part costs no draw."""
    if len(parts) == 1:
        return 0, parts[0][1]
    chosen = choose(rng, range(len(parts)), [share for share, _ in parts])
    return chosen, parts[chosen][1]
