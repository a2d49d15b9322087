"""A restorer that does for every answer what the options ask: blends its edge, shows more or less, averages passes."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from inpaint.folder.options import DecensorOptions
from inpaint.restoring.repair import Restores

OF_THE_ANSWER = ("feather", "match_colour", "view", "passes", "vivid")  # options that are arguments of a restorer


class ChosenRestorer:
    """A restorer that is always called with some more arguments."""

    def __init__(self, restorer: Restores, **how: Any):
        self.restorer, self.how = restorer, how
        self.borders: bool | None = getattr(restorer, "borders", None)
        self.given_names: list[str] = getattr(restorer, "given_names", [])
        self.judges: Any = getattr(restorer, "judges", None)
        self.unranked: bool = getattr(restorer, "unranked", False)

    def reach(self, view: str = "auto") -> float:
        """Return how many px around a mark the restorer must be shown."""
        return reach_of(self.restorer, view)

    def __call__(self, image: Tensor, mask: Tensor, **how: Any) -> Tensor:
        return self.restorer(image, mask, **self.how, **how)


def reach_of(restorer: Restores, view: str = "auto") -> float:
    """Return how many px around a mark a restorer must be shown by a view; one that does not say sees a crop."""
    reach = getattr(restorer, "reach", None)
    return 0 if reach is None else reach(view)


def restorer_with(restorer: Restores, options: DecensorOptions) -> Restores:
    """Return a restorer that does as the options ask, itself where they ask for nothing.

    Raises ValueError where invented detail is asked for and there is no network for it.
    """
    if options.vivid and not getattr(restorer, "invents", False):
        raise ValueError(f"vivid is {options.vivid:g}, but only the model default has a network that invents detail")
    defaults = DecensorOptions()
    how = {it: value for it in OF_THE_ANSWER if (value := getattr(options, it)) != getattr(defaults, it)}
    return ChosenRestorer(restorer, **how) if how else restorer
