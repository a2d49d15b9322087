"""Loss terms by name, and what each of them adds to the loss: its value times its weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from torch import Tensor
from torch.profiler import record_function

from inpaint.losses import continued, filled, perceptual, pixels, scales
from inpaint.losses.scene import Features, Scene

Term = Callable[[Scene], Tensor]
Weight = float | Sequence[Sequence[float]]  # a number, or points (step, weight), linear between them

TERMS: dict[str, Term] = {
    "l1": pixels.l1,
    "hole_l1": pixels.hole_l1,
    "hole_l2": pixels.hole_l2,
    "valid_l1": pixels.valid_l1,
    "l1_per_hole": pixels.l1_per_hole,
    "charbonnier": pixels.charbonnier,
    "hole_charbonnier": pixels.hole_charbonnier,
    "valid_charbonnier": pixels.valid_charbonnier,
    "hole_mae": pixels.hole_mae,
    "valid_mae": pixels.valid_mae,
    "hole_mse": pixels.hole_mse,
    "hole_log_mse": pixels.hole_log_mse,
    "discounted_l1": pixels.discounted_l1,
    "coarse_l1": pixels.coarse_l1,
    "coarse_valid_mae": pixels.coarse_valid_mae,
    "coarse_discounted_l1": pixels.coarse_discounted_l1,
    "tv": pixels.tv,
    "perceptual": perceptual.perceptual,
    "perceptual_out": perceptual.perceptual_out,
    "perceptual_mse": perceptual.perceptual_mse,
    "style_out": perceptual.style_out,
    "style_comp": perceptual.style_comp,
    "style_hole": perceptual.style_hole,
    "correlation": perceptual.correlation,
    "filled_l1": filled.filled_l1,
    "continued_mse": continued.continued_mse,
    "scales_l1": scales.scales_l1,
    "scales_perceptual": scales.scales_perceptual,
    "scales_style": scales.scales_style,
    "scales_tv": scales.scales_tv,
}
NEEDS_FEATURES = frozenset(
    {
        *("perceptual", "perceptual_out", "perceptual_mse", "style_out", "style_comp", "style_hole", "correlation"),
        *("scales_perceptual", "scales_style"),
    }
)


def weighted(weights: Mapping[str, Weight], scene: Scene, step: int = 0) -> dict[str, Tensor]:
    """Return each named term of the scene times its weight at this step."""
    check_weights(weights, features=scene.features)
    terms = {}
    for name, weight in weights.items():
        with record_function(f"loss {name}"):
            terms[name] = weight_at(weight, step) * TERMS[name](scene)
    return terms


def weight_at(weight: Weight, step: int) -> float:
    """Return a weight at a step: constant before its first point and after its last, linear between."""
    if isinstance(weight, int | float):
        return weight
    for (start, low), (end, high) in pairwise(weight):
        if step < end:
            return low + (high - low) * max(0, step - start) / (end - start)
    return weight[-1][1]


def check_weights(weights: Mapping[str, Weight], *, features: Features | None) -> None:
    """Raise ValueError for terms that do not exist or weigh less than 0, or that need features where there are none."""
    if not weights:
        raise ValueError(f"no loss term has a weight: name at least one of {', '.join(TERMS)}")
    for name, weight in weights.items():
        check_weight(name, weight)
        if name not in TERMS:
            raise ValueError(f"{name!r} is no loss term: choose among {', '.join(TERMS)}")
        if name in NEEDS_FEATURES and features is None:
            raise ValueError(
                f"the term {name} needs a features network: add features to the recipe, or remove the term"
            )


def check_weight(name: str, weight: Weight) -> None:
    """Raise ValueError for a weight below 0, or for points that are not steps, in their order, with weights."""
    if isinstance(weight, int | float):
        if weight < 0:
            raise ValueError(f"the weight of {name} is {weight}: it must be at least 0")
    elif not weight or any(len(it) != 2 for it in weight) or any(a[0] >= b[0] for a, b in pairwise(weight)):
        raise ValueError(
            f"the weight of {name} is {weight}: it must be a number, or points [step, weight], each later than the last"
        )
    elif any(it < 0 for _, it in weight):
        raise ValueError(f"the weights of {name} are {weight}: each must be at least 0")
