"""The order of several answers to a picture: by how they fit its mosaic, and by what discriminators say of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor


class AnswerRank(NamedTuple):
    """What is known of one of several answers; a list gets an entry for each region, None is not asked for."""

    missed: list[Tensor] | None = None  # (n,), by how much the cells of mosaics were missed
    judged: list[Tensor] | None = None  # (1,), how real holes look now

    @property
    def asked(self) -> dict[str, list[Tensor]]:
        """What a restorer is asked for, by its keywords."""
        return {name: it for name, it in self._asdict().items() if it is not None}

    @property
    def sums(self) -> Tensor:
        """What is known, (2, 2): the sums of both and of how much each is one; those of frames may be added."""
        lists = (torch.cat(it).double() if it else torch.zeros(0, dtype=torch.double) for it in self)
        return torch.stack([torch.stack([it.sum(), it.new_tensor(it.numel())]) for it in lists])


def rank_key(sums: Tensor) -> tuple[float, float]:
    """Return what sorts answers by their sums, the best first; the same for all of which nothing is known."""
    missed, judged = (sums[:, 0] / sums[:, 1].clamp(min=1)).tolist()
    return missed, -judged


def new_rank(restorer: Any, count: int, *, best: bool) -> AnswerRank:
    """Return what to ask a restorer of each of so many answers.

    best: by the mosaics too.  A network that draws its answers and has discriminators is always asked.
    """
    judges = count > 1 and getattr(restorer, "judges", None) is not None
    return AnswerRank([] if best and count > 1 else None, [] if judges else None)


def note_on_order(restorer: Any, count: int, censors: str) -> str | None:
    """Say that the answers of a network to holes are in no order of quality, where nothing tells it."""
    if count == 1 or "hole" not in censors or not getattr(restorer, "unranked", False):
        return None
    return (
        "this network came without its discriminator, so its results are numbered as they were drawn, not by how real "
        "they look"
    )
