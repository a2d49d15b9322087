"""One step of training equals the authors' own code: golden losses and gradients, by `scripts/parity/one_step.py`.

The code is naoto0804's of partial convolutions (8d64e7e), lazyniv's copy of junyanz's pix2pix (f13aab8), knazeri's
EdgeConnect (3142579), geekyutao's region normalization (b0a9476), researchmm's AOT-GAN (2cd1afd),
and advimman's LaMa (786f593).  The run is the published YAML, but for random VGG weights; no step is taken between the
two players.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from published_step import SIDE, damaged, filled_discriminator, picture_of, run_of, step_summary
from torch import Tensor, nn

from inpaint.config import override, parse_run, run_to_tree
from inpaint.features import FEATURES
from inpaint.generators.edge_connect import EdgeConnect
from inpaint.parts import build
from inpaint.recipes import RECIPES
from inpaint.sample import Prediction, Sample

TOLERANCE = 1e-6  # relative; ImageNet's statistics and VGG weights are single precision here
GOLDEN: dict[str, dict[str, float]] = {
    "lama": {
        "discriminator": 1.5885095055074656,
        "discriminator_penalty": 0.06032757462025355,
        "adversarial": 8.648236607592496,
        "feature_matching": 50.237669564653075,
        "valid_l1": 2.8104117791716967,
        "gradient": -0.0012782222437353493,
        "gradient_size": 0.020328604119706,
        "gradient_in_hole": 0.016270096897419376,
        "gradient_outside": 0.03721531726231494,
    },
    "aot_gan": {
        "discriminator": 0.03813187798803177,
        "adversarial": 0.008899261396689395,
        "l1": 0.6670770238084364,
        "perceptual_out": 0.27820510312197133,
        "style_out": 0.18024993410170123,
        "gradient": 2.2020411310827648e-05,
        "gradient_size": 0.0009796850661779996,
        "gradient_in_hole": -0.0026860265877791715,
        "gradient_outside": -0.00012290930306269645,
    },
    "pconv": {
        "hole_l1": 1.3939326197079094,
        "valid_l1": 1.2438528076476034,
        "perceptual": 0.12331833632668361,
        "style": 0.45173597251639097,
        "gradient": -0.0001283987452649874,
        "gradient_size": 0.0022339626130600584,
        "gradient_in_hole": -0.006352906524930899,
        "gradient_outside": -0.0006066372383181678,
    },
    "pix2pix": {
        "discriminator": 0.7220216327924115,
        "adversarial": 0.7849775696479013,
        "l1": 66.70770238084364,
        "gradient": -0.00026656463188875086,
        "gradient_size": 0.01626268332212036,
        "gradient_in_hole": -0.015753639021880598,
        "gradient_outside": -0.014569574082183916,
    },
    "edge_connect": {
        "discriminator": 0.6934004034308003,
        "adversarial": 0.06701668144656513,
        "l1_per_hole": 2.1346464761869965,
        "perceptual_out": 0.06485292747545447,
        "style_hole": 0.008350342031472802,
        "gradient": 3.0167983053748677e-07,
        "gradient_size": 0.0005392857084776952,
        "gradient_in_hole": -0.0004730465363969602,
        "gradient_outside": -0.0004789113814534749,
    },
    "region_norm": {
        "discriminator": 0.6934004034308003,
        "adversarial": 0.06701668144656513,
        "hole_mae": 0.3359829375171103,
        "gradient": 1.3075090078283852e-06,
        "gradient_size": 8.300293918281133e-05,
        "gradient_in_hole": -0.0005240019017350791,
        "gradient_outside": -7.553711613350973e-07,
    },
}


class Given(EdgeConnect):
    """A generator whose answer is a picture that learns, and that EdgeConnect's recipe takes for its own."""

    def __init__(self, picture: Tensor):
        super().__init__(width=2, sigma=2.0, non_local=False)
        self.picture = nn.Parameter(picture)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.picture, {})

    def restore_with_edges(self, image: Tensor, mask: Tensor, edges: Tensor) -> Prediction:
        return Prediction(self.picture, {})


def recipe_of(name: str, generator: Given) -> Any:
    tree = run_to_tree(run_of(name))
    if name == "lama":
        override(tree, "recipe.weights={valid_l1: 10.0}")  # a test of its own compares the features that see far
        override(tree, "features=null")
    if tree["features"]:
        override(tree, "features.weights=random")
    if name == "aot_gan":
        override(tree, "recipe.loss=soft_mask_released")  # the run has the paper's labels
    if name == "edge_connect":
        override(tree, "recipe.stages={inpaint: 0}")
    run = parse_run(tree, name)
    given: list[Any] = [generator]
    if run.discriminators:
        given.append({it: filled_discriminator(name) for it in run.discriminators})
    options = dict(run.recipe.options)
    if run.features:
        features: Any = build(FEATURES, run.features, "features")
        features.layers.double()
        options["features"] = features
    make: Any = RECIPES[run.recipe.name]
    return make(*given, **options)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_step_has_the_losses_and_the_gradient_of_the_authors_code(name: str):
    generator = Given(picture_of(2)).double()
    recipe = recipe_of(name, generator).train()
    target, mask = damaged()
    white = 0.0 if name in ("pconv", "lama") else 1.0
    sample = Sample(target * (1 - mask) + white * mask, mask, target)
    terms: dict[str, Tensor] = {}
    for turn in recipe.turns(sample, 0):
        named = {"discriminator" if it in run_of(name).discriminators else it: term for it, term in turn.terms.items()}
        terms |= {it: term for it, term in named.items() if it != "tv"}  # whose region is the paper's, not the code's
        learned = torch.stack([term for it, term in turn.terms.items() if it != "tv"]).sum()
        generator.picture.grad = None
        learned.backward()
    got = step_summary(terms, generator.picture)
    if name == "pconv":
        got["style"] = got.pop("style_out") + got.pop("style_comp")
    assert got == pytest.approx(GOLDEN[name], rel=TOLERANCE, abs=1e-12)


def test_total_variation_of_partial_convolutions_has_the_gradient_of_the_whole_composites():
    """Known neighbours have no gradient, so the paper's region does what a reimplementation's does."""
    generator = Given(picture_of(2)).double()
    target, mask = damaged()
    recipe = recipe_of("pconv", generator)
    (turn,) = recipe.turns(Sample(target * (1 - mask), mask, target), 0)
    turn.terms["tv"].backward()
    composite = (generator.picture.detach() * mask + target * (1 - mask)).requires_grad_()
    deviation = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64).view(3, 1, 1)
    scaled = composite / deviation
    whole = scaled.diff(dim=3).abs().mean() + scaled.diff(dim=2).abs().mean()
    whole.backward()
    assert composite.grad is not None
    assert generator.picture.grad is not None
    expected = 0.1 * composite.grad * mask * (SIDE - 1) / SIDE
    torch.testing.assert_close(generator.picture.grad, expected, rtol=1e-6, atol=1e-12)
