"""The edges recipe: who learns in which stage, from which edges, and from which numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators import DISCRIMINATORS
from inpaint.features.vgg import VggFeatures
from inpaint.generators import GENERATORS
from inpaint.generators.edge_connect import EdgeConnect
from inpaint.layers.canny import canny, grey
from inpaint.losses.objectives import ADVERSARIAL, feature_matching
from inpaint.recipes.edges import Edges, with_gradient
from inpaint.sample import Sample

STAGES = {"edge": 0, "inpaint": 10, "drawn": 20, "joint": 30}
EDGE_TERMS = ["edge_adversarial", "edge_feature_matching"]
PAINTER_TERMS = ["l1_per_hole", "adversarial"]
EDGE_TURNS = [("edges_discriminator", ["edges_discriminator"]), ("edges", EDGE_TERMS)]
PAINTER_TURNS = [("painter_discriminator", ["painter_discriminator"]), ("painter", PAINTER_TERMS)]
JOINT_TURNS = [*PAINTER_TURNS, EDGE_TURNS[0], ("edges", [*EDGE_TERMS, "edge_painted"])]


class Brightness(Discriminator):
    """A discriminator whose logit is the mean of the last channel times one number; remembers what it saw."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.pictures: list[Tensor] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.pictures.append(candidate)
        logits = self.scale * candidate[:, -1:].mean(dim=(1, 2, 3), keepdim=True)
        return Scores(logits, [candidate, logits])


def network() -> EdgeConnect:
    built = GENERATORS["edge_connect"](width=4)
    assert isinstance(built, EdgeConnect)
    return built


def recipe_with(judges: Any = None, **options: Any) -> Edges:
    torch.manual_seed(0)
    patch = {"width": 4, "norm": "none", "spectral": True, "bias": False, "signed": False}
    judges = judges or {
        "edges_discriminator": DISCRIMINATORS["patch"](in_channels=2, **patch),
        "painter_discriminator": DISCRIMINATORS["patch"](**patch),
    }
    return Edges(network(), judges, **({"weights": {"l1_per_hole": 1.0}, "stages": STAGES} | options))


def batch() -> Sample:
    """Two pictures with edges, a quarter of each a hole."""
    rng = torch.Generator().manual_seed(0)
    target = F.interpolate(torch.rand(2, 3, 5, 5, generator=rng), (40, 40))
    mask = torch.zeros(2, 1, 40, 40)
    mask[..., 8:28, 8:28] = 1
    return Sample(target * (1 - mask), mask, target)


def played(recipe: Edges, sample: Sample, step: int) -> list[tuple[str, list[str], set[str]]]:
    """Play the turns as the trainer does; tell of each whose it is, its terms and who has gradients from it alone."""
    told = []
    for turn in recipe.turns(sample, step):
        for player in recipe.players.values():
            player.zero_grad(set_to_none=True)
        torch.stack(list(turn.terms.values())).sum().backward()
        taught = {name for name, it in recipe.players.items() if all(p.grad is not None for p in it.parameters())}
        untaught = {name for name, it in recipe.players.items() if all(p.grad is None for p in it.parameters())}
        assert taught | untaught == set(recipe.players)
        told.append((turn.player, list(turn.terms), taught))
    return told


@pytest.mark.parametrize(
    ("step", "turns"),
    [(0, EDGE_TURNS), (9, EDGE_TURNS), (10, PAINTER_TURNS), (20, PAINTER_TURNS), (30, JOINT_TURNS), (99, JOINT_TURNS)],
)
def test_each_stage_has_its_turns_and_each_turn_teaches_its_player_only(step: int, turns: list[tuple[str, list[str]]]):
    assert played(recipe_with(), batch(), step) == [(player, terms, {player}) for player, terms in turns]


def test_every_parameter_of_every_player_learns_in_the_joint_stage():
    recipe = recipe_with()
    for turn in recipe.turns(batch(), 30):
        torch.stack(list(turn.terms.values())).sum().backward()
        assert all(p.grad is not None and p.grad.any() for p in recipe.players[turn.player].parameters() if p.dim() > 1)


def test_the_network_that_draws_gets_the_gradient_of_both_losses_as_from_one_graph():
    recipe, sample = recipe_with().double().eval(), batch().each(lambda part: part.double())
    edges, judges = recipe.generator.edges, recipe.discriminators
    picture, objective = grey(sample.target), ADVERSARIAL["nonsaturating"]
    true = canny(picture)
    drawn = edges(picture, true, sample.mask)
    real, fake = (
        judges["edges_discriminator"](torch.cat([picture, it], 1), sample.image, sample.mask) for it in (true, drawn)
    )
    own = objective.generator(fake.logits, sample.mask) + 10 * feature_matching(real.features, fake.features)
    painted = recipe.generator.painter(sample.image, drawn * sample.mask + true * (1 - sample.mask), sample.mask)
    fooled = objective.generator(
        judges["painter_discriminator"](painted, sample.image, sample.mask).logits, sample.mask
    )
    handed = (painted - sample.target).abs().mean() / sample.mask.mean() + 0.1 * fooled
    parameters = list(edges.parameters())
    alone, whole = (torch.autograd.grad(it, parameters, retain_graph=True) for it in (own, own + handed))

    for turn in recipe.turns(sample, 30):
        torch.stack(list(turn.terms.values())).sum().backward()
    for parameter, expected, without in zip(parameters, whole, alone, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-8, atol=1e-12)
        if parameter.dim() > 1:
            assert not torch.allclose(expected, without, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("step", [10, 20, 30])
def test_the_painter_sees_true_edges_then_drawn_ones_in_the_hole(step: int):
    recipe, sample, seen, drew = recipe_with(), batch(), [], []
    recipe.generator.painter.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1].detach()))
    recipe.generator.edges.register_forward_hook(lambda *call: drew.append(call[-1].detach()))
    played(recipe, sample, step)
    true = canny(grey(sample.target))
    assert (true * sample.mask).any()
    assert len(drew) == (step > 10)
    assert torch.equal(seen[0], drew[0].where(sample.mask > 0.5, true) if drew else true)


def test_the_network_that_draws_sees_the_edges_of_the_whole_picture_up_to_the_hole():
    recipe, sample, seen = recipe_with(), batch(), []
    recipe.generator.edges.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    played(recipe, sample, 0)
    assert torch.equal(seen[0], grey(sample.image))
    assert torch.equal(seen[1], canny(grey(sample.target)))
    assert (seen[1] * (1 - sample.mask) != canny(grey(sample.target), sample.mask)).any()


def flat() -> tuple[Edges, Sample]:
    """Networks that answer 0.5 everywhere, to a picture of 0.25 without edges and a hole of a quarter of it."""
    recipe = recipe_with({"edges_discriminator": Brightness(), "painter_discriminator": Brightness()})
    for part in (recipe.generator.edges, recipe.generator.painter):
        for parameter in part.decoder[-1].parameters():
            nn.init.zeros_(parameter)
    target, mask = torch.full((1, 3, 32, 32), 0.25), torch.zeros(1, 1, 32, 32)
    mask[..., :16, :16] = 1
    return recipe, Sample(target * (1 - mask), mask, target)


def test_losses_worked_out_by_hand():
    recipe, sample = flat()
    values = {}
    for turn in recipe.turns(sample, 30):
        torch.stack(list(turn.terms.values())).sum().backward()
        values |= {name: term.item() for name, term in turn.terms.items()}

    def softplus(x: float) -> float:
        return math.log1p(math.exp(x))

    assert values == pytest.approx(
        {
            "painter_discriminator": (softplus(-0.25) + softplus(0.5)) / 2,
            "l1_per_hole": 0.25 / 0.25,
            "adversarial": 0.1 * softplus(-0.5),
            "edges_discriminator": (softplus(0) + softplus(0.5)) / 2,
            "edge_adversarial": softplus(-0.5),
            "edge_feature_matching": 10 * (0.25 + 0.5),  # of grey and edge: half of the values differ, by 0.5; logits
            "edge_painted": 0,
        }
    )


def test_discriminators_judge_the_raw_answers_against_the_whole_original():
    recipe, sample = flat()
    played(recipe, sample, 0)
    played(recipe, sample, 10)
    for name, channels in (("edges_discriminator", 2), ("painter_discriminator", 3)):
        real, detached, *_, fooled = recipe.discriminators[name].pictures  # pyright: ignore
        assert torch.equal(detached, fooled)
        assert (detached.requires_grad, fooled.requires_grad) == (False, True)
        assert real.shape == fooled.shape == (1, channels, 32, 32)
        assert (fooled[:, -1] == 0.5).all()
        assert torch.equal(real[:, -1], sample.target[:, 0] if channels == 3 else torch.zeros(1, 32, 32))
        assert channels == 3 or torch.equal(real[:, :1], grey(sample.target))


@pytest.mark.parametrize(("step", "term"), [(0, "edge_adversarial"), (10, "adversarial")])
def test_a_generator_is_judged_by_the_discriminator_that_has_stepped(step: int, term: str):
    recipe, sample = flat()
    for turn in recipe.turns(sample, step):
        for judge in recipe.discriminators.values():
            judge.scale.data.fill_(3.0)  # pyright: ignore  # as its optimizer would between the turns
        seen = turn.terms
    assert seen[term].item() == pytest.approx((0.1 if step else 1.0) * math.log1p(math.exp(-1.5)), rel=1e-5)


def test_the_painters_terms_may_look_through_a_features_network():
    features = VggFeatures(weights="random", content=["relu1_1"], style=["relu1_1"], normalise=False)
    weights = {"l1_per_hole": 1.0, "perceptual_out": 0.1, "style_hole": 250.0}
    recipe = recipe_with(weights=weights, features=features)
    assert not any("features" in name for name in recipe.state_dict())
    assert played(recipe, batch(), 10)[-1][:2] == ("painter", [*weights, "adversarial"])


def test_stages_may_be_left_out_and_stand_in_any_order():
    recipe = recipe_with(stages={"joint": 7, "inpaint": 0})
    assert [recipe.stage_at(step) for step in (0, 6, 7, 8)] == ["inpaint", "inpaint", "joint", "joint"]


def test_a_term_may_have_any_gradient_and_no_value():
    tensor, gradient = torch.rand(2, 3, requires_grad=True), torch.rand(2, 3)
    term = with_gradient(tensor, gradient)
    term.backward()
    assert term.item() == 0
    assert tensor.grad is not None
    assert torch.equal(tensor.grad, gradient)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"stages": {"edges": 0}}, "'edges' is no stage: choose among edge, inpaint, drawn, joint"),
        ({"stages": {"edge": 5}}, "one must begin at 0"),
        ({"stages": {}}, "one must begin at 0"),
        ({"stages": {"edge": 0, "joint": 0}}, "no two together"),
        ({"loss": "wasserstein"}, "choose among hinge"),
        ({"weights": {"style_out": 1.0}}, "features network"),
        ({"judges": {"edges_discriminator": Brightness()}}, "edges_discriminator and painter_discriminator"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        recipe_with(**options)


def test_another_generator_is_refused():
    with pytest.raises(ValueError, match="cannot teach a Conv2d: choose edge_connect"):
        Edges(nn.Conv2d(3, 3, 1), {}, weights={"l1": 1.0}, stages={"edge": 0})  # pyright: ignore[reportArgumentType]
