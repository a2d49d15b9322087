"""Several networks as one restorer: each censor is restored by the network that is best at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from inpaint.detection.mosaics.grid_under_mask import estimate_grid
from inpaint.mosaic.grid import Grid
from inpaint.restoring.answer_judges import AnswerJudges
from inpaint.restoring.censors import CENSORS
from inpaint.restoring.restorer import Restorer
from inpaint.restoring.turns import Flips


class RestorerByCensor:
    """Restores holes with one network and mosaics with another, by the call of `Restorer`.

    restorers: one for each censor.  without_grid: loads the network for mosaics that show no grid of cells, which is
    not done before there is one; None refuses them.  vivid: loads the network that invents detail in all others.
    """

    def __init__(
        self,
        restorers: Mapping[str, Restorer],
        *,
        without_grid: Callable[[], Restorer] | None = None,
        vivid: Callable[[], Restorer] | None = None,
    ):
        self.restorers = dict(restorers)
        self.shows = {censor: restorer.shows[censor] for censor, restorer in self.restorers.items()}
        self.device = next(iter(self.restorers.values())).device
        self.load_without_grid, self.load_vivid = without_grid, vivid

    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        censor: str = "hole",
        grid: Grid | None = None,
        vivid: float = 0,
        **how: Any,
    ) -> Tensor:
        """Restore the masked pixels of one picture, (3, H, W); all others come back bit for bit.

        Arguments as of `Restorer`.  A mosaic's grid that is not given is estimated from the pixels under the mask.
        vivid: from 0 to 1, how much of the answer to a mosaic that shows its grid is of the network that invents
        detail, which draws another one for each of the flips.
        """
        if censor not in CENSORS:
            raise ValueError(f"censor {censor!r} is unknown; choose {' or '.join(CENSORS)}")
        if censor not in self.restorers:
            raise ValueError(f"no network here restores a {censor}; there is one for {', '.join(self.restorers)}")
        restorer = self.restorers[censor]
        if censor == "mosaic" and grid is None and image.ndim == 3 and mask.ndim == 3:
            estimate = estimate_grid(image, mask)
            grid = estimate.grid if estimate else None
            if grid is None and self.load_without_grid is not None:
                restorer = self.gridless
        if vivid and censor == "mosaic" and grid is not None:
            return self.enlivened(image, mask, vivid, restorer, grid=grid, **how)
        return restorer(image, mask, censor=censor, grid=grid, **how)

    def reach(self, view: str = "auto") -> float:
        """Return how many px around a mark the networks must be shown where the picture has them."""
        return max(restorer.reach(view) for restorer in self.restorers.values())

    @property
    def borders(self) -> bool | None:
        """Whether the network for holes learned to draw what lies around a picture; None where nobody knows."""
        return getattr(self.restorers.get("hole"), "borders", None)

    @property
    def judges(self) -> AnswerJudges | None:
        """What tells the best of the answers that the network for holes draws."""
        return getattr(self.restorers.get("hole"), "judges", None)

    @property
    def unranked(self) -> bool:
        """Whether the network for holes draws its answers but has nothing that tells the best of them."""
        return getattr(self.restorers.get("hole"), "unranked", False)

    @property
    def given_names(self) -> list[str]:
        """The inputs that somebody may give the network for holes, beside picture and mask."""
        return getattr(self.restorers.get("hole"), "given_names", [])

    def enlivened(
        self,
        image: Tensor,
        mask: Tensor,
        vivid: float,
        faithful: Restorer,
        *,
        flips: Flips = (False, False),
        **how: Any,
    ) -> Tensor:
        """Restore a mosaic between the faithful answer and one with invented detail: both keep the cells' means."""
        drawn = {name: value for name, value in how.items() if name != "passes"}  # whose mean would be a smooth one
        lively = self.lively(image, mask, censor="mosaic", flips=flips, **drawn)
        if vivid == 1:
            return lively
        how = {name: value for name, value in how.items() if name != "missed"}  # which the drawn answer has told
        near = faithful(image, mask, censor="mosaic", **how)
        return torch.where(mask > 0.5, near + vivid * (lively - near), near)

    @property
    def invents(self) -> bool:
        """Whether it has a network that invents detail in mosaics."""
        return self.load_vivid is not None

    @cached_property
    def lively(self) -> Restorer:
        """The network that invents detail in mosaics.  Raises ValueError where there is none."""
        if self.load_vivid is None:
            raise ValueError("there is no network here that invents detail in mosaics: vivid must be 0")
        return self.load_vivid()

    @cached_property
    def gridless(self) -> Restorer:
        """The network for mosaics whose pixels show no grid."""
        assert self.load_without_grid is not None
        return self.load_without_grid()


AnyRestorer = Restorer | RestorerByCensor
