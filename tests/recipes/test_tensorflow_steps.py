"""One step of training equals the authors' TensorFlow code: golden numbers by `scripts/parity/tensorflow_step.py`.

The code is JiahuiYu's generative_inpainting at 6c2a18f (DeepFill v1) and 3a53243 (v2), Forty-lock's PEPSI at be4e487
and vickyFox's Region-wise-Inpainting at e3ebcf1.  The run is the published YAML for pictures of 64 or 128 px; no step
is taken between the two players.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from published_step import (
    LARGER_SIDE,
    SHARE_BETWEEN,
    SIDE,
    damaged,
    filled_discriminator,
    gradient_summary,
    picture_of,
    run_of,
)
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.recipes import RECIPES
from inpaint.sample import Prediction, Sample

TOLERANCE = 1e-6  # relative; the discount of DeepFill v1 is single precision there
GOLDEN_TENSORFLOW: dict[str, dict[str, float]] = {
    "contextual": {
        "discriminator": -0.16576483944628606,
        "discriminator_penalty": 15.538282904956112,
        "generator": 2.850919190661769,
        "gradient": -6.5365461863943e-06,
        "gradient_size": 0.00031525194813804817,
        "gradient_in_hole": -0.00023503565464253197,
        "gradient_outside": -0.0002314814814814815,
        "coarse_gradient": 1.7565666044695726e-06,
        "coarse_gradient_size": 0.0003782507527808116,
        "coarse_gradient_in_hole": 0.00029419743383437506,
        "coarse_gradient_outside": 0.0002777777777777778,
    },
    "gated": {
        "discriminator": 0.9999584788994884,
        "generator": 1.3255871258520622,
        "gradient": -2.7242226270495588e-06,
        "gradient_size": 0.00016278416005855782,
        "gradient_in_hole": -0.00015768309048984572,
        "gradient_outside": -0.00016276041666666666,
        "coarse_gradient": 2.2517310248480903e-06,
        "coarse_gradient_size": 0.00016276041666666663,
        "coarse_gradient_in_hole": 0.00016276041666666666,
        "coarse_gradient_outside": 0.00016276041666666666,
    },
    "pepsi": {
        "discriminator": 116.46142672271266,
        "generator": 8.599893691565065,
        "gradient": -7.518687232301447e-06,
        "gradient_size": 0.0004068903600826527,
        "gradient_in_hole": -0.00041235294800552423,
        "gradient_outside": -0.00040690104166666663,
        "coarse_gradient": 5.153318246205648e-07,
        "coarse_gradient_size": 0.000152587890625,
        "coarse_gradient_in_hole": -0.000152587890625,
        "coarse_gradient_outside": 0.000152587890625,
    },
    "region_wise": {
        "discriminator": 38.01595932447279,
        "generator": 66080.5583203056,
        "gradient": -0.03701471216008541,
        "gradient_size": 2.0000150974210062,
        "gradient_in_hole": -2.005014588865318,
        "gradient_outside": -2.0,
        "coarse_gradient": 0.006764143007357791,
        "coarse_gradient_size": 2.0000172213942964,
        "coarse_gradient_in_hole": -2.003077323052598,
        "coarse_gradient_outside": 2.0,
    },
}


class TwoAnswers(Generator):
    """A generator whose two answers are pictures that learn, (1, 3, H, W) each."""

    def __init__(self, picture: Tensor, coarse: Tensor):
        super().__init__()
        self.picture, self.coarse = nn.Parameter(picture), nn.Parameter(coarse)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.picture.expand_as(image), {"coarse": self.coarse.expand_as(image)})


CHANGED: dict[str, dict[str, Any]] = {
    "contextual": {"critic_steps": 1},
    "region_wise": {"start": 0, "weights": {"l1": 1.0, "coarse_l1": 1.0}},  # without features
}
STEPS = {"pepsi": [250_000], "contextual": [0, 1]}  # a quarter through the run; the critics' step and the generator's


def step_of(name: str, sample: Sample, generator: TwoAnswers) -> dict[str, float]:
    """Return the losses of a step, and the gradient that reaches both answers."""
    run = run_of(name)
    ((judge, _),) = run.discriminators.items()
    make: Any = RECIPES[run.recipe.name]
    recipe = make(
        generator, {judge: filled_discriminator(name)}, **{**run.recipe.options, **CHANGED.get(name, {})}
    ).train()
    losses: dict[str, float] = {}
    for turn in (turn for step in STEPS.get(name, [0]) for turn in recipe.turns(sample, step)):
        if turn.player == "generator":
            learned = torch.stack(list(turn.terms.values())).sum()
            learned.backward()
            losses["generator"] = learned.item()
        else:
            losses |= {term.replace(judge, "discriminator"): it.item() for term, it in turn.terms.items()}
    for start, answer in (("", generator.picture), ("coarse_", generator.coarse)):
        losses |= {start + key: it for key, it in gradient_summary(answer.grad).items()}
    return losses


VALUES = 3 * LARGER_SIDE**2  # of a picture, over which the authors of region-wise sum
LOGITS = 256 * 2**2  # of its discriminator


def as_theirs(name: str, losses: dict[str, float]) -> dict[str, float]:
    """Return losses as the authors scale them: PEPSI's hinge has no half, region-wise inpainting sums over all."""
    scales = {"pepsi": {"discriminator": 2.0}, "region_wise": {"discriminator": float(LOGITS)}}.get(name, {})
    other = 2.0 * VALUES if name == "region_wise" else 1.0
    return {loss: scales.get(loss, other) * value for loss, value in losses.items()}


def two_of(sample: Sample) -> Sample:
    """Return a batch with a picture for each player."""
    return sample.each(lambda part: torch.cat([part, part]))


@pytest.mark.parametrize("name", GOLDEN_TENSORFLOW)
def test_a_step_has_the_losses_and_the_gradient_of_the_authors_tensorflow(name: str, monkeypatch: pytest.MonkeyPatch):
    side = LARGER_SIDE if name in ("pepsi", "region_wise") else SIDE
    target, mask = damaged(side)
    sample = Sample(target * (1 - mask) + 0.5 * mask, mask, target)
    monkeypatch.setattr(torch, "rand", lambda *size, **_: torch.full(size, SHARE_BETWEEN, dtype=torch.float64))
    generator = TwoAnswers(picture_of(2, side), picture_of(3, side)).double()
    got = as_theirs(name, step_of(name, two_of(sample) if name == "gated" else sample, generator))
    assert got == pytest.approx(GOLDEN_TENSORFLOW[name], rel=TOLERANCE, abs=1e-15)
