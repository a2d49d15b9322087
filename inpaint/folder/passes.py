"""A restorer that does what the options ask of every answer: blends its edge, and averages several passes."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from inpaint.folder.options import DecensorOptions
from inpaint.restoring.repair import FLIPS, Restores


class AveragedRestorer:
    """A restorer whose answer is the mean of so many passes, each over the picture mirrored in another way."""

    def __init__(self, restorer: Restores, passes: int, **how: Any):
        self.restorer, self.passes, self.how = restorer, passes, how

    def reach(self, view: str = "auto") -> float:
        """Return how many px around a mark the restorer must be shown."""
        return reach_of(self.restorer, view)

    def __call__(self, image: Tensor, mask: Tensor, *, flips: tuple[bool, bool] = (False, False), **how: Any) -> Tensor:
        turned = [(flips[0] ^ first, flips[1] ^ second) for first, second in FLIPS[: self.passes]]
        mean = self.restorer(image, mask, flips=turned[0], **self.how, **how) / self.passes
        for other in turned[1:]:
            mean += self.restorer(image, mask, flips=other, **self.how, **how) / self.passes
        return mean


def reach_of(restorer: Restores, view: str = "auto") -> float:
    """Return how many px around a mark a restorer must be shown by a view; one that does not say sees a crop."""
    reach = getattr(restorer, "reach", None)
    return 0 if reach is None else reach(view)


def restorer_with(restorer: Restores, options: DecensorOptions) -> Restores:
    """Return a restorer that blends and averages as the options ask, itself where they ask for neither."""
    how = {name: value for name in ("feather", "match_colour") if (value := getattr(options, name))}
    if options.view != "auto":
        how["view"] = options.view
    return AveragedRestorer(restorer, options.passes, **how) if how or options.passes > 1 else restorer
