"""Networks between two networks: weights interpolated where both are built alike, else their answers mixed.

Source: Wang et al., "ESRGAN", 2018, network interpolation and image interpolation.
"""

from __future__ import annotations

import copy
from typing import Any

from torch import Tensor, nn

from inpaint.evaluation.methods import Restore


def blended(first: Restore, second: Restore, share: float) -> Restore:
    """Return a restorer between two: 0 is the first, 1 the second.  Raises ValueError for another share."""
    if not 0 <= share <= 1:
        raise ValueError(f"a blend takes a share of the second network from 0 to 1, not {share}")
    return mixed_weights(first, second, share) if alike(first, second) else MixedAnswers(first, second, share)


def alike(first: Any, second: Any) -> bool:
    """Tell whether two restorers have networks of the same layers, shown the same picture."""
    networks = [getattr(it, "generator", None) for it in (first, second)]
    if not all(isinstance(it, nn.Module) for it in networks) or first.shows != second.shows:
        return False
    shapes = [{name: weight.shape for name, weight in it.state_dict().items()} for it in networks if it is not None]
    return type(networks[0]) is type(networks[1]) and shapes[0] == shapes[1]


def mixed_weights(first: Any, second: Any, share: float) -> Restore:
    """Return a restorer whose network has weights between those of two that are alike."""
    between = copy.deepcopy(first)
    weights = second.generator.state_dict()
    state = {
        name: weight.lerp(weights[name], share) if weight.is_floating_point() else weight
        for name, weight in first.generator.state_dict().items()
    }
    between.generator.load_state_dict(state)
    return between


class MixedAnswers:
    """Restores with both, and mixes what they say."""

    def __init__(self, first: Any, second: Any, share: float) -> None:
        self.first, self.second, self.share = first, second, share
        kinds = [set(getattr(it, "shows", ("hole", "mosaic"))) for it in (first, second)]
        self.shows = tuple(sorted(kinds[0] & kinds[1]))  # what both restore

    def __call__(self, image: Tensor, mask: Tensor, **how: Any) -> Tensor:
        answers = [restore(image.clone(), mask.clone(), **how) for restore in (self.first, self.second)]
        return answers[0].lerp(answers[1], self.share).where(mask > 0.5, image)
