"""The Wasserstein recipe: whose turn it is, and what the penalty is for critics worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Scores
from inpaint.discriminators import DISCRIMINATORS
from inpaint.losses.objectives import gradient_penalty, judgements
from inpaint.recipes import RECIPES
from inpaint.recipes.wgan_gp import WganGp
from inpaint.sample import Prediction, Sample


class Brightening(Generator):
    """The smallest generator: the input times one number; remembers whether it was asked for a gradient."""

    multiple = 1

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.learned: list[bool] = []

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.learned.append(torch.is_grad_enabled())
        return Prediction(0.25 + self.scale * image, {})


class Sums(Discriminator):
    """Two critics whose logits are the sum of a picture times 0.5 and times 3; remembers what it saw."""

    def __init__(self):
        super().__init__()
        self.scales = nn.Parameter(torch.tensor([0.5, 3.0]))
        self.pictures: list[Tensor] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.pictures.append(candidate)
        logits = (candidate.sum(dim=(1, 2, 3))[:, None] * self.scales)[..., None, None]  # (B, 2, 1, 1)
        return Scores(logits, [logits])


def batch() -> Sample:
    target = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(3, 1, 16, 16)
    for number in range(3):
        mask[number, :, 4 : 6 + number, 4:8] = 1
    return Sample(target * (1 - mask), mask, target)


def recipe_of(**options: object) -> WganGp:
    return WganGp(Brightening(), {"critics": Sums()}, **({"weights": {"l1": 1.0}} | options))  # pyright: ignore


def test_the_generator_learns_at_every_fifth_step_alone():
    recipe, sample = recipe_of(), batch()
    players = [[turn.player for turn in recipe.turns(sample, step)] for step in range(10)]
    assert players == [*[["critics"]] * 4, ["critics", "generator"]] * 2
    assert recipe.generator.learned == [*[False] * 4, True] * 2
    assert RECIPES["wgan_gp"] is WganGp


def test_apart_the_generator_has_steps_of_its_own_after_five_of_the_critics():
    recipe, sample = recipe_of(apart=True), batch()
    players = [[turn.player for turn in recipe.turns(sample, step)] for step in range(12)]
    assert players == [*[["critics"]] * 5, ["generator"]] * 2
    assert recipe.generator.learned == [*[False] * 5, True] * 2


def test_before_the_start_the_generator_learns_at_every_step_without_critics():
    recipe, sample = recipe_of(start=2, critic_steps=3), batch()
    turns = [list(recipe.turns(sample, step)) for step in range(8)]
    players = [[turn.player for turn in step] for step in turns]
    assert players == [["generator"], ["generator"], *([["critics"], ["critics"], ["critics", "generator"]] * 2)]
    assert [set(step[-1].terms) for step in (turns[1], turns[4])] == [{"l1"}, {"l1", "adversarial"}]


def test_critics_are_pulled_apart_over_the_composite_and_the_original():
    recipe, sample = recipe_of(penalty=0.0), batch()
    ((_, terms),) = recipe.turns(sample, 0)
    fake = sample.image + 0.25 * sample.mask
    expected = (fake - sample.target).sum() / 3 * (0.5 + 3.0)
    assert terms["critics"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert terms["critics_penalty"].item() == 0
    terms["critics"].backward()
    assert recipe.generator.scale.grad is None


def test_the_generator_raises_the_sum_of_what_the_critics_say():
    recipe, sample = recipe_of(critic_steps=1), batch()
    _, (player, terms) = recipe.turns(sample, 0)
    said = (sample.image + 0.25 * sample.mask).sum(dim=(1, 2, 3)) * 3.5
    assert (player, list(terms)) == ("generator", ["l1", "adversarial"])
    assert terms["adversarial"].item() == pytest.approx(-0.001 * said.mean().item(), rel=1e-5)
    terms["adversarial"].backward()
    assert recipe.get_submodule("discriminators.critics").get_parameter("scales").grad is None


def test_the_penalty_of_linear_critics_is_that_of_their_slopes_in_the_hole():
    mask = batch().mask
    critics = Sums()
    penalty = gradient_penalty(lambda picture: critics(picture, picture, mask).logits, torch.rand(3, 3, 16, 16), mask)
    # A slope is the scale at every value of the hole, and half of it for pictures in [-1, 1].
    norms = [[scale / 2 * math.sqrt(3 * pixels) for pixels in (8, 12, 16)] for scale in (0.5, 3.0)]
    expected = sum((norm - 1) ** 2 / 3 for critic in norms for norm in critic)
    assert penalty.item() == pytest.approx(expected, rel=1e-5)
    (gradient,) = torch.autograd.grad(penalty, critics.scales)
    sides = zip(norms, (0.5, 3.0), strict=True)
    slopes = [sum(2 * (norm - 1) * norm for norm in critic) / 3 / scale for critic, scale in sides]
    assert gradient.tolist() == pytest.approx(slopes, rel=1e-4)


def test_a_mask_without_a_hole_costs_one_and_teaches_no_infinities():
    mask, critics = torch.zeros(1, 1, 16, 16), Sums()
    penalty = gradient_penalty(lambda picture: critics(picture, picture, mask).logits, torch.rand(1, 3, 16, 16), mask)
    assert penalty.item() == pytest.approx(2, rel=1e-4)  # two critics
    (gradient,) = torch.autograd.grad(penalty, critics.scales)
    assert gradient.tolist() == [0, 0]


def test_critics_are_probed_somewhere_between_the_original_and_the_composite_of_each_sample():
    critics, sample = Sums(), batch()
    torch.manual_seed(5)
    list(WganGp(Brightening(), {"critics": critics}, weights={"l1": 1.0}).turns(sample, 0))
    fake, real, between = critics.pictures
    torch.manual_seed(5)
    share = torch.rand(3, 1, 1, 1)
    assert share.unique().numel() == 3
    torch.testing.assert_close(between, (1 - share) * real + share * fake)


def test_the_penalty_is_in_single_precision_under_autocast():
    critics = DISCRIMINATORS["local_global"](width=4, size=32, crop=16)
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 8:20, 8:20] = 1
    picture = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    def penalty() -> Tensor:
        return gradient_penalty(lambda between: critics(between, between, mask).logits, picture, mask)

    with torch.autocast("cpu", torch.bfloat16):
        half = penalty()
    assert torch.equal(half, penalty())
    half.backward()
    grades = [parameter.grad for name, parameter in critics.named_parameters() if name.endswith("weight")]
    assert all(gradient is not None and gradient.any() for gradient in grades)


def test_a_map_of_judgements_counts_as_its_mean():
    logits = torch.arange(8.0).view(1, 2, 2, 2)
    assert judgements(logits).tolist() == [[1.5, 5.5]]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"critic_steps": 0}, "critic_steps is 0"),
        ({"penalty_in": "mask"}, "penalty_in is 'mask': choose among hole, picture"),
        ({"discriminators": {}}, "at least one"),
        ({"discriminators": {"generator": Sums()}}, "none generator"),
        ({"weights": {"nothing": 1.0}}, "choose among"),
    ],
)
def test_impossible_options_are_refused(options: dict, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        WganGp(Brightening(), **({"discriminators": {"critics": Sums()}, "weights": {"l1": 1.0}} | options))
