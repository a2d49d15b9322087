"""One step of NS-Outpainting and DSI equals the authors' code: golden numbers by `scripts/parity/tensorflow_step.py`.

The code is z-x-yang's NS-Outpainting (e534385) and vivitsai's PiiGAN (dcdd3be).  The run is the published YAML, DSI's
for pictures of 64 px; no step is taken between the players.  What differs by intent does not show here: DSI's hole is
all of the window, in which the authors' code reads the noise, and its generator, which would see the extractor's code,
answers given pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from published_step import (
    LARGER_SIDE,
    SHARE_BETWEEN,
    SIDE,
    box_of_window,
    filled_discriminator,
    filled_extractor,
    filled_judge,
    gradient_summary,
    noise_of_step,
    picture_of,
    run_of,
    strip_of,
    styled_answers,
)
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.generators.dsi import DSI
from inpaint.recipes.styles import Styles
from inpaint.recipes.wgan_gp import WganGp
from inpaint.sample import Prediction, Sample

TOLERANCE = 1e-6  # relative
GOLDEN_METHODS_TENSORFLOW: dict[str, dict[str, float]] = {
    "ns_outpaint": {
        "critics": 17.880652275800294,
        "generator": 0.49950089464974373,
        "gradient": -1.7712935821423462e-07,
        "gradient_size": 2.0343658018219694e-05,
        "gradient_in_hole": -1.7812309303053553e-06,
        "gradient_outside": 1.2977710120947198e-05,
    },
    "dsi": {
        "discriminator": 0.027718004597449664,
        "discriminator_penalty": 14.851963360067014,
        "generator": 6.763431168113149,
        "divergence": 0.6495795138629454,
        "reading": 0.7195088408284421,
        "gradient": -2.6908930510776295e-06,
        "gradient_size": 0.00023764011099395525,
        "gradient_in_hole": 0.000169165390138894,
        "gradient_outside": -0.00026041666666666666,
        "coarse_gradient": 2.5431315104166635e-07,
        "coarse_gradient_size": 0.00046875,
        "coarse_gradient_in_hole": 0.0009375,
        "coarse_gradient_outside": -0.00031249999999999995,
    },
}


def learned(recipe: Any, sample: Sample, step: int, forget: tuple[Tensor, ...]) -> dict[str, float]:
    """Play a step and return its terms, and their sum for each player; the gradients of the last turn stay."""
    found: dict[str, float] = {}
    for turn in recipe.turns(sample, step):
        for leaf in forget:
            leaf.grad = None
        total = torch.stack(list(turn.terms.values())).sum()
        total.backward()
        found |= {name: term.item() for name, term in turn.terms.items()} | {turn.player: total.item()}
    return found


def same(got: Mapping[str, float], name: str) -> None:
    golden = GOLDEN_METHODS_TENSORFLOW[name]
    assert {key: got[key] for key in golden} == pytest.approx(golden, rel=TOLERANCE, abs=1e-12)


@pytest.fixture(autouse=True)
def _share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same share between the real and the restored picture as the authors' code was given."""
    monkeypatch.setattr(torch, "rand", lambda *size, **_: torch.full(size, SHARE_BETWEEN, dtype=torch.float64))


class Strip(Generator):
    """A generator whose answer is a strip that learns."""

    def __init__(self):
        super().__init__()
        self.strip = nn.Parameter(strip_of(2))

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.strip, {})


def test_a_step_of_ns_outpainting():
    generator, run = Strip(), run_of("ns_outpaint")
    judges = {name: filled_judge("ns_outpaint", name) for name in ("strip", "right")}
    target, mask = strip_of(1), torch.zeros(1, 1, LARGER_SIDE, 2 * LARGER_SIDE, dtype=torch.float64)
    mask[..., LARGER_SIDE:] = 1
    sample = Sample(target * (1 - mask), mask, target)
    # The last step, with the critics: the published run begins without them.
    got = learned(WganGp(generator, judges, **run.recipe.options), sample, run.steps - 1, (generator.strip,))
    got["critics"] = got["strip"] + got["right"]
    same(got | gradient_summary(generator.strip.grad), "ns_outpaint")


class Styled(DSI):
    """DSI whose answers, to noise and then to a code, are pictures that learn: final and coarse of each."""

    def __init__(self):
        Generator.__init__(self)
        self.pictures = nn.ParameterList(styled_answers())
        self.asked = 0

    def forward(self, image: Tensor, mask: Tensor, noise: Tensor | None = None) -> Prediction:
        final, coarse = (self.pictures[2 * self.asked + number] for number in (0, 1))
        self.asked += 1
        return Prediction(final, {"coarse": coarse})


def test_a_step_of_dsi(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch, "randn_like", lambda like: noise_of_step() if like.shape[-1] == SIDE else 0 * like)
    options: dict[str, Any] = run_of("dsi").recipe.options | {"window": SIDE // 2}
    generator = Styled()
    recipe = Styles(generator, {"discriminator": filled_discriminator("dsi")}, **options)
    recipe.extractor = filled_extractor()
    target, mask = picture_of(1), box_of_window()
    sample = Sample(target * (1 - mask), mask, target)
    got = learned(recipe, sample, options["critic_steps"] - 1, tuple(generator.pictures))
    got["discriminator"] -= got["discriminator_penalty"]
    got |= gradient_summary(generator.pictures[0].grad)
    coarse = gradient_summary(generator.pictures[3].grad)
    same(got | {f"coarse_{name}": value for name, value in coarse.items()}, "dsi")
