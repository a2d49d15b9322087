"""One step of methods of 2019 equals the authors' own code: golden numbers by `scripts/parity/method_step.py`.

The code is ZongyuGuo's FRRN (903c874), hughplay's DFNet (da89135), basilevh's outpainting (9c58db1), lyndonzheng's
PICNet (034a758), RenYurui's StructureFlow (1ac8f55) and tamarott's SinGAN (38fd0ad).  The run is the published YAML,
but for random VGG weights; no step is taken between the players.  What is not compared differs by intent, as the YAML's
head says: total variation of DFNet.  The correctness of StructureFlow's flow has a test of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from published_step import (
    SHARE_BETWEEN,
    SIDE,
    damaged,
    filled_discriminator,
    filled_judge,
    gradient_summary,
    path_codes,
    path_pictures,
    picture_of,
    run_of,
    scale_pair,
    smaller_pictures,
    step_summary,
    steps_filled,
)
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.features import FEATURES
from inpaint.generators.picnet import PICNet
from inpaint.generators.singan import SinGAN
from inpaint.generators.structure_flow import StructureFlow
from inpaint.parts import build
from inpaint.recipes import RECIPES
from inpaint.recipes.one_picture import OnePicture
from inpaint.sample import Prediction, Sample

TOLERANCE = 1e-6  # relative; VGG weights are single precision here
GOLDEN_METHODS: dict[str, dict[str, float]] = {
    "outpaint": {
        "discriminator": 0.974983925713439,
        "adversarial": 0.0016743598784769653,
        "l1": 0.3335385119042182,
        "gradient": -1.3686294407294188e-06,
        "gradient_size": 8.137796144019852e-05,
        "gradient_in_hole": -8.361737146353557e-05,
        "gradient_outside": -8.375430114293411e-05,
    },
    "singan": {
        "critic": 0.014031389559823582,
        "critic_penalty": 0.04059131642380144,
        "adversarial": -0.12469298489369507,
        "rebuilding": 8.741726892490611,
        "gradient_critic_head": 0.0071648369631497144,
        "gradient_critic_tail": 0.01519992622406015,
        "gradient_head": 0.11929699355647419,
        "gradient_tail": 0.22105478936947698,
    },
    "dfnet": {
        "scales_l1": 1.6862597310353067,
        "scales_perceptual": 0.044055912589829285,
        "scales_style": 0.4003710275799046,
        "gradient": -8.021057761999243e-06,
        "gradient_size": 0.00010952636328033151,
        "gradient_in_hole": -9.209857192888424e-05,
        "gradient_outside": -0.00010299449672918266,
        "quarter_gradient_size": 0.0031433359749028777,
    },
    "structure_flow": {
        "discriminator": 0.5301494409981764,
        "adversarial": 1.0606075587429378,
        "l1": 3.335385119042182,
        "style_hole": 0.008350342031472802,
        "perceptual_out": 0.06485292747545447,
        "gradient": -2.0024582426806857e-05,
        "gradient_size": 0.0008345514358302767,
        "gradient_in_hole": -0.0008064834122123395,
        "gradient_outside": -0.000780424190340389,
    },
    "picnet": {
        "generated": 0.5756848845796899,
        "reconstructed": 0.5756861820361457,
        "divergence_posterior": 63.36394629912072,
        "divergence_prior": 159.3253511444497,
        "l1_generated": 38.70670924712897,
        "l1_reconstructed": 46.091770249143266,
        "adversarial": 1.1464157052284967,
        "matched": 4.039145094287491e-08,
        "gradient": -7.850012207309298e-06,
        "gradient_size": 0.0006878059637882789,
        "gradient_in_hole": -1.5476902267029064e-06,
        "gradient_outside": 0.0008147189943977823,
        "rebuilt_gradient": -6.920683262820025e-06,
        "rebuilt_gradient_size": 0.0008138021029042595,
        "rebuilt_gradient_in_hole": -0.0008138001993807423,
        "rebuilt_gradient_outside": 0.0008138021553716276,
        "code_0": -0.18472790260425542,
        "code_1": -1.4258537756673713,
        "code_2": 0.01971589383002126,
        "code_3": -7.035147123785397,
    },
    "frrn": {
        "discriminator": 0.6934004034308003,
        "adversarial": 0.06701668144656513,
        "l1": 3.335385119042182,
        "hole_l1": 0.5249733398704848,
        "style_hole": 0.0033401368125891206,
        "filled_l1": 0.667949635706691,
        "gradient": -7.318618440216325e-06,
        "gradient_size": 0.0009447544282877813,
        "gradient_in_hole": -0.0016277573412093037,
        "gradient_outside": -0.0008145574544946685,
    },
}


class Shown(Generator):
    """A generator whose answer is a picture that learns, beside others that it is given."""

    def __init__(self, picture: Tensor, extras: Mapping[str, Tensor]):
        super().__init__()
        self.picture, self.extras = nn.Parameter(picture), dict(extras)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.picture, self.extras)


def recipe_of(name: str, generator: Generator, *judges: str, **options: Any) -> Any:
    """Build the published recipe around a generator; options replace those of the YAML."""
    run = run_of(name)
    given: list[Any] = [generator]
    if run.discriminators:
        given.append({it: filled_judge(name, it) for it in judges} or {"discriminator": filled_discriminator(name)})
    if run.features:
        features: Any = build(FEATURES, run.features.model_copy(update={"weights": "random"}), "features")
        features.layers.double()
        options["features"] = features
    make: Any = RECIPES[run.recipe.name]
    return make(*given, **{**run.recipe.options, **options}).train()


def played(recipe: Any, sample: Sample, step: int = 0, forget: tuple[Tensor, ...] = ()) -> dict[str, Tensor]:
    """Play a step; the gradients of the last turn stay."""
    terms: dict[str, Tensor] = {}
    for turn in recipe.turns(sample, step):
        for leaf in forget:
            leaf.grad = None
        terms |= turn.terms
        torch.stack(list(turn.terms.values())).sum().backward()
    return terms


def sample_of(side: int = SIDE) -> Sample:
    target, mask = damaged(side)
    return Sample(target * (1 - mask), mask, target)


def same(got: Mapping[str, float], name: str) -> None:
    assert got == pytest.approx(GOLDEN_METHODS[name], rel=TOLERANCE, abs=1e-12)


def test_a_step_of_outpainting():
    generator = Shown(picture_of(2), {})
    terms = played(recipe_of("outpaint", generator), sample_of(), forget=(generator.picture,))
    same(step_summary(terms, generator.picture), "outpaint")


def test_a_step_of_frrn():
    steps = dict(enumerate(steps_filled(), 1))
    extras = {f"filled_{number}": picture for number, (picture, _) in steps.items()}
    generator = Shown(picture_of(2), extras | {f"valid_{number}": valid for number, (_, valid) in steps.items()})
    terms = played(recipe_of("frrn", generator), sample_of(), forget=(generator.picture,))
    same(step_summary(terms, generator.picture), "frrn")


def test_a_step_of_dfnet():
    finest, *coarser = smaller_pictures(6)
    leaves = [it.requires_grad_() for it in coarser]
    generator = Shown(finest, {f"scale_{2 ** (level + 1)}": it for level, it in enumerate(leaves)})
    weights = {name: it for name, it in run_of("dfnet").recipe.options["weights"].items() if name != "scales_tv"}
    terms = played(recipe_of("dfnet", generator, weights=weights), sample_of())
    assert leaves[1].grad is not None
    quarter = {"quarter_gradient_size": leaves[1].grad.abs().mean().item()}
    same(step_summary(terms, generator.picture) | quarter, "dfnet")


class Painted(StructureFlow):
    """StructureFlow whose texture is a picture that learns, and whose structure nobody asks for."""

    def __init__(self, picture: Tensor):
        Generator.__init__(self)
        self.picture = nn.Parameter(picture)

    def drawn_structure(self, image: Tensor, mask: Tensor) -> Tensor:
        return image

    def painted(self, image: Tensor, mask: Tensor, structure: Tensor) -> Prediction:
        return Prediction(self.picture, {})


def test_a_step_of_structure_flow():
    generator = Painted(picture_of(2))
    names = ("structure_discriminator", "texture_discriminator")
    recipe = recipe_of("structure_flow", generator, *names, correctness=0.0)
    terms = played(recipe, sample_of(), step=run_of("structure_flow").steps - 1, forget=(generator.picture,))
    terms["discriminator"] = terms.pop("texture_discriminator")
    same(step_summary(terms, generator.picture), "structure_flow")


class TwoPaths(PICNet):
    """PICNet whose pictures and codes are given."""

    def __init__(self, extras: Mapping[str, Tensor], picture: Tensor):
        Generator.__init__(self)
        self.answer = Prediction(picture, dict(extras))

    def forward(self, image: Tensor, mask: Tensor, **_: Tensor) -> Prediction:
        return self.answer


def test_a_step_of_picnet():
    paths = {name: [it.requires_grad_() for it in path_pictures(name)] for name in ("generated", "reconstructed")}
    codes, extras = path_codes(), dict[str, Tensor]()
    for name, pictures in paths.items():
        start = "scale" if name == "generated" else name
        extras |= {f"{start}_{2**level}": it for level, it in enumerate(pictures) if level}
    extras["reconstructed"] = paths["reconstructed"][0]
    named = ("posterior_mean", "posterior_deviation", "prior_mean", "prior_deviation")
    generator = TwoPaths(extras | dict(zip(named, codes, strict=True)), paths["generated"][0])
    recipe = recipe_of("picnet", generator, "generated", "reconstructed")
    terms = played(recipe, sample_of(2 * SIDE), forget=(*paths["generated"], *paths["reconstructed"], *codes))
    gradients = {f"rebuilt_{name}": it for name, it in gradient_summary(paths["reconstructed"][0].grad).items()}
    gradients |= {f"code_{number}": it.grad.mean().item() for number, it in enumerate(codes) if it.grad is not None}
    same(step_summary(terms, paths["generated"][0]) | gradients, "picnet")


def test_a_step_of_a_scale_of_singan(monkeypatch: pytest.MonkeyPatch):
    network, critic, real, before, noise = scale_pair()
    generator = SinGAN(8, scales=1, least=25)
    generator.scales[0] = network
    recipe = OnePicture(generator, rounds=1)
    recipe.critics[0] = critic
    fake = generator.at_scale(0, before, noise)
    monkeypatch.setattr(recipe, "invented", lambda picture, scale: fake)
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor(SHARE_BETWEEN, dtype=torch.float64))
    terms = recipe.judging(0, real, real, torch.ones_like(real[:, :1, 10:, 10:]))
    torch.stack(list(terms.values())).sum().backward()
    of_critic = {"critic_head": critic.head.conv.weight.grad, "critic_tail": critic.tail.weight.grad}
    sizes = {name: it.abs().mean().item() for name, it in of_critic.items() if it is not None}
    terms["adversarial"] = -critic(fake).mean()
    missed = generator.at_scale(0, before, None) - real
    terms["rebuilding"] = recipe.rebuilding * missed.square().mean()
    (terms["adversarial"] + terms["rebuilding"]).backward()
    of_network = {"head": network.head.conv.weight.grad, "tail": network.tail.weight.grad}
    sizes |= {name: it.abs().mean().item() for name, it in of_network.items() if it is not None}
    numbers = {name: it.item() for name, it in terms.items()}
    same(numbers | {f"gradient_{name}": it for name, it in sizes.items()}, "singan")
